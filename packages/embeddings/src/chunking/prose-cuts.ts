import { type Cuts, isBlank, linesOf, type Span } from "./spans.ts";

const fenceMark = /^ {0,3}(`{3,}|~{3,})([^\n]*)/;

/**
 * Whether the lines of a text, given one after the other, are inside a fenced code block (CommonMark 4.5).
 * The fences themselves count as inside.
 */
export function fenceTracker(): (line: string) => boolean {
  let open: string | undefined;
  return (line) => {
    const [, mark = "", info = ""] = fenceMark.exec(line) ?? [];
    if (open === undefined) {
      if (mark === "" || (mark.startsWith("`") && info.includes("`"))) return false;
      open = mark;
      return true;
    }
    if (mark.startsWith(open) && info.trim() === "") open = undefined;
    return true;
  };
}

/** At each paragraph: a line after a blank one, outside fenced code. */
export const paragraphCuts: Cuts = (text, span) => {
  const cuts: number[] = [];
  const inFence = fenceTracker();
  let afterBlank = false;
  let wasFenced = false;
  for (const line of linesOf(text, span)) {
    const fenced = inFence(text.slice(line.start, line.end));
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

function hasFence(text: string, span: Span): boolean {
  for (const line of linesOf(text, span)) {
    if (fenceMark.test(text.slice(line.start, line.end))) return true;
  }
  return false;
}

const matchEnds = (pattern: RegExp, text: string, { start, end }: Span): number[] =>
  Array.from(text.slice(start, end).matchAll(pattern), (match) => start + match.index + match[0].length);
