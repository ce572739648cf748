import { type Database, rowsOf } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { queryHash } from "./cursor.ts";
import { canBeKnown, type KnownFrequencies, readFrequencies } from "./frequencies.ts";
import { declaredName } from "./identifiers.ts";
import { nothingInstalled } from "./installed.ts";
import type { ParsedQuery } from "./parse-query.ts";
import { maxCountedMatches } from "./queries/frequencies.ts";
import { decodeLexemes, textLexemes } from "./queries/lexemes.ts";
import { maxRankedRows, type RankedSource } from "./queries/ranking.ts";
import { decodeStatistics } from "./queries/statistics.ts";
import type { Explanation, Ranking, RankOptions } from "./rank-options.ts";
import {
  fillRows,
  type Place,
  pageStatement,
  type RankCall,
  type RankedPage,
  rankPage,
} from "./ranked-page.ts";
import { composeTerms, type Term, type Terms, textsToStem, withinWords } from "./terms.ts";
import { candidateTerms, estimatedTotal, weightTerms } from "./weights.ts";

/** Fewer rows with every word than this, and rows with any word are answered after them. */
const fewRows = 5;
/** What rows with every word score at least; see `sourceRankingQuery`. */
const leastWholeScore = 1 / 3;
/** In scopes of no more rows than this, all that match are ranked. */
const fewEnoughToRank = 2_000;
/** Where more rows are expected to match, they are not counted further than they are ranked. */
const maxExpectedMatches = 8_000;
/**
 * Most rows in scope whose bodies are read for letters within words: .23 s for 1,000 files of 3 kB. A trigram index on
 * the body would make writing a file 45 % dearer.
 */
const maxScannedRows = 2_000;

/**
 * The query's lexemes, how frequent they are, and the ranked page: rows with all words; where those are few, once more
 * rows with any; and where nothing matches, code by letters within its words.
 */
export async function rank(db: Database, options: RankOptions): Promise<Ranking> {
  const { call, explanation, terms } = await begin(db, options);
  if (call === undefined) return nothing(explanation, terms);
  const hash = hashOf(options, call.terms);
  const place = options.cursor?.placeOf(hash);
  const found = place ? await rankPage(call, place) : await rankFirstPage(call);
  return found
    ? { ...found, explanation: undefined, place: { ...found.place, hash } }
    : nothing(explanation, terms);
}

/** A ranking that one statement makes, and does not make yet. */
export interface RankingStatement {
  /** See `rankingQuery`; undefined where the query itself finds nothing. */
  readonly ranking: SQL | undefined;
  /** Of its rows without an id: whether all rows that match were ranked. */
  readonly complete: SQL;
}

/**
 * The statement with which {@link rank} ranks rows with any of the words, for sources without identifiers and BM25
 * indexes: with these it may take a second one.
 */
export async function rankingStatement(db: Database, options: RankOptions): Promise<RankingStatement> {
  const { call } = await begin(db, options);
  if (call === undefined) return { ranking: undefined, complete: sql`true` };
  const frequencies = await readFrequencies(db, { ...options, ...call, sources: options.sources });
  const first = firstPlace(call.terms, frequencies);
  const isSingle = call.terms.terms.length === 1;
  const { place, bound } = bounded(isSingle ? first : relaxed(first, call.terms, frequencies), frequencies);
  options.signal?.throwIfAborted();
  return {
    ranking: pageStatement(call, place, { bound }),
    complete: place.fill
      ? sql`matched + filled < ${fillRows}::int`
      : sql`matched < ${bound}::int and matched <= ${place.cap}::int`,
  };
}

interface Beginning {
  /** Undefined where the query itself finds nothing. */
  readonly call: RankCall | undefined;
  readonly explanation: Explanation | undefined;
  readonly terms: Terms;
}

/** The query's lexemes, and what the database has for it. */
async function begin(db: Database, options: RankOptions): Promise<Beginning> {
  const { sources, parsed, signal, cursor } = options;
  const texts = textsToStem(parsed);
  if (parsed.clauses.length === 0) {
    return { call: undefined, explanation: explanationOf(parsed), terms: composeTerms(parsed, []) };
  }
  const installed = sources.length === 0 ? nothingInstalled : await options.installed(db, sources, options);
  signal?.throwIfAborted();
  const statement = textLexemes(texts, sources, {
    kernel: installed.lexemes,
    // What a cursor's page is ranked by is known.
    statistics: installed.statistics && cursor === undefined && canBeKnown(options),
    ownerId: options.scope.ownerId,
  });
  const rows = await rowsOf(db, statement);
  const lexemes = decodeLexemes(rows, texts.length);
  const terms = { ...composeTerms(parsed, lexemes), declared: declaredName(parsed) };
  const explanation = terms.onlyStopWords ? "only_stop_words" : undefined;
  if (terms.terms.length === 0 || sources.length === 0) return { call: undefined, explanation, terms };

  const statistics = decodeStatistics(rows, sources, terms.terms, options.scope.ownerId);
  return { call: { db, options, terms, installed, statistics }, explanation, terms };
}

const hashOf = ({ sources, scope, words, preferences }: RankOptions, terms: Terms): string =>
  queryHash([
    sources.map(({ name }) => name),
    scope,
    words,
    preferences,
    terms.terms.map(({ text, queries }) => [text, queries]),
    terms.all,
  ]);

function explanationOf({ excluded, fields }: ParsedQuery): Explanation {
  if (excluded.length > 0) return "only_exclusions";
  return fields.length > 0 ? "only_filters" : "empty_query";
}

