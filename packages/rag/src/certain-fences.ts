import type { CodeFence } from "./code-fence.ts";

/** Follows the fenced code of a text line by line. */
export interface FenceTracker {
  /** Whether a line that begins with these blanks, and has more than blanks, stands in fenced code. */
  beginLine(blanks: string): boolean;
  /** Tells that the line is complete. Answers whether it opened or closed a fence, so that no paragraph goes on. */
  endLine(line: string): boolean;
}

interface IndentedFence extends CodeFence {
  readonly indent: number;
}

/** A fence after the marks of lists or quotes, whose code ends with them. */
const nestedFence = /^[ \t]*(?:(?:>|[-+*]|\d{1,9}[.)])[ \t]*)+(?:`{3,}[^`]*|~{3,}.*)$/s;

/**
 * Says of fenced code only what is certain without knowing the lists around it: what it calls code is code to every
 * CommonMark renderer, while code that it cannot be sure of is none to it.
 *
 * A fence counts when it is indented by at most 3 columns, or comes after a blank line; its lines must be indented as
 * far, and so must its end. Where they are not, or where a fence follows the mark of a list or quote, the list's own
 * indentation would decide what is code: from there on nothing is.
 *
 * @see CommonMark 0.31, sections 4.4, 4.5 and 5.2
 */
export function createFenceTracker(): FenceTracker {
  let fence: IndentedFence | undefined;
  let isLost = false;
  let afterBlank = true;

  const lose = () => {
    fence = undefined;
    isLost = true;
  };

  const opened = (line: string): boolean => {
    const [, marks, tail = ""] = /^[ \t]*(`{3,}|~{3,})(.*)$/s.exec(line) ?? [];
    const character = marks?.[0];
    if (marks === undefined || character === undefined || (character === "`" && tail.includes("`"))) {
      if (nestedFence.test(line)) lose();
      return false;
    }
    const indent = columnsOf(line);
    if (indent > 3 && !afterBlank) lose();
    else fence = { character, length: marks.length, indent };
    return fence !== undefined;
  };

  const closed = (line: string, { character, length, indent }: IndentedFence): boolean => {
    const [, marks = ""] = /^[ \t]*(`{3,}|~{3,})[ \t]*$/.exec(line) ?? [];
    if (marks[0] !== character || marks.length < length) return false;
    const own = columnsOf(line);
    if (own === indent || (own > indent && own <= 3)) fence = undefined;
    else if (indent > 0) lose();
    return fence === undefined;
  };

  return {
    beginLine(blanks) {
      if (fence !== undefined && columnsOf(blanks) < fence.indent) lose();
      return fence !== undefined;
    },
    endLine(line) {
      const changed = isLost ? false : fence === undefined ? opened(line) : closed(line, fence);
      afterBlank = /^[ \t]*$/.test(line);
      return changed;
    },
  };
}

/** How far a line is indented, with tabs that reach to the next multiple of 4. */
function columnsOf(line: string): number {
  let columns = 0;
  for (const blank of /^[ \t]*/.exec(line)?.[0] ?? "") columns += blank === "\t" ? 4 - (columns % 4) : 1;
  return columns;
}
