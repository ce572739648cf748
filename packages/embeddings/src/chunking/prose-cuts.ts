import { fenceTracker, hasFence } from "./fences.ts";
import { type Cuts, isBlank, linesOf, type Span } from "./spans.ts";

/** At each paragraph: a line after a blank one, outside fenced code. */
export const paragraphCuts: Cuts = (text, span) => {
  const cuts: number[] = [];
  const placeOf = fenceTracker();
  let afterBlank = false;
  let wasFenced = false;
  for (const line of linesOf(text, span)) {
    const fenced = placeOf(text.slice(line.start, line.end)) !== "outside";
    const blank = !fenced && isBlank(text, line);
    if (afterBlank && !blank && !(fenced && wasFenced)) cuts.push(line.start);
    afterBlank = blank;
    wasFenced = fenced;
  }
  return cuts;
};

const sentenceEnd =
  /(?<=[.!?…]["'”»)\]]{0,3})\s+(?=["'“«([]{0,3}[\p{Lu}\p{Lt}\p{Lo}\p{N}])|(?<=[。！？])(?=.)/gu;

/** At each sentence; fenced code has none. */
export const sentenceCuts: Cuts = (text, span) =>
  hasFence(text, span) ? [] : matchEnds(sentenceEnd, text, span);

export const lineCuts: Cuts = (text, span) => [...linesOf(text, span)].map((line) => line.start);

export const wordCuts: Cuts = (text, span) => matchEnds(/\s+/g, text, span);

const matchEnds = (pattern: RegExp, text: string, { start, end }: Span): number[] =>
  Array.from(text.slice(start, end).matchAll(pattern), (match) => start + match.index + match[0].length);
