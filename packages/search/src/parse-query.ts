import { cut, storable } from "./text.ts";

/** What a person asked for, before the server stems it. */
export interface ParsedQuery {
  /** Words that should occur, each once, in order. */
  readonly words: readonly string[];
  /** Texts in double quotes: must occur word by word. */
  readonly phrases: readonly string[];
  /** Words and phrases after a minus sign: must not occur. */
  readonly excluded: readonly ExcludedText[];
}

export interface ExcludedText {
  readonly text: string;
  readonly phrase: boolean;
}

/** Longest query that is read, in UTF-16 code units. */
export const maxQueryLength = 2_000;
/** Most words, phrases and exclusions that are read, each. */
export const maxClauses = 64;
/** Longest word that is read; as in `devora.identifier_vector`. */
const maxWordLength = 200;

/**
 * Reads a query: `words`, `"phrases"` and `-exclusions`. Total: every string has a reading, if an empty one.
 * Typographic quotes count as quotes, a quote without its partner as nothing. French elisions and English
 * possessives lose their single letter (`l'application` -> `application`).
 *
 * @example
 * parseQuery(`react "state machine" -redux`);
 * // { words: ["react"], phrases: ["state machine"], excluded: [{ text: "redux", phrase: false }] }
 */
export function parseQuery(query: string): ParsedQuery {
  const text = cut(storable(query), maxQueryLength).replace(/[“”„«»]/g, '"');
  const words: string[] = [];
  const phrases: string[] = [];
  const excluded: ExcludedText[] = [];
  for (const [token, minus, quoted] of text.matchAll(/(-?)"([^"]+)"|[^\s"]+/g)) {
    if (quoted !== undefined) {
      if (!hasWord(quoted)) continue;
      if (minus) excluded.push({ text: quoted.trim(), phrase: true });
      else phrases.push(quoted.trim());
    } else if (/^-[\p{L}\p{N}]/u.test(token)) {
      for (const word of wordsOf(token.slice(1))) excluded.push({ text: word, phrase: false });
    } else {
      words.push(...wordsOf(token));
    }
  }
  return { words: distinct(words), phrases: distinct(phrases), excluded: excluded.slice(0, maxClauses) };
}

const hasWord = (text: string): boolean => /[\p{L}\p{N}]/u.test(text);

/** The words of a token without white space: parted at apostrophes, single letters dropped where others remain. */
function wordsOf(token: string): string[] {
  const parts = token.split(/['’ʼ]/).filter(hasWord);
  const long = parts.filter((part) => part.length > 1);
  return (long.length > 0 ? long : parts.slice(0, 1)).map((part) => cut(part, maxWordLength));
}

/** The first of each text, whatever its case. */
function distinct(texts: readonly string[]): string[] {
  const seen = new Map<string, string>();
  for (const text of texts) {
    const key = text.toLowerCase();
    if (!seen.has(key)) seen.set(key, text);
  }
  return [...seen.values()].slice(0, maxClauses);
}
