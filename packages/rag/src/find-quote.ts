/** Where a quote stands in a text, in UTF-16 code units; or why it does not count. */
export type QuoteSearch = { readonly start: number; readonly end: number } | "too-short" | "not-found";

/** A piece of fewer words or characters stands in almost any text, and proves nothing. */
const leastWords = 3;
const leastCharacters = 12;

const ellipsis = /\[\s*(?:…|\.{3})\s*\]|\(\s*(?:…|\.{3})\s*\)|…|\.{3,}/;
const words = new Intl.Segmenter(undefined, { granularity: "word" });

/**
 * Finds a quote in a text, word for word. Not compared are: how wide a blank is, and whether there is one inside
 * « » and before `:;!?%`; which kind of quotation mark, apostrophe or dash is used; and how accents are encoded. Case
 * and all else must agree. `…`, `...` and `[…]` stand for an omission: the pieces around it must follow each other.
 *
 * A piece must begin and end where words do, and have 3 words and 12 characters (of Chinese, Japanese and Korean 6),
 * unless it is the whole text.
 */
export function findQuote(text: string, quote: string): QuoteSearch {
  const source = fold(text);
  const pieces = quote
    .split(ellipsis)
    .map((piece) => fold(piece).text.trim())
    .filter((piece) => piece !== "");
  const isWhole = pieces.length === 1 && pieces[0] === source.text.trim();
  if (pieces.length === 0 || (!isWhole && pieces.some(isShort))) return "too-short";
  let start: number | undefined;
  let end = 0;
  for (const piece of pieces) {
    const at = indexOfWords(source.text, piece, end);
    if (at === -1) return "not-found";
    start ??= at;
    end = at + piece.length;
  }
  return { start: source.offsets[start ?? 0] ?? 0, end: source.ends[end - 1] ?? text.length };
}

interface Folded {
  readonly text: string;
  /** Where each code unit of the folded text begins and ends in the original. */
  readonly offsets: readonly number[];
  readonly ends: readonly number[];
}

function fold(original: string): Folded {
  let text = "";
  const offsets: number[] = [];
  const ends: number[] = [];
  let blank: number | undefined;
  let joins = false;
  // A character with the accents that follow it, so that both encodings of é fold alike.
  for (const { 0: cluster, index } of original.matchAll(/\P{M}\p{M}*|\p{M}+/gu)) {
    if (/^\s/u.test(cluster)) {
      blank ??= index;
      continue;
    }
    const folded = foldCharacter(cluster);
    if (blank !== undefined && text !== "" && !joins && !/^[»:;!?%]/.test(cluster)) {
      text += " ";
      offsets.push(blank);
      ends.push(index);
    }
    blank = undefined;
    joins = cluster === "«";
    text += folded;
    for (let unit = 0; unit < folded.length; unit++) {
      offsets.push(index);
      ends.push(index + cluster.length);
    }
  }
  return { text, offsets, ends };
}

function foldCharacter(cluster: string): string {
  if (/^["«»“”„‟″]$/.test(cluster)) return '"';
  if (/^['‘’‚‛′ʼ`´]$/.test(cluster)) return "'";
  if (/^[‐‑‒–—―−]$/.test(cluster)) return "-";
  return cluster.normalize("NFC");
}

function isShort(piece: string): boolean {
  const wide = piece.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu);
  if (piece.length + (wide?.length ?? 0) < leastCharacters) return true;
  return [...words.segment(piece)].filter((segment) => segment.isWordLike).length < leastWords;
}

/** Like `indexOf`, where neither end lies within a word or a number of the text. */
function indexOfWords(text: string, piece: string, from: number): number {
  for (let at = text.indexOf(piece, from); at !== -1; at = text.indexOf(piece, at + 1))
    if (!isWithinWord(text, at) && !isWithinWord(text, at + piece.length)) return at;
  return -1;
}

/** Scripts without blanks between words can be cut anywhere. */
const letter = /(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{N}\p{M}_]/u;

function isWithinWord(text: string, at: number): boolean {
  const around = text.slice(Math.max(0, at - 2), at + 2);
  const before = text.slice(Math.max(0, at - 2), at);
  const after = text.slice(at, at + 2);
  const last = [...before].at(-1) ?? "";
  const next = [...after][0] ?? "";
  if (letter.test(last) && letter.test(next)) return true;
  // 5 in 5.99: the number goes on behind its point.
  return (
    around.length >= 3 &&
    (/\d$/.test(before) ? /^[.,]\d/.test(after) : /\d[.,]$/.test(before) && /^\d/.test(after))
  );
}
