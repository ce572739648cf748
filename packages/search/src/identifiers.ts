import type { Span } from "./marked-text.ts";
import type { ParsedQuery, QueryText } from "./parse-query.ts";

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
 * A tsquery that finds a word, or with `isPrefix` the start of one, in an identifier vector, whole or by all its
 * parts; null for a word without letters and digits. Its lexemes hold letters, digits and `_$-./` alone, so quoting
 * them is safe.
 *
 * @example
 * identifierQuery("getUserById"); // 'getuserbyid' | ('get' & 'user' & 'by' & 'id')
 * identifierQuery("getUs", true); // 'getus':* | ('get' & 'us':*)
 */
export function identifierQuery(word: string, isPrefix = false): string | null {
  const wholes = (word.match(wholeIdentifier) ?? []).map(quoted);
  const parts = identifierParts(word).map((part) => quoted(part.text));
  if (parts.length === 0) return null;
  const end = isPrefix ? ":*" : "";
  const all = parts.join(" & ") + end;
  const [whole] = wholes;
  return wholes.length === 1 && whole + end !== all ? `${whole}${end} | (${all})` : all;
}

const quoted = (lexeme: string): string => `'${lexeme.toLowerCase()}'`;

/**
 * Where the parts of the query's words stand in a text of code: `user_by_id` stands in `getUserById`, from `U` to
 * its end, and the start `user_b*` there up to `B`.
 */
export function identifierHits(text: string, words: readonly QueryText[]): Span[] {
  const wanted = words
    .map(({ text, kind }) => ({ parts: identifierParts(text), isPrefix: kind === "prefix" }))
    .filter(({ parts }) => parts.length > 0);
  const found = identifierParts(text);
  return found.flatMap((first, index) =>
    wanted.flatMap(({ parts, isPrefix }) => {
      const met = parts.every((part, n) => {
        const at = found[index + n]?.text;
        return at === part.text || (isPrefix && n === parts.length - 1 && at?.startsWith(part.text));
      });
      const last = found[index + parts.length - 1] ?? first;
      const length = parts.at(-1)?.text.length ?? 0;
      return met
        ? [{ start: first.start, end: isPrefix ? Math.min(last.end, last.start + length) : last.end }]
        : [];
    }),
  );
}

/**
 * The name, as `devora.identifier_vector` marks declarations, of the code that declares what a query names, whole or in words: `getuserbyid` for `getUserById` and
 * for `get user by id`; null for a query that is no name.
 */
export function declaredName({ clauses }: Pick<ParsedQuery, "clauses">): string | null {
  const texts = clauses.flat();
  const isName = texts.length === clauses.length && texts.every(({ kind }) => kind === "word");
  const name = texts
    .map(({ text }) => text)
    .join("")
    .replace(/[^\p{L}\p{N}]/gu, "");
  return !isName || name.length < 2 || name.length > 200 ? null : name.toLowerCase();
}
