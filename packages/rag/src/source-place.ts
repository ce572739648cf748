import { cleanText } from "./clean-text.ts";
import type { RetrievedContext } from "./contexts.ts";

/** A stretch of a text, in UTF-16 code units. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/**
 * Where a stretch of a passage, as it was sent, stands in the source's whole text. Undefined for a passage whose
 * offsets do not fit its text.
 */
export function sourcePlace(source: RetrievedContext, { start, end }: Place): Place | undefined {
  const { text } = source;
  if (source.end - source.start !== text.length) return undefined;
  const from = longestPrefix(text, start);
  // The last character that was sent decides, not what was removed after it.
  const to = after(text, longestPrefix(text, end - 1));
  return from < to ? { start: source.start + from, end: source.start + to } : undefined;
}

/** The longest beginning of `text` that cleans to at most `length` code units. */
function longestPrefix(text: string, length: number): number {
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (cleanText(text.slice(0, wholeCharacters(text, middle))).length <= length) low = middle;
    else high = middle - 1;
  }
  return wholeCharacters(text, low);
}

/** `offset`, or one less where it lies within a surrogate pair: half of one cleans otherwise than the whole. */
const wholeCharacters = (text: string, offset: number): number =>
  (text.codePointAt(offset - 1) ?? 0) > 0xffff ? offset - 1 : offset;

const after = (text: string, offset: number): number =>
  offset + ((text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1);
