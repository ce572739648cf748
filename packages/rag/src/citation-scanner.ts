import { type CodeFence, fenceAfter } from "./code-fence.ts";
import type { QuoteSearch } from "./find-quote.ts";
import { type CitedQuote, type FoundMarker, readPlainMarker, readQuotedMarker } from "./quoted-marker.ts";
import type { Place } from "./source-place.ts";

/** Text of an answer, and the citations in it, in their order. */
export type ScannedPart =
  | { readonly type: "text"; readonly text: string }
  /** With strict citations, `quote` stands at `place` of the passage. */
  | { readonly type: "citation"; readonly n: number; readonly quote?: string; readonly place?: Place }
  | UnsupportedCitation
  | { readonly type: "unknown-citation"; readonly n: number };

/** A citation of a passage that does not hold its quote. */
export interface UnsupportedCitation {
  readonly type: "unsupported-citation";
  readonly n: number;
  /** The words that the model gave as the passage's. */
  readonly quote?: string;
  /** `too-short`: fewer than 3 words or 12 characters. */
  readonly reason: "no-quote" | "not-found" | "too-short";
}

/** How strict citations are checked. */
export interface StrictCitations {
  /** Whether the marker of an unsupported citation leaves the text. */
  readonly mode: "flag" | "remove";
  /** Looks for the quote in passage `n`, which exists. */
  find(n: number, quote: string): QuoteSearch;
}

/** Takes an answer piece by piece. */
export interface CitationScanner {
  /** The parts that are certain by now; what may become a marker is held back. */
  push(text: string): ScannedPart[];
  /** What was held back. */
  end(): ScannedPart[];
}

/**
 * Finds the citations `[n]` in a streamed answer, however its pieces are split: the parts are the same, and texts
 * side by side join to the same text.
 *
 * A number from 1 to `count` is followed by a `citation` part. Any other is an `unknown-citation`, and taken out of
 * the text, unless it directly follows a word and may be an index (`items[12]`). Code, fenced or between backticks,
 * passes untouched.
 *
 * When strict, a citation is `[n "words of the passage"]`, and shows as `[n]`. One whose passage does not hold its
 * words is an `unsupported-citation`.
 */
export function createCitationScanner(count: number, strict?: StrictCitations): CitationScanner {
  const readMarker = strict === undefined ? readPlainMarker : readQuotedMarker;
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

  const resolve = ({ n, quote }: CitedQuote): Exclude<ScannedPart, { type: "text" }> => {
    if (n < 1 || n > count) return { type: "unknown-citation", n };
    if (strict === undefined) return { type: "citation", n };
    if (quote === undefined) return { type: "unsupported-citation", n, reason: "no-quote" };
    const found = strict.find(n, quote);
    if (typeof found === "string") return { type: "unsupported-citation", n, quote, reason: found };
    return { type: "citation", n, quote, place: found };
  };

  const cite = (blank: string, { text, citations }: FoundMarker): ScannedPart[] => {
    const resolved = citations.map(resolve);
    const known = resolved.filter((part) => part.type !== "unknown-citation");
    const unknown = resolved.filter((part) => part.type === "unknown-citation");
    const shown = known.filter((part) => part.type === "citation" || strict?.mode === "flag");
    const hasQuotes = citations.some(({ quote }) => quote !== undefined);
    const mayBeIndex = known.length === 0 && blank === "" && !hasQuotes && /[\p{L}\p{N}_)\]]$/u.test(line);
    const isAsItWas = mayBeIndex || (shown.length === citations.length && !hasQuotes);
    const marker = isAsItWas ? text : `[${shown.map(({ n }) => n).join(", ")}]`;
    return [...pass(isAsItWas || shown.length > 0 ? blank + marker : ""), ...known, ...unknown];
  };

  const scan = (text: string, isAll: boolean): ScannedPart[] => {
    const parts: ScannedPart[] = [];
    let at = 0;
    for (let open = text.indexOf("["); open !== -1; open = text.indexOf("[", at)) {
      // The blank before a marker goes when the marker goes.
      const start = open > at && /[ \t]/.test(text.charAt(open - 1)) ? open - 1 : open;
      parts.push(...pass(text.slice(at, start)));
      const mayBeMarker = /^\d?$/.test(text.charAt(open + 1)) && fence === undefined && !isInsideCode(line);
      const marker = mayBeMarker ? readMarker(text, open, isAll) : undefined;
      if (marker === "unfinished") {
        held = text.slice(start);
        return joined(parts);
      }
      if (marker === undefined) parts.push(...pass(text.slice(start, open + 1)));
      else parts.push(...cite(text.slice(start, open), marker));
      at = open + (marker?.text.length ?? 1);
    }
    const end = isAll || !/[ \t]$/.test(text.slice(at)) ? text.length : text.length - 1;
    held = text.slice(end);
    return joined([...parts, ...pass(text.slice(at, end))]);
  };

  return {
    push: (text) => scan(held + text, false),
    end: () => scan(held, true),
  };
}

/** Texts side by side as one. */
function joined(parts: readonly ScannedPart[]): ScannedPart[] {
  const all: ScannedPart[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (part.type === "text" && last?.type === "text")
      all[all.length - 1] = { type: "text", text: last.text + part.text };
    else all.push(part);
  }
  return all;
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
