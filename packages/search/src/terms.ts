import { synonymKey } from "./fold.ts";
import { identifierQuery } from "./identifiers.ts";
import type { ParsedQuery, QueryText } from "./parse-query.ts";
import type { Source } from "./source.ts";
import { otherSpelling } from "./spelling.ts";

/** Languages of every search; a source may have more of its own. */
export const textLanguages = ["fr", "en", "simple"] as const;

/**
 * One value per row language; null where the text says nothing in that language. Where a source has a language or
 * synonyms of its own, its value is at `language@source`: {@link ofSource} knows.
 */
export interface ByLanguage<T> {
  readonly fr: T | null;
  readonly en: T | null;
  readonly simple: T | null;
  readonly [key: string]: T | null;
}

/** Where a value for one language of one source is kept. */
export const languageKey = (language: string, source: string): string => `${language}@${source}`;

/** The languages of a source's rows; rows in another count as `simple`. */
export const languagesOf = ({ languages }: Pick<Source, "languages">): string[] => [
  ...Object.keys(languages),
  ...textLanguages,
];

/** The values for one source's rows, by their languages. */
export const ofSource = <T>(values: ByLanguage<T>, source: Source): Readonly<Record<string, T | null>> =>
  Object.fromEntries(
    languagesOf(source).map((language) => [language, valueAt(values, languageKey(language, source.name))]),
  );

/** The value at a key; where there is none for the source, that for its language. */
function valueAt<T>(values: ByLanguage<T>, key: string): T | null {
  const own = values[key];
  return own === undefined ? (values[key.split("@", 1)[0] ?? ""] ?? null) : own;
}

/** A text to stem, and the word whose synonyms count as well. */
export interface TextToStem extends QueryText {
  /** Null: without synonyms. */
  readonly synonymsOf: string | null;
}

/** A text's tsquery and its lexemes as a tsvector, both as text, per language; null where only stop words are in it. */
export interface StemmedText {
  readonly queries: ByLanguage<string>;
  readonly vectors: ByLanguage<string>;
}

/** What a row must meet: the tsquery of its own language, or one on its identifiers, or a part of its path. */
export interface Match {
  readonly queries: ByLanguage<string>;
  readonly identifiers: string | null;
  readonly pathPart: string | null;
  /** Letters that the body has, in sources of code. Absent unless nothing else matched: no index serves it. */
  readonly contentPart?: string;
  /** What it must not meet. */
  readonly excluded: Match | null;
}

/** A word, phrase or group of alternatives that counts in the ranking. */
export interface Term {
  /** What was typed; alternatives with `OR` between them. */
  readonly text: string;
  /** Each alternative as it was typed. */
  readonly texts: readonly QueryText[];
  readonly phrase: boolean;
  readonly queries: ByLanguage<string>;
  readonly identifiers: string | null;
  /** True where one of several lexemes is enough: a rank is then the sum over them, not their mean. */
  readonly grouped: boolean;
}

/** A query as the server understands it. */
export interface Terms {
  /** Words and phrases that are searched for. */
  readonly terms: readonly Term[];
  /** True when each word is a stop word of some language. */
  readonly onlyStopWords: boolean;
  /** The lexemes of the whole query, to compare with those of a title. */
  readonly titles: ByLanguage<string>;
  /** Rows with every word. */
  readonly all: Match;
  /** Rows with at least one of the given words, or every phrase where there are some; exclusions always hold. */
  any(words?: readonly Term[]): Match;
  /** The one word that is asked for, where its letters may be looked for within other words; else null. */
  readonly part: string | null;
  /** Everything worth highlighting. */
  readonly highlights: ByLanguage<string>;
}

/** Shorter parts of a path match too much, and no trigram index serves them. */
const minPathPartLength = 3;

const minContentPartLength = 4;

const wordsAndPhrases = ({ clauses }: ParsedQuery): QueryText[] => clauses.flat();

/** The texts of a query in the order in which {@link composeTerms} takes them back; the last is the whole query. */
export const textsToStem = (parsed: ParsedQuery): TextToStem[] => [
  ...wordsAndPhrases(parsed).map((text) => ({
    ...text,
    synonymsOf: text.kind === "prefix" ? null : synonymKey(text.text),
  })),
  ...parsed.excluded.map((text) => ({ ...text, synonymsOf: null })),
  {
    text: wordsAndPhrases(parsed)
      .map(({ text }) => text)
      .join(" "),
    kind: "word",
    synonymsOf: null,
  },
];

/** Puts the stemmed texts of a query together to what rows are matched with. */
export function composeTerms(parsed: ParsedQuery, stemmed: readonly StemmedText[]): Terms {
  const keys = [...new Set([...textLanguages, ...stemmed.flatMap(({ queries }) => Object.keys(queries))])];
  const texts = wordsAndPhrases(parsed);
  const toTerm = (text: QueryText, index: number): Term => termOf(text, stemmed[index]);
  const found = texts.map(toTerm);
  const groups = parsed.clauses.map((clause) => found.slice(...rangeOf(parsed, clause)));
  const terms = withoutStopWords(groups).map((alternatives) => oneOf(keys, alternatives));
  const wordTerms = terms.filter(({ phrase }) => !phrase);
  const phraseTerms = terms.filter(({ phrase }) => phrase);
  const excludedTerms = parsed.excluded
    .map((text, index) => toTerm(text, texts.length + index))
    .filter(isSearchable);

  const excluded = excludedTerms.length === 0 ? null : anyOf(keys, excludedTerms);
  const match = (chosen: readonly Term[], operator: "&" | "|"): Match => ({
    queries: byLanguage(keys, (key) => {
      const words = joined(queriesOf(chosen, key), operator);
      const required = joined(queriesOf(phraseTerms, key), "&");
      // A phrase is asked for on purpose: beside one, words of which any will do only rank.
      return operator === "|" && required !== null ? required : joined([words, required], "&");
    }),
    // An identifier vector has no positions: phrases are beyond it.
    identifiers:
      phraseTerms.length > 0
        ? null
        : joined(
            chosen.map(({ identifiers }) => identifiers),
            operator,
          ),
    pathPart: part,
    excluded,
  });
  const part = onlyWordOf(parsed);

  return {
    terms: [...wordTerms, ...phraseTerms],
    onlyStopWords: terms.every((term) => term.queries.fr === null || term.queries.en === null),
    titles: stemmed.at(-1)?.vectors ?? byLanguage<string>(keys, () => null),
    all: match(wordTerms, "&"),
    any: (chosen = wordTerms) =>
      match(
        chosen.filter((term) => !term.phrase),
        "|",
      ),
    part,
    highlights: anyOf(keys, terms).queries,
  };
}

