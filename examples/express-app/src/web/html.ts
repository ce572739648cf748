/** Markup that is safe to send: made by {@link html} alone. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
  toString(): string {
    return this.markup;
  }
}

export type Content = Html | string | number | undefined | false | readonly Content[];

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] ?? character);

/**
 * Markup from a template: what is put in is escaped unless it is markup itself; lists are joined,
 * `undefined` and `false` are nothing. Attributes need quotes.
 */
export function html(strings: TemplateStringsArray, ...values: Content[]): Html {
  return new Html(strings.reduce((markup, part, index) => markup + render(values[index - 1]) + part));
}

function render(content: Content): string {
  if (content === undefined || content === false) return "";
  if (content instanceof Html) return content.markup;
  if (Array.isArray(content)) return content.map(render).join("");
  return escapeHtml(String(content));
}

/** Highlighted text: hits become `<mark>`. */
export const highlighted = (segments: readonly { text: string; hit: boolean }[]): Html =>
  html`${segments.map(({ text, hit }) => (hit ? html`<mark>${text}</mark>` : text))}`;
