import { type Database, rowsOf } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { bestRows } from "./bm25.ts";
import { type Cursor, type CursorPlace, queryHash } from "./cursor.ts";
import { declaredName } from "./identifiers.ts";
import type { InstallationLookup, Installed } from "./installed.ts";
import type { ParsedQuery } from "./parse-query.ts";
import {
  type Counts,
  countsQuery,
  decodeCounts,
  maxCountedMatches,
  maxRankedRows,
  rowCountQuery,
} from "./queries/counts.ts";
import { boundInput, type SearchRequest } from "./queries/input.ts";
import { kernelCall } from "./queries/kernel-call.ts";
import { decodeLexemes, lexemesQuery } from "./queries/lexemes.ts";
import {
  decodeRanking,
  type RankedRow,
  type RankedSource,
  rankingQuery,
  sourceRankingQuery,
} from "./queries/ranking.ts";
import { matchRequest, type Scope, scopeRequest, valuesRequest } from "./queries/scope.ts";
import { decodeStatistics, type Statistics, statisticsQuery } from "./queries/statistics.ts";
import { termsJson, type WeightedTerm } from "./queries/term-rows.ts";
import type { Source } from "./source.ts";
import { composeTerms, type Match, type Terms, textsToStem, withinWords } from "./terms.ts";
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
/** A later page ranks what the first did, by its lowest id, and no more than this though rows are written. */
const maxLaterRankedRows = 4 * maxRankedRows;

/** Rows of an owner that are read faster than a statement for just that owner is planned. */
const manyRows = 2_000;
/**
 * Most rows in scope whose bodies are read for letters within words: .23 s for 1,000 files of 3 kB. A trigram index on
 * the body would make writing a file 45 % dearer.
 */
const maxScannedRows = 2_000;

/**
 * Three statements: the query's lexemes, their frequencies in the scope, and the ranked page. Where nothing matches,
 * code is counted once more by letters within words.
 */
