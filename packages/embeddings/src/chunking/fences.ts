import { type Cuts, linesOf, type Span } from "./spans.ts";

const fenceMark = /^ {0,3}(`{3,}|~{3,})([^\n]*)/;

/** Where a line stands: outside of fenced code, its first line, between, its last line. */
export type FencePlace = "outside" | "begin" | "inside" | "end";

/** Tells of the lines of a text, given one after the other, where they stand to fenced code (CommonMark 4.5). */
export function fenceTracker(): (line: string) => FencePlace {
  let open: string | undefined;
  return (line) => {
    const [, mark = "", info = ""] = fenceMark.exec(line) ?? [];
    if (open === undefined) {
      if (mark === "" || (mark.startsWith("`") && info.includes("`"))) return "outside";
      open = mark;
      return "begin";
    }
    if (!mark.startsWith(open) || info.trim() !== "") return "inside";
    open = undefined;
    return "end";
  };
}

/** Before and after each fenced block, so that one that fits stays whole beside text that does not. */
export const fenceCuts: Cuts = (text, span) => {
  const cuts: number[] = [];
  const placeOf = fenceTracker();
  for (const line of linesOf(text, span)) {
    const place = placeOf(text.slice(line.start, line.end));
    if (place === "begin") cuts.push(line.start);
    if (place === "end") cuts.push(line.end);
  }
  return cuts;
};

export function hasFence(text: string, span: Span): boolean {
  for (const line of linesOf(text, span)) {
    if (fenceMark.test(text.slice(line.start, line.end))) return true;
  }
  return false;
}