const nothing = (explanation: Explanation | undefined, terms: Terms): Ranking => ({
  rows: [],
  sources: [],
  terms,
  weighted: [],
  total: 0,
  relaxed: false,
  complete: true,
  explanation,
  unknown: [],
  place: undefined,
  page: [],
});

/** Rows with all words; where those are few, rows with any. Undefined when no row matches. */
async function rankFirstPage(call: RankCall): Promise<RankedPage | undefined> {
  const { options, terms } = call;
  const { sources } = options;
  const frequencies = await readFrequencies(call.db, { ...options, ...call, sources });
  const first = firstPlace(terms, frequencies);
  const found = await rankWords(call, first, frequencies);
  if (found.total > 0) return found;
  const within = sources.some(({ identifierVector }) => identifierVector) ? withinWords(terms) : null;
  if (within === null || frequencies.rows > maxScannedRows) return undefined;
  const letters = await rankFirst(call, { ...first, within: true }, frequencies);
  return letters.total > 0 ? letters : undefined;
}

async function rankWords(call: RankCall, first: Place, frequencies: KnownFrequencies): Promise<RankedPage> {
  const { options, terms } = call;
  const rankAll = () => rankFirst(call, first, frequencies);
  const rankAny = () => rankFirst(call, relaxed(first, terms, frequencies), frequencies);
  if (terms.terms.length === 1) return rankAll();
  if (options.words === "any") return rankAny();
  // A question of many words is answered by rows with some of them: then those with all need not be looked for.
  const likely = estimatedTotal(frequencies, "all") < 1 ? await rankAny() : undefined;
  if (likely && hasFewWhole(likely, options)) return likely;
  const all = await rankAll();
  if (all.total >= fewRows) return all;
  const any = likely ?? (await rankAny());
  return any.total > all.total ? any : all;
}

/** Whether a relaxed first page shows that only few rows, and not all of its own, have every word. */
function hasFewWhole({ rows, sources, total, place }: RankedPage, { limit, offset }: RankOptions): boolean {
  const whole = rows.filter(({ missing }) => missing.length === 0).length;
  const lastScore = rows.at(-1)?.score ?? 0;
  const showsAll = offset === 0 && (rows.length < limit || lastScore < leastWholeScore);
  return showsAll && sources.every(({ matched }) => matched <= place.cap) && whole < fewRows && whole < total;
}

const firstPlace = ({ terms }: Terms, frequencies: KnownFrequencies): Place => ({
  weights: weightTerms(terms, frequencies).map(({ weight }) => weight),
  candidates: [],
  relaxed: false,
  within: false,
  total: 0,
  complete: true,
  many: frequencies.many,
  unknown: [],
  scattered: false,
  cap: frequencies.rows <= fewEnoughToRank ? fewEnoughToRank : maxRankedRows,
  fill: false,
  floors: {},
  fillFloors: {},
  rankedAt: new Date().toISOString(),
});

function relaxed(first: Place, { terms }: Terms, frequencies: KnownFrequencies): Place {
  const chosen = candidateTerms(terms, frequencies, first.cap);
  const isLeftOut = (term: Term, ordinal: number) =>
    !term.phrase && frequencies.terms[ordinal] !== 0 && !chosen.includes(term);
  return {
    ...first,
    relaxed: true,
    candidates: chosen.map((term) => terms.indexOf(term)),
    fill: terms.some(isLeftOut),
    unknown: terms.flatMap((_, ordinal) => (frequencies.terms[ordinal] === 0 ? [ordinal] : [])),
  };
}

/** The place of a first page, and how many rows it counts of each source. */
function bounded(
  first: Place,
  frequencies: KnownFrequencies,
): { place: Place; bound: number; expected: number } {
  const expected = estimatedTotal(frequencies, first.relaxed ? "any" : "all");
  const bound = expected > maxExpectedMatches ? first.cap + 1 : maxCountedMatches;
  const scattered = frequencies.known && isScattered(expected, frequencies.rows);
  return { place: { ...first, scattered }, bound, expected };
}

/** The first page says how many rows match, and whether all of them were ranked. */
async function rankFirst(call: RankCall, first: Place, frequencies: KnownFrequencies): Promise<RankedPage> {
  const { place: begun, bound, expected } = bounded(first, frequencies);
  const page = await rankPage(call, begun, bound);
  const sumOf = (count: (source: RankedSource) => number) =>
    page.sources.reduce((sum, source) => sum + count(source), 0);
  const isCounted = page.sources.every(first.fill ? isExhausted : ({ matched }) => matched < bound);
  const complete = isCounted && (first.fill || page.sources.every(({ matched }) => matched <= first.cap));
  const counted = sumOf(first.fill ? ({ ranked }) => ranked : ({ matched }) => matched);
  const total = isCounted ? counted : Math.max(counted, expected);
  const place = { ...begun, total, complete };
  // What BM25 indexes hold best is ranked beside.
  const hasIndex = call.options.sources.some(({ bm25Index }) => bm25Index !== undefined);
  const best = !complete && hasIndex ? await rankPage(call, place, bound) : page;
  return { ...best, total, complete, place };
}

/** Whether a source had fewer rows to fill up with than were asked for, so that all that match were ranked. */
const isExhausted = ({ matched, filled }: RankedSource): boolean => matched + filled < fillRows;

/**
 * Is it dearer to walk rows by id until enough of them matched, at 3 µs a row in two large sources, than to read all
 * that match, at 2 µs?
 */
const isScattered = (expected: number, rows: number): boolean =>
  (2 * 3 * maxRankedRows * rows) / expected > 2 * expected;
