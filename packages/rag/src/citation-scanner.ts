import { type CodeFence, fenceAfter } from "./code-fence.ts";

/** Text of an answer, and the citations in it, in their order. */
export type ScannedPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "citation"; readonly n: number }
  | { readonly type: "unknown-citation"; readonly n: number };

/** Takes an answer piece by piece. */
export interface CitationScanner {
  /** The parts that are certain by now; what may become a marker is held back. */
  push(text: string): ScannedPart[];
  /** What was held back. */
  end(): ScannedPart[];
}

const numbers = /\d{1,4}(?:, ?\d{1,4}){0,7}/.source;
/** `[1]` or `[1, 2]`, with the blank before it, which goes when the marker goes. */
const marker = new RegExp(`[ \\t]?\\[(${numbers})\\]`, "g");
/** The end of a text that more text could turn into a marker. */
const unfinished = new RegExp(`(?:[ \\t]|[ \\t]?\\[(?:${numbers}(?:, ?)?)?)$`);

/**
 * Finds the citations `[n]` in a streamed answer, however its pieces are split: the parts are the same, and texts
 * side by side join to the same text.
 *
 * A number from 1 to `count` is followed by a `citation` part. Any other is an `unknown-citation`, and taken out of
 * the text, unless it directly follows a word and may be an index (`items[12]`). Code, fenced or between backticks,
 * passes untouched.
 */
export function createCitationScanner(count: number): CitationScanner {
  let held = "";
  let fence: CodeFence | undefined;
  /** What passed of the current line. */
  let line = "";

  const pass = (text: string): ScannedPart[] => {
    const lines = text.split("\n");
    for (const [index, piece] of lines.entries()) {
      line += piece;
      if (index === lines.length - 1) break;
      fence = fenceAfter(fence, line);
      line = "";
    }
    return text === "" ? [] : [{ type: "text", text }];
  };

  const cite = (text: string, list: string): ScannedPart[] => {
    if (fence !== undefined || isInsideCode(line)) return pass(text);
    const cited = list.split(",").map(Number);
    const known = cited.filter((n) => n >= 1 && n <= count);
    const unknown = cited.filter((n) => !known.includes(n));
    const mayBeIndex = known.length === 0 && text.startsWith("[") && /[\p{L}\p{N}_)\]]$/u.test(line);
    const blank = text.slice(0, text.indexOf("["));
    const kept =
      unknown.length === 0 || mayBeIndex ? text : known.length > 0 ? `${blank}[${known.join(", ")}]` : "";
    return [
      ...pass(kept),
      ...known.map((n) => ({ type: "citation" as const, n })),
      ...unknown.map((n) => ({ type: "unknown-citation" as const, n })),
    ];
  };

  const scan = (text: string): ScannedPart[] => {
    const parts: ScannedPart[] = [];
    let passed = 0;
    for (const match of text.matchAll(marker)) {
      parts.push(...pass(text.slice(passed, match.index)), ...cite(match[0], match[1] ?? ""));
      passed = match.index + match[0].length;
    }
    return [...parts, ...pass(text.slice(passed))];
  };

  return {
    push(text) {
      const all = held + text;
      const start = unfinished.exec(all)?.index ?? all.length;
      held = all.slice(start);
      return scan(all.slice(0, start));
    },
    end() {
      const rest = held;
      held = "";
      return scan(rest);
    },
  };
}

/** Whether the line's end is within a code span, or the line opens a fence. */
function isInsideCode(line: string): boolean {
  if (fenceAfter(undefined, line) !== undefined) return true;
  let open = 0;
  for (const { length } of line.match(/`+/g) ?? []) {
    if (open === 0) open = length;
    else if (open === length) open = 0;
  }
  return open > 0;
}