export async function rank(db: Database, options: RankOptions): Promise<Ranking> {
  const { sources, parsed, signal } = options;
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
  const place = options.cursor?.placeOf(hash) ?? (await firstPlace(db, options, terms, installed));
  if (place === undefined) return nothing(explanation, terms);

  signal?.throwIfAborted();
  const asked = { ...terms, ...(place.within ? withinWords(terms) : undefined) };
  const weighted = terms.terms.map((term, index) => ({ ...term, weight: place.weights[index] ?? 0 }));
  const match = matchOf(asked, place);
  const best = place.complete ? undefined : await readBest(db, options, asked, match);
  signal?.throwIfAborted();
  const kernels = place.within ? noKernels : installed.kernels;
  const page = pageOf(options, asked, { ...place, weighted, match, best }, kernels);
  const ranked = decodeRanking(await rowsOf(db, page));
  return { ...ranked, terms: asked, weighted, explanation: undefined, ...place, place: { ...place, hash } };
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

type Kernels = Installed["kernels"];

/** Letters within words are read from the bodies, which kernels do not do. */
const noKernels: Kernels = new Map();

type FirstPlace = Omit<CursorPlace, "hash" | "after">;

/** Counts the words, and decides what is ranked and how much each word counts; undefined when no row matches. */
async function firstPlace(
  db: Database,
  options: RankOptions,
  terms: AskedTerms,
  { kernels, statistics }: Installed,
): Promise<FirstPlace | undefined> {
  const { sources, words, signal } = options;
  signal?.throwIfAborted();
  const few = words === "any" ? maxRankedRows + 1 : fewRows;
  const known = statistics ? await readStatistics(db, options, terms) : undefined;
  const counts = await countRows(db, options, { terms, few, known }, kernels);
  if (counts.all > 0 || counts.any > 0) return { ...placeOf(terms, counts, few), many: isMany(known) };
  const within = sources.some(({ identifierVector }) => identifierVector) ? withinWords(terms) : null;
  if (within === null || Math.max(counts.rows, known?.rows ?? 0) > maxScannedRows) return undefined;
  signal?.throwIfAborted();
  const found = await countRows(db, options, { terms: { ...terms, ...within }, few, known }, noKernels);
  return found.all > 0 ? { ...placeOf(terms, found, few), within: true, many: isMany(known) } : undefined;
}

/** Undefined where the scope is narrower than the owner's rows, of which alone the statistics tell. */
async function readStatistics(
  db: Database,
  { sources, scope, signal }: RankOptions,
  { terms }: Terms,
): Promise<Statistics | undefined> {
  const { filters, updatedAfter, updatedBefore, fields = [] } = scope;
  const isNarrow =
    Object.values(filters).some((value) => value !== undefined) ||
    updatedAfter ||
    updatedBefore ||
    fields.length > 0;
  if (isNarrow || sources.some(({ where }) => where !== undefined)) return undefined;
  const rows = await rowsOf(db, statisticsQuery(sources, terms));
  signal?.throwIfAborted();
  const statistics = decodeStatistics(rows, sources, terms);
  // Nothing is counted yet, or nobody counts.
  return statistics.rows === 0 ? undefined : statistics;
}

/** Whether an owner has so many rows, or may have, that a plan made for most owners would read all of them. */
const isMany = (known: Statistics | undefined): boolean =>
  (known?.rows ?? Number.POSITIVE_INFINITY) > manyRows;

function placeOf({ terms }: Terms, counts: Counts, few: number): Omit<FirstPlace, "many"> {
  const relaxed = counts.any > counts.all && counts.all < few;
  const chosen = relaxed ? candidateTerms(terms, counts, maxRankedRows) : [];
  const kind = relaxed ? "any" : "all";
  const complete = !(relaxed ? counts.moreThanAny : counts.moreThanAll);
  return {
    weights: weightTerms(terms, counts).map(({ weight }) => weight),
    candidates: chosen.map((term) => terms.indexOf(term)),
    relaxed,
    within: false,
    total: complete ? counts[kind] : estimatedTotal(counts, kind),
    complete,
    unknown: terms.flatMap((_, ordinal) => (counts.terms[ordinal] === 0 ? [ordinal] : [])),
    floors: {},
    rankedAt: new Date().toISOString(),
  };
}

async function countRows(
  db: Database,
  { sources, scope }: RankOptions,
  { terms, few, known }: { terms: AskedTerms; few: number; known: Statistics | undefined },
  kernels: Kernels,
): Promise<Counts> {
  const counted = terms.terms.map((term, index) => ({
    ...term,
    counted: (known?.shares[index] ?? 0) * (known?.rows ?? 0) < 2 * maxCountedMatches * sources.length,
  }));
  const statements = sources.flatMap((source) => {
    const request: SearchRequest = {
      ...scopeRequest(source, scope),
      ...matchRequests(source, terms, terms.any()),
      ...matchRequest(source, "any", orDeclared(terms.any(), terms.declared)),
      terms: termsJson(source, counted),
      termCount: String(counted.length),
      few: String(few),
    };
    const kernel = kernels.get(source.name);
    const counts = kernel
      ? kernelCall(isMany(known) ? kernel.countPlanned : kernel.count, request)
      : countsQuery(source, boundInput(request));
    return known ? [sql`(${counts})`] : [sql`(${counts})`, rowCountQuery(source, boundInput(request))];
  });
  const rows = await rowsOf(db, sql.join(statements, sql` union all `));
  return { ...decodeCounts(rows, counted.length), statistics: known };
}

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
const matchOf = (terms: AskedTerms, { relaxed, candidates }: FirstPlace): Match =>
  relaxed ? terms.any(candidates.flatMap((ordinal) => terms.terms[ordinal] ?? [])) : terms.all;

interface PagePlace extends FirstPlace, Pick<CursorPlace, "after"> {
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
  const { weighted, match, best, floors, after, rankedAt } = place;
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
      cap: String(floors[source.name] === undefined ? maxRankedRows : maxLaterRankedRows),
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
      ? kernelCall(place.complete && !place.many ? kernel.rank : kernel.rankPlanned, request)
      : sourceRankingQuery(source, boundInput(request));
    return { name: source.name, rows };
  });
  return rankingQuery(rankings, { limit, offset });
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
