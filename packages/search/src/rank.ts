import { type Database, rowsOf } from "@devora/db-schema";
import type { SQL } from "drizzle-orm";
import { bestRows } from "./bm25.ts";
import { type Cursor, type CursorPlace, queryHash } from "./cursor.ts";
import { type KnownFrequencies, readFrequencies } from "./frequencies.ts";
import { declaredName } from "./identifiers.ts";
import type { InstallationLookup, Installed } from "./installed.ts";
import type { ParsedQuery } from "./parse-query.ts";
import { maxCountedMatches } from "./queries/frequencies.ts";
import { boundInput, type SearchRequest } from "./queries/input.ts";
import { kernelCall } from "./queries/kernel-call.ts";
import { decodeLexemes, lexemesQuery } from "./queries/lexemes.ts";
import {
  decodeRanking,
  maxRankedRows,
  type RankedRow,
  type RankedSource,
  rankingQuery,
  sourceRankingQuery,
} from "./queries/ranking.ts";
import { matchRequest, type Scope, scopeRequest, valuesRequest } from "./queries/scope.ts";
import { termsJson, type WeightedTerm } from "./queries/term-rows.ts";
import type { Source } from "./source.ts";
import { composeTerms, type Match, type Term, type Terms, textsToStem, withinWords } from "./terms.ts";
import { candidateTerms, estimatedTotal, weightTerms } from "./weights.ts";

/** Why a query found nothing, where the query itself is the reason. */
export type Explanation = "empty_query" | "only_exclusions" | "only_filters" | "only_stop_words";

/** What an answer may be made to prefer. */
export interface RankingPreferences {
  /**
   * How much each source counts, above 0, in relation to the greatest; 1 where none is given. Rows with all words stay
   * before rows with some.
   */
  readonly boosts?: Readonly<Record<string, number>> | undefined;
  /** Newer rows first among about equally good ones; needs the source's `updatedAt`. Default: age does not count. */
  readonly recency?: Recency | undefined;
  /** 0..1: share of the words' nearness to each other in the relevance. Default 0: on prose it made answers worse. */
  readonly proximity?: number | undefined;
}

export interface Recency {
  /** Days after which the part that age can take away is half gone. */
  readonly halfLifeDays: number;
  /** 0..1: the part of the relevance that age can take away. Default 0.3. */
  readonly weight?: number | undefined;
}

export interface RankOptions {
  readonly sources: readonly Source[];
  readonly scope: Scope;
  readonly parsed: ParsedQuery;
  /** `all-first`: rows with every word, and with any word only where those are few. */
  readonly words: "all-first" | "any";
  readonly preferences: RankingPreferences;
  readonly facets: boolean;
  readonly limit: number;
  readonly offset: number;
  /** The end of the page before. */
  readonly cursor: Cursor | undefined;
  readonly installed: InstallationLookup;
  /** Whether the search runs on its own database, not on one that the call brought. */
  readonly isOwn: boolean;
  readonly signal: AbortSignal | undefined;
}

export interface Ranking {
  readonly rows: readonly RankedRow[];
  readonly sources: readonly RankedSource[];
  readonly terms: Terms;
  readonly weighted: readonly WeightedTerm[];
  /** Rows that match, whether ranked or not; estimated where not all were. */
  readonly total: number;
  readonly relaxed: boolean;
  /** False when more rows matched than were ranked. */
  readonly complete: boolean;
  readonly explanation: Explanation | undefined;
  /** Ordinals of terms that no row has. */
  readonly unknown: readonly number[];
  /** What the next page must be ranked by; undefined when nothing was found. */
  readonly place: CursorPlace | undefined;
}

