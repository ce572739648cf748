import { fenceTracker } from "./fences.ts";
import { linesOf, type Span } from "./spans.ts";

export interface Section extends Span {
  /** The headings above the section's text and its own, outermost first: `Guide › Install`. */
  title: string;
}

/** Longer lines are text, not headings: a title has to stay one. */
const longestHeading = 300;
const headingMark = /^ {0,3}(#{1,6})(?=\s|$)/;

/**
 * The sections of a Markdown text: each begins with its heading (`#` to `######`), together they are the text.
 * A heading directly followed by another one opens no section of its own.
 */
export function markdownSections(text: string): Section[] {
  const sections: Section[] = [];
  const placeOf = fenceTracker();
  const path: string[] = [];
  let current: Section = { start: 0, end: text.length, title: "" };
  let hasBody = false;
  for (const span of linesOf(text, { start: 0, end: text.length })) {
    const line = text.slice(span.start, span.end);
    const heading = placeOf(line) === "outside" ? headingOf(line) : undefined;
    if (heading === undefined) {
      hasBody ||= line.trim() !== "";
      continue;
    }
    if (hasBody) {
      sections.push({ ...current, end: span.start });
      current = { start: span.start, end: text.length, title: "" };
      hasBody = false;
    }
    path.length = Math.min(path.length, heading.level - 1);
    path[heading.level - 1] = heading.name;
    current.title = path.filter(Boolean).join(" › ");
  }
  sections.push(current);
  return sections;
}

function headingOf(line: string): { level: number; name: string } | undefined {
  if (line.length > longestHeading) return undefined;
  const [mark, marks = ""] = headingMark.exec(line) ?? [];
  if (mark === undefined) return undefined;
  // CommonMark 4.2: a closing run of # is no part of the heading.
  const name = line
    .slice(mark.length)
    .trim()
    .replace(/(?:^|\s+)#+$/, "");
  return { level: marks.length, name };
}
