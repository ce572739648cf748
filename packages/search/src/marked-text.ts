import type { Segment } from "./segments.ts";

// Noncharacters: Unicode reserves them for use within a program, so that no honest text has them.
export const hitStart = "\uFDD0";
export const hitEnd = "\uFDD1";
/** Stands for `<` while the server marks a text. */
export const tagOpen = "\uFDD2";
/** Stands for `/` meanwhile. */
export const slash = "\uFDD3";

/** A part of a text, in UTF-16 code units, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface MarkedText {
  readonly text: string;
  /** In order, apart from each other. */
  readonly hits: readonly Span[];
}

/** Takes the server's marks out of a text and answers where they were. Every string has a reading. */
export function readMarks(marked: string): MarkedText {
  const hits: Span[] = [];
  let text = "";
  let open: number | undefined;
  for (const part of marked.split(/([\uFDD0\uFDD1])/)) {
    if (part === hitStart) open ??= text.length;
    else if (part === hitEnd) {
      if (open !== undefined && open < text.length) hits.push({ start: open, end: text.length });
      open = undefined;
    } else text += part.replaceAll(tagOpen, "<").replaceAll(slash, "/");
  }
  return { text, hits };
}

/** Hits in order, those that touch or overlap made one. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = merged.at(-1);
    if (last && span.start <= last.end)
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
    else merged.push(span);
  }
  return merged;
}

/** A part of a marked text as segments; together they spell exactly that part. */
export function toSegments({ text, hits }: MarkedText, { start, end }: Span): Segment[] {
  const segments: Segment[] = [];
  let at = start;
  const push = (to: number, hit: boolean) => {
    if (to > at) segments.push({ text: text.slice(at, to), hit });
    at = Math.max(at, to);
  };
  for (const hit of hits) {
    if (hit.end <= start || hit.start >= end) continue;
    push(Math.max(hit.start, start), false);
    push(Math.min(hit.end, end), true);
  }
  push(end, false);
  return segments;
}
