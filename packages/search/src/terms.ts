import { identifierQuery } from "./identifiers.ts";
import type { ParsedQuery } from "./parse-query.ts";
import type { TextLanguage } from "./source.ts";

export const textLanguages = ["fr", "en", "simple"] as const satisfies readonly TextLanguage[];

/** One value per row language; null where the text says nothing in that language. */
export type ByLanguage<T> = Readonly<Record<TextLanguage, T | null>>;

/** A text to stem, and whether its words must follow each other. */
export interface TextToStem {
  readonly text: string;
  readonly phrase: boolean;
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
  /** What it must not meet. */
  readonly excluded: Match | null;
}

/** A word or phrase that counts in the ranking. */
export interface Term {
  readonly text: string;
  readonly phrase: boolean;
  readonly queries: ByLanguage<string>;
  readonly identifiers: string | null;
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
  /** Everything worth highlighting. */
  readonly highlights: ByLanguage<string>;
}

/** Shorter parts of a path match too much, and no trigram index serves them. */
const minPathPartLength = 3;

/** The texts of a query in the order in which {@link composeTerms} takes them back; the last is the whole query. */
export const textsToStem = ({ words, phrases, excluded }: ParsedQuery): TextToStem[] => [
  ...words.map((text) => ({ text, phrase: false })),
  ...phrases.map((text) => ({ text, phrase: true })),
  ...excluded,
  { text: [...words, ...phrases].join(" "), phrase: false },
];

/** Puts the stemmed texts of a query together to what rows are matched with. */
export function composeTerms(parsed: ParsedQuery, stemmed: readonly StemmedText[]): Terms {
  const { words, phrases } = parsed;
  const whole = stemmed.at(-1);
  const wordTerms = withoutStopWords(
    words.map((text, index) => toTerm(text, false, stemmed[index])).filter(isSearchable),
  );
  const phraseTerms = phrases
    .map((text, index) => toTerm(text, true, stemmed[words.length + index]))
    .filter(isSearchable);
  const excludedTerms = parsed.excluded
    .map(({ text, phrase }, index) => toTerm(text, phrase, stemmed[words.length + phrases.length + index]))
    .filter(isSearchable);

  const excluded = excludedTerms.length === 0 ? null : anyOf(excludedTerms);
  const match = (chosen: readonly Term[], operator: "&" | "|"): Match => ({
    queries: byLanguage((language) => {
      const words = joined(queriesOf(chosen, language), operator);
      const required = joined(queriesOf(phraseTerms, language), "&");
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
    pathPart: pathPartOf(parsed),
    excluded,
  });

  const terms = [...wordTerms, ...phraseTerms];
  return {
    terms,
    onlyStopWords: terms.every((term) => term.queries.fr === null || term.queries.en === null),
    titles: whole?.vectors ?? byLanguage(() => null),
    all: match(wordTerms, "&"),
    any: (chosen = wordTerms) =>
      match(
        chosen.filter((term) => !term.phrase),
        "|",
      ),
    highlights: anyOf(terms).queries,
  };
}

const byLanguage = <T>(value: (language: TextLanguage) => T | null): ByLanguage<T> => ({
  fr: value("fr"),
  en: value("en"),
  simple: value("simple"),
});

const toTerm = (text: string, phrase: boolean, stemmed: StemmedText | undefined): Term => ({
  text,
  phrase,
  queries: stemmed?.queries ?? byLanguage(() => null),
  identifiers: phrase ? null : identifierQuery(text),
});

const isSearchable = ({ queries }: Term): boolean =>
  textLanguages.some((language) => queries[language] !== null);

/**
 * Drops stop words while other words remain.
 * - Those of the query's own language, told by which of the two has more of them, in rows of every language: for
 *   French an English `the` is a rare word (`thé`), and would decide.
 * - Those of either language among identifiers and in rows of `simple`, which has none; so that a question finds code.
 */
function withoutStopWords(terms: readonly Term[]): Term[] {
  const isStopWord = ({ queries }: Term) => queries.fr === null || queries.en === null;
  if (terms.every(isStopWord)) return [...terms];
  const french = terms.filter(({ queries }) => queries.fr === null).length;
  const english = terms.filter(({ queries }) => queries.en === null).length;
  const own = french > english ? "fr" : english > french ? "en" : undefined;
  return terms
    .filter(({ queries }) => own === undefined || queries[own] !== null)
    .map((term) =>
      isStopWord(term) ? { ...term, queries: { ...term.queries, simple: null }, identifiers: null } : term,
    )
    .filter(isSearchable);
}

const queriesOf = (terms: readonly Term[], language: TextLanguage) =>
  terms.map(({ queries }) => queries[language]);

/** Rows with any of the terms. */
const anyOf = (terms: readonly Term[]): Match => ({
  queries: byLanguage((language) => joined(queriesOf(terms, language), "|")),
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

const pathPartOf = ({ words, phrases }: ParsedQuery): string | null => {
  const [word] = words;
  return word && words.length === 1 && phrases.length === 0 && word.length >= minPathPartLength ? word : null;
};