/**
 * The same query for rows of code with its one word within another (`serById` in `getUserById`); null where it has
 * several words, or less than four letters.
 */
export function withinWords(terms: Terms): Terms | null {
  const { part, all } = terms;
  if (part === null || part.length < minContentPartLength) return null;
  const match: Match = { ...all, contentPart: part };
  return { ...terms, all: match, any: () => match };
}

/** Where a clause's texts stand among all. */
function rangeOf({ clauses }: ParsedQuery, clause: readonly QueryText[]): [number, number] {
  const start = clauses.slice(0, clauses.indexOf(clause)).reduce((sum, texts) => sum + texts.length, 0);
  return [start, start + clause.length];
}

const byLanguage = <T>(keys: readonly string[], value: (key: string) => T | null): ByLanguage<T> =>
  Object.fromEntries(keys.map((key) => [key, value(key)])) as unknown as ByLanguage<T>;

const termOf = (text: QueryText, stemmed: StemmedText | undefined): Term => ({
  text: text.text,
  texts: [text],
  phrase: text.kind === "phrase",
  queries: stemmed?.queries ?? byLanguage<string>(textLanguages, () => null),
  identifiers: text.kind === "phrase" ? null : identifierQuery(text.text, text.kind === "prefix"),
  grouped: isGrouped(text, stemmed),
});

/** A word that may be written in one or two is one of several alternatives; a compound's parts belong together. */
const isGrouped = (text: QueryText, stemmed: StemmedText | undefined): boolean =>
  hasSynonyms(stemmed) ||
  (text.kind === "word" && !text.text.includes("-") && otherSpelling(text.text) !== null);

/** Where a source has synonyms of its own, it has a query more than lexemes. */
const hasSynonyms = (stemmed: StemmedText | undefined): boolean =>
  stemmed !== undefined && Object.keys(stemmed.queries).length > Object.keys(stemmed.vectors).length;

const isSearchable = ({ queries }: Term): boolean => Object.values(queries).some((query) => query !== null);

/**
 * Drops stop words while other words remain.
 * - Those of the query's own language, told by which of the two has more of them, in rows of every language: for
 *   French an English `the` is a rare word (`thé`), and would decide.
 * - Those of either language among identifiers and in rows of `simple`, which has none; so that a question finds code.
 */
function withoutStopWords(groups: readonly (readonly Term[])[]): Term[][] {
  const searchable = groups.map((group) => group.filter(isSearchable)).filter((group) => group.length > 0);
  const words = searchable.flat().filter(({ phrase }) => !phrase);
  const isStopWord = ({ phrase, queries }: Term) => !phrase && (queries.fr === null || queries.en === null);
  if (words.every(isStopWord)) return searchable;
  const french = words.filter(({ queries }) => queries.fr === null).length;
  const english = words.filter(({ queries }) => queries.en === null).length;
  const own = french > english ? "fr" : english > french ? "en" : undefined;
  const keep = (term: Term): Term[] => {
    if (!isStopWord(term)) return [term];
    if (own !== undefined && term.queries[own] === null) return [];
    const kept = { ...term, queries: { ...term.queries, simple: null }, identifiers: null };
    return isSearchable(kept) ? [kept] : [];
  };
  return searchable.map((group) => group.flatMap(keep)).filter((group) => group.length > 0);
}

/** The alternatives as one term: a phrase where all are. */
function oneOf(keys: readonly string[], alternatives: readonly Term[]): Term {
  const [first] = alternatives;
  if (first && alternatives.length === 1) return first;
  const { queries, identifiers } = anyOf(keys, alternatives);
  return {
    text: alternatives.map(({ text }) => text).join(" OR "),
    texts: alternatives.flatMap(({ texts }) => texts),
    phrase: alternatives.every(({ phrase }) => phrase),
    queries,
    identifiers,
    grouped: true,
  };
}

const queriesOf = (terms: readonly Term[], key: string) => terms.map(({ queries }) => valueAt(queries, key));

/** Rows with any of the terms. */
const anyOf = (keys: readonly string[], terms: readonly Term[]): Match => ({
  queries: byLanguage(keys, (key) => joined(queriesOf(terms, key), "|")),
  identifiers: joined(
    terms.map(({ identifiers }) => identifiers),
    "|",
  ),
  pathPart: null,
  excluded: null,
});

/** Those that are not null, in brackets; null of none. */
function joined(queries: readonly (string | null)[], operator: "&" | "|"): string | null {
  const present = queries.filter((query) => query !== null);
  return present.length === 0 ? null : present.map((query) => `(${query})`).join(` ${operator} `);
}

const onlyWordOf = ({ clauses }: ParsedQuery): string | null => {
  const [only, ...others] = clauses.flat();
  return only && others.length === 0 && only.kind !== "phrase" && only.text.length >= minPathPartLength
    ? only.text
    : null;
};
