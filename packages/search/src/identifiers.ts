import type { ParsedQuery } from "./parse-query.ts";

/** A part of an identifier and where it stands in the text, in UTF-16 code units. */
export interface IdentifierPart {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const camelBoundary = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
const wholeIdentifier = /[\p{L}\p{N}_$]+(?:[-./][\p{L}\p{N}_$]+)*/gu;

/**
 * The lower-case parts of the identifiers in a text, split as `devora.identifier_vector` does.
 *
 * @example
 * identifierParts("getUserById").map((part) => part.text); // ["get", "user", "by", "id"]
 */
export function identifierParts(text: string): IdentifierPart[] {
  const parts: IdentifierPart[] = [];
  for (const run of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    let start = run.index;
    for (const part of run[0].split(camelBoundary)) {
      parts.push({ text: part.toLowerCase(), start, end: start + part.length });
      start += part.length;
    }
  }
  return parts;
}

/**
 * A tsquery that finds a word in an identifier vector, whole or by all its parts; null for a word without
 * letters and digits. Its lexemes hold letters, digits and `_$-./` alone, so quoting them is safe.
 *
 * @example
 * identifierQuery("getUserById"); // 'getuserbyid' | ('get' & 'user' & 'by' & 'id')
 */
export function identifierQuery(word: string): string | null {
  const wholes = (word.match(wholeIdentifier) ?? []).map(quoted);
  const parts = identifierParts(word).map((part) => quoted(part.text));
  if (parts.length === 0) return null;
  const all = parts.join(" & ");
  return wholes.length === 1 && wholes[0] !== all ? `${wholes[0]} | (${all})` : all;
}

const quoted = (lexeme: string): string => `'${lexeme.toLowerCase()}'`;

/**
 * Where the parts of the query's words stand in a text of code: `user_by_id` stands in `getUserById`, from `U` to
 * its end.
 */
export function identifierHits(text: string, words: readonly string[]): IdentifierPart[] {
  const wanted = words.map((word) => identifierParts(word)).filter((parts) => parts.length > 0);
  const found = identifierParts(text);
  return found.flatMap((first, index) =>
    wanted
      .filter((parts) => parts.every((part, n) => found[index + n]?.text === part.text))
      .map((parts) => ({
        text: parts.map((part) => part.text).join(" "),
        start: first.start,
        end: found[index + parts.length - 1]?.end ?? first.end,
      })),
  );
}

/**
 * A tsquery for the code that declares what a query names, whole or in words: `'=getuserbyid'` for `getUserById` and
 * for `get user by id`; null for a query that is no name.
 */
export function declaredQuery({ words, phrases }: Pick<ParsedQuery, "words" | "phrases">): string | null {
  const name = words.join("").replace(/[^\p{L}\p{N}]/gu, "");
  return phrases.length > 0 || name.length < 2 || name.length > 200 ? null : `'=${name.toLowerCase()}'`;
}