/** Fewer rows with every word than this, and rows with any word are answered after them. */
const fewRows = 5;
/** In scopes of no more rows than this, all that match are ranked. */
const fewEnoughToRank = 2_000;
/** A later page ranks what the first did, by its lowest id, and no more than so many times that though rows are written. */
const laterPages = 4;
/** Where more rows are expected to match, they are not counted further than they are ranked. */
const maxExpectedMatches = 8_000;
/** Rows with any word that a source ranks at least, where the rarest words choose. */
const fillRows = 200;
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
  const { sources, parsed, cursor, signal } = options;
  const texts = textsToStem(parsed);
  if (parsed.clauses.length === 0) return nothing(explanationOf(parsed), composeTerms(parsed, []));
  signal?.throwIfAborted();
  const lexemes = decodeLexemes(await rowsOf(db, lexemesQuery(texts, sources)), texts.length);
  const terms = { ...composeTerms(parsed, lexemes), declared: declaredName(parsed) };
  const explanation = terms.onlyStopWords ? "only_stop_words" : undefined;
  if (terms.terms.length === 0 || sources.length === 0) return nothing(explanation, terms);

  signal?.throwIfAborted();
  const installed = await options.installed(db, sources, options);
  const hash = hashOf(options, terms);
  const place = cursor?.placeOf(hash);
  const call = { db, options, terms, installed };
  const found = place ? await rankPage(call, place) : await rankFirstPage(call);
  return found
    ? { ...found, explanation: undefined, place: { ...found.place, hash } }
    : nothing(explanation, terms);
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
});

interface AskedTerms extends Terms {
  /** Finds code that declares what the whole query names; see {@link declaredName}. */
  readonly declared: string | null;
}

interface Call {
  readonly db: Database;
  readonly options: RankOptions;
  readonly terms: AskedTerms;
  readonly installed: Installed;
}

type Place = Omit<CursorPlace, "hash">;
type RankedPage = Omit<Ranking, "place" | "explanation"> & { readonly place: Place };

