/** A piece of text, and whether the query's words are in it. */
export interface Segment {
  readonly text: string;
  readonly hit: boolean;
}

/** A line of code with hits in it. */
export interface CodeLine {
  /** From 1. */
  readonly number: number;
  /** The line, at most 200 characters of it. */
  readonly segments: readonly Segment[];
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Segments as HTML: all text escaped, hits within `tag`.
 * @param tag a tag name of letters and digits, without attributes. Default `mark`
 * @throws {RangeError} for any other tag
 *
 * @example
 * segmentsToHtml([{ text: "<b> ", hit: false }, { text: "react", hit: true }]); // "&lt;b&gt; <mark>react</mark>"
 */
export function segmentsToHtml(segments: readonly Segment[], tag = "mark"): string {
  if (!/^[a-z][a-z0-9]*$/i.test(tag)) {
    throw new RangeError(
      `segmentsToHtml: tag must be a name of letters and digits such as mark or b; received a ${typeof tag}.`,
    );
  }
  return segments
    .map(({ text, hit }) => (hit ? `<${tag}>${escapeHtml(text)}</${tag}>` : escapeHtml(text)))
    .join("");
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
