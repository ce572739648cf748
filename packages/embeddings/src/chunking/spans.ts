/** A part of a text, `end` exclusive, in UTF-16 code units. */
export interface Span {
  start: number;
  end: number;
}

/** Where a part of a text may be cut: positions at which a new part begins, ascending. */
export type Cuts = (text: string, span: Span) => readonly number[];

/** The lines of a span, each with its line break. */
export function* linesOf(text: string, { start, end }: Span): Generator<Span> {
  // A search in the whole text would run to its end for each span without a further line break.
  const part = text.slice(start, end);
  let at = 0;
  while (at < part.length) {
    const next = part.indexOf("\n", at);
    const stop = next < 0 ? part.length : next + 1;
    yield { start: start + at, end: start + stop };
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
