/** A part of a text, `end` exclusive, in UTF-16 code units. */
export interface Span {
  start: number;
  end: number;
}

/** Where a part of a text may be cut: positions at which a new part begins, ascending. */
export type Cuts = (text: string, span: Span) => number[];

/** The lines of a span, each with its line break. */
export function* linesOf(text: string, { start, end }: Span): Generator<Span> {
  let at = start;
  while (at < end) {
    const next = text.indexOf("\n", at);
    const stop = next < 0 || next >= end ? end : next + 1;
    yield { start: at, end: stop };
    at = stop;
  }
}

export const isBlank = (text: string, { start, end }: Span): boolean => text.slice(start, end).trim() === "";

/** The parts between the cuts; together they are the span. */
export function partsOf({ start, end }: Span, cuts: readonly number[]): Span[] {
  const parts: Span[] = [];
  let from = start;
  for (const cut of cuts) {
    if (cut <= from || cut >= end) continue;
    parts.push({ start: from, end: cut });
    from = cut;
  }
  parts.push({ start: from, end });
  return parts;
}
