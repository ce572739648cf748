import { cleanText } from "../../clean-text.ts";

/** Text that is HTML already: made by {@link html} alone. */
export interface Markup {
  readonly markup: string;
}

type Value = string | number | Markup | undefined | readonly Markup[];

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** The text for an element or a quoted attribute, without characters that a reader does not see. */
export const escapeHtml = (text: string): string =>
  cleanText(text).replace(/[&<>"']/g, (character) => escapes[character] ?? "");

/** HTML in which every value is escaped that is not itself of this function; attributes must be in quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return {
    markup: parts.reduce((text, part, index) => `${text}${markupOf(values[index - 1])}${part}`),
  };
}

function markupOf(value: Value): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return escapeHtml(value);
  return "markup" in value ? value.markup : value.map(({ markup }) => markup).join("");
}