/** Rows with all words; where those are few, rows with any. Undefined when no row matches. */
async function rankFirstPage(call: Call): Promise<RankedPage | undefined> {
  const { options, terms } = call;
  const { sources, words } = options;
  const frequencies = await readFrequencies(call.db, { ...options, ...call, sources });
  const first = firstPlace(terms, frequencies);
  const canRelax = terms.terms.length > 1;
  const all = canRelax && words === "any" ? undefined : await rankFirst(call, first, frequencies);
  if (all && all.total >= fewRows) return all;
  const any = canRelax ? await rankFirst(call, relaxed(first, terms, frequencies), frequencies) : undefined;
  const found = any && any.total > (all?.total ?? 0) ? any : all;
  if (found && found.total > 0) return found;
  const within = sources.some(({ identifierVector }) => identifierVector) ? withinWords(terms) : null;
  if (within === null || frequencies.rows > maxScannedRows) return undefined;
  const letters = await rankFirst(call, { ...first, within: true }, frequencies);
  return letters.total > 0 ? letters : undefined;
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

/** The first page says how many rows match, and whether all of them were ranked. */
async function rankFirst(call: Call, first: Place, frequencies: KnownFrequencies): Promise<RankedPage> {
  const expected = estimatedTotal(frequencies, first.relaxed ? "any" : "all");
  const bound = expected > maxExpectedMatches ? first.cap + 1 : maxCountedMatches;
  const scattered = frequencies.known && isScattered(expected, frequencies.rows);
  const page = await rankPage(call, { ...first, scattered }, bound);
  const sumOf = (count: (source: RankedSource) => number) =>
    page.sources.reduce((sum, source) => sum + count(source), 0);
  const isCounted = page.sources.every(first.fill ? isExhausted : ({ matched }) => matched < bound);
  const complete = isCounted && (first.fill || page.sources.every(({ matched }) => matched <= first.cap));
  const counted = sumOf(first.fill ? ({ ranked }) => ranked : ({ matched }) => matched);
  const total = isCounted ? counted : Math.max(counted, expected);
  const place = { ...first, scattered, total, complete };
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

/** Ranks by a place that is known: the first one, or that of a cursor. */
async function rankPage(
  { db, options, terms, installed }: Call,
  place: Place,
  bound = laterPages * place.cap,
): Promise<RankedPage> {
  const { signal } = options;
  const asked = { ...terms, ...(place.within ? withinWords(terms) : undefined) };
  const weighted = terms.terms.map((term, index) => ({ ...term, weight: place.weights[index] ?? 0 }));
  const match = matchOf(asked, place);
  const best = place.complete ? undefined : await readBest(db, options, asked, match);
  signal?.throwIfAborted();
  const kernels = place.within ? noKernels : installed.kernels;
  const rows = await rowsOf(db, pageOf(options, asked, { ...place, weighted, match, best, bound }, kernels));
  return { ...decodeRanking(rows), ...place, terms: asked, weighted, place };
}

type Kernels = Installed["kernels"];

/** Letters within words are read from the bodies, which kernels do not do. */
const noKernels: Kernels = new Map();

const matchRequests = (source: Source, { all, declared }: AskedTerms, candidates: Match): SearchRequest => ({
  ...matchRequest(source, "all", orDeclared(all, declared)),
  ...matchRequest(source, "candidates", orDeclared(candidates, declared)),
  ...matchRequest(source, "excluded", all.excluded),
  declared: declared === null ? null : `'=${declared}'`,
  exported: declared === null ? null : `'==${declared}'`,
});

/** Also rows that declare what the whole query names, though words of it were dropped. */
const orDeclared = (match: Match, declared: string | null): Match =>
  declared === null || match.identifiers === null
    ? match
    : { ...match, identifiers: `(${match.identifiers}) | '=${declared}'` };

/** Where more rows match than are ranked: what BM25 indexes hold best. */
const readBest = (db: Database, { sources, scope, signal }: RankOptions, terms: AskedTerms, match: Match) =>
  bestRows(db, sources, {
    requestOf: (source) => ({ ...scopeRequest(source, scope), ...matchRequests(source, terms, match) }),
    words: terms.terms.map(({ text }) => text).join(" "),
    signal,
  });

/** What the ranked rows must match. */
const matchOf = (terms: AskedTerms, { relaxed, candidates }: Place): Match =>
  relaxed ? terms.any(candidates.flatMap((ordinal) => terms.terms[ordinal] ?? [])) : terms.all;

interface PagePlace extends Place {
  readonly bound: number;
  readonly weighted: readonly WeightedTerm[];
  readonly match: Match;
  readonly best: ReadonlyMap<string, string> | undefined;
}

function pageOf(
  { sources, scope, preferences, facets, limit, offset }: RankOptions,
  terms: AskedTerms,
  place: PagePlace,
  kernels: Kernels,
): SQL {
  const { weighted, match, best, floors, fillFloors, after, rankedAt } = place;
  const { boosts = {}, recency, proximity } = preferences;
  const greatest = Math.max(...sources.map(({ name }) => boosts[name] ?? 1));
  const rankings = sources.map((source) => {
    const boost = (boosts[source.name] ?? 1) / greatest;
    const request: SearchRequest = {
      ...scopeRequest(source, scope),
      ...matchRequests(source, terms, match),
      ...valuesRequest(source, "titles", terms.titles),
      terms: termsJson(source, weighted),
      termCount: String(weighted.length),
      limit: String(limit + offset),
      ...(place.fill && matchRequest(source, "any", orDeclared(terms.any(), terms.declared))),
      scattered: place.scattered ? "true" : null,
      bound: String(place.bound),
      cap: String(after ? place.bound : place.cap),
      fill: fillOf(place, source),
      fillFloor: fillFloors[source.name] ?? null,
      relaxed: place.relaxed ? "true" : null,
      floor: floors[source.name] ?? null,
      best: best?.get(source.name) ?? null,
      proximity: proximity ? String(proximity) : null,
      boost: boost === 1 ? null : String(boost),
      facets: facets ? "true" : null,
      ...(recency && {
        "recency.now": rankedAt,
        "recency.halfLifeDays": String(recency.halfLifeDays),
        "recency.weight": String(recency.weight ?? 0.3),
      }),
      ...(after && afterRequest(source, after)),
    };
    const kernel = kernels.get(source.name);
    const rows = kernel
      ? kernelCall(kernel.rank, { ...request, planned: place.many ? "true" : null })
      : sourceRankingQuery(source, boundInput(request));
    return { name: source.name, rows };
  });
  return rankingQuery(rankings, { limit, offset });
}

/** A later page fills up with what the first did. */
function fillOf({ fill, fillFloors, after, bound }: PagePlace, { name }: Source): string | null {
  if (!fill || (after && fillFloors[name] === undefined)) return null;
  return String(after ? bound : fillRows);
}

/** Ties by source, then by id: a later source's rows of the same score follow, an earlier one's came before. */
const afterRequest = (
  { name }: Source,
  { score, type, id }: NonNullable<CursorPlace["after"]>,
): SearchRequest => ({
  "after.score": String(score),
  "after.ties": name >= type ? "true" : null,
  "after.id": name === type ? id : null,
});
