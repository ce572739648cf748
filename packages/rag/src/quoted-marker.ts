/** A citation within a marker: the passage's number, and the words that it is said to hold. */
export interface CitedQuote {
  readonly n: number;
  readonly quote?: string | undefined;
}

/** A marker of citations in an answer. */
export interface FoundMarker {
  /** Its text, from `[` to `]`. */
  readonly text: string;
  readonly citations: readonly CitedQuote[];
}

/** Reads the marker that begins at `at`, where `text` has a `[`. */
export type ReadMarker = (text: string, at: number, isAll: boolean) => FoundMarker | "unfinished" | undefined;

const plainMarker = /\[(\d{1,4}(?:, ?\d{1,4}){0,7})\]/y;
const plainBeginning = /\[(?:\d{1,4}(?:, ?\d{1,4}){0,7}(?:, ?)?)?$/y;

/** `[1]` or `[1, 2]`. */
export const readPlainMarker: ReadMarker = (text, at, isAll) => {
  plainMarker.lastIndex = at;
  const [marker, list = ""] = plainMarker.exec(text) ?? [];
  if (marker !== undefined)
    return { text: marker, citations: list.split(",").map((n) => ({ n: Number(n) })) };
  plainBeginning.lastIndex = at;
  return plainBeginning.test(text) && !isAll ? "unfinished" : undefined;
};

/** A longer marker is none, so that a quote that never ends holds back no whole answer. */
const longestMarker = 1_500;
const mostCitations = 8;

const numberPattern = /(\d{1,4})\s*:?\s*/y;
const singleMarks = "'‘’‚‹›";
const doubleMarks = '"«»“”„';
/** Behind a quote: the marker's end, or the next citation. */
const behindQuote = /\s*(?:\]|[,;]\s*\d)/y;

/** `[1 "words of passage 1"]`, `[1 "…", 2 « … »]`, and plain markers. */
export const readQuotedMarker: ReadMarker = (text, at, isAll) => {
  const reach = text.slice(at, at + longestMarker);
  const marker = marked(reach, false);
  if (marker !== "unfinished") return marker;
  if (!isAll && text.length - at <= longestMarker) return "unfinished";
  const open = marked(reach, true);
  return open === "unfinished" ? undefined : open;
};

/**
 * The marker at the beginning of `text`; `unfinished` when all of `text` may belong to one.
 * @param mayBeOpen whether a quote may end while a bracket of its own is open: only when no other end is to come
 */
function marked(text: string, mayBeOpen: boolean): FoundMarker | "unfinished" | undefined {
  const citations: CitedQuote[] = [];
  let at = 1;
  while (citations.length < mostCitations) {
    numberPattern.lastIndex = at;
    const number = numberPattern.exec(text);
    if (number === null) return at === text.length ? "unfinished" : undefined;
    at = numberPattern.lastIndex;
    let quote: string | undefined;
    const marks = [singleMarks, doubleMarks].find(
      (kind) => at < text.length && kind.includes(text.charAt(at)),
    );
    if (marks !== undefined) {
      const end = quoteEnd(text, at + 1, marks, mayBeOpen);
      if (end === undefined) return "unfinished";
      quote = text.slice(at + 1, end).trim();
      at = end + 1;
    }
    citations.push({ n: Number(number[1]), quote });
    const [gap = "", separator] = /^\s*([\],;]\s*)?/.exec(text.slice(at)) ?? [];
    if (separator?.startsWith("]")) return { text: text.slice(0, text.indexOf("]", at) + 1), citations };
    at += gap.length;
    if (separator === undefined) return at === text.length ? "unfinished" : undefined;
  }
  return undefined;
}

/**
 * The first end of the quote that begins at `from` at which its own brackets are closed: quoted code may hold `["a"]`.
 * Undefined when more text must tell.
 */
function quoteEnd(text: string, from: number, marks: string, mayBeOpen: boolean): number | undefined {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "[") depth++;
    else if (character === "]") depth--;
    else if (marks.includes(character) && (depth <= 0 || mayBeOpen)) {
      behindQuote.lastIndex = at + 1;
      if (behindQuote.test(text)) return at;
    }
  }
  return undefined;
}
