import type { MarkedText, Span } from "./marked-text.ts";

/**
 * The part of a text, at most `length` UTF-16 code units long, with the most different hits, then the most hits, then
 * the earliest. Starts and ends between words where there is a gap nearby. Without hits: the beginning.
 */
export function bestWindow({ text, hits }: MarkedText, length: number): Span {
  if (text.length <= length) return { start: 0, end: text.length };
  const starts = hits.map((hit) => Math.max(0, hit.start - Math.floor(length / 5)));
  const best = indexOfGreatest(
    starts.map((start, index) => scoreOf(text, hits.slice(index), start + length)),
  );
  const start = Math.min(starts[best] ?? 0, text.length - length);
  return { start: gapAfter(text, start), end: gapBefore(text, start + length) };
}

/**
 * Whole lines of a text of code, at most `length` UTF-16 code units: from the line with the most different hits, as
 * many as fit. A line that is too long is cut as prose is. Without hits: the first lines.
 */
export function bestLines({ text, hits }: MarkedText, length: number): Span {
  const lineStarts = hits.map((hit) => text.lastIndexOf("\n", hit.start - 1) + 1);
  const scores = hits.map((hit, index) => {
    const lineEnd = text.indexOf("\n", hit.start);
    return scoreOf(text, hits.slice(index), lineEnd < 0 ? text.length : lineEnd);
  });
  const start = lineStarts[indexOfGreatest(scores)] ?? 0;
  if (text.length - start <= length) return { start, end: text.length };
  const end = text.lastIndexOf("\n", start + length);
  return end > start ? { start, end } : bestWindow({ text, hits }, length);
}

/** The lines with the most different hits, then the most hits, then the earliest: at most `count`, in order. */
export function hitLines({ text, hits }: MarkedText, count: number): Span[] {
  const lines = new Map<number, { span: Span; hits: Span[] }>();
  for (const hit of hits) {
    const start = text.lastIndexOf("\n", hit.start - 1) + 1;
    const line = lines.get(start) ?? { span: { start, end: lineEnd(text, start) }, hits: [] };
    line.hits.push(hit);
    lines.set(start, line);
  }
  return [...lines.values()]
    .map(({ span, hits }) => ({ span, score: scoreOf(text, hits, Number.POSITIVE_INFINITY) }))
    .sort((a, b) => b.score - a.score || a.span.start - b.span.start)
    .slice(0, count)
    .map(({ span }) => span)
    .sort((a, b) => a.start - b.start);
}

function lineEnd(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  const last = end < 0 ? text.length : end;
  return text[last - 1] === "\r" && last > start ? last - 1 : last;
}

/** The first of the greatest; -1 of none. */
const indexOfGreatest = (scores: readonly number[]): number => scores.indexOf(Math.max(...scores));

/** A thousand for each different hit that ends before `end`, and one for each repetition. */
function scoreOf(text: string, hits: readonly Span[], end: number): number {
  const seen = new Set<string>();
  let count = 0;
  for (const hit of hits) {
    if (hit.end > end) break;
    seen.add(text.slice(hit.start, hit.end).toLowerCase());
    count += 1;
  }
  return seen.size * 1_000 + count;
}

/** How far from the ideal place a gap between words is looked for. */
const nearby = 30;

function gapAfter(text: string, start: number): number {
  if (start === 0) return 0;
  const gap = text.slice(start, start + nearby).search(/\s\S/);
  return gap >= 0 ? start + gap + 1 : wholeCharacter(text, start);
}

function gapBefore(text: string, end: number): number {
  if (end >= text.length) return text.length;
  const gap = text.slice(end - nearby, end + 1).search(/\s\S*$/);
  return gap > 0 ? end - nearby + gap : wholeCharacter(text, end);
}

/** Not between the halves of a surrogate pair. */
function wholeCharacter(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}
