import { type Database, withDatabaseErrors, withReadScope } from "@devora/db-schema";
import type { SearchContext } from "./context.ts";
import type { Cursor, CursorCodec } from "./cursor.ts";
import { didYouMean } from "./did-you-mean.ts";
import { SearchError } from "./errors.ts";
import { highlight } from "./highlight.ts";
import {
  assertDate,
  assertFilters,
  assertOwner,
  assertPreferences,
  assertText,
  type CallOptions,
  chooseSources,
  maxOffset,
  wholeNumber,
} from "./options.ts";
import type { Facets, RankedSource } from "./queries/ranking.ts";
import { canFilter } from "./queries/scope.ts";
import { type QueryFilter, readQuery } from "./query-fields.ts";
import { rank } from "./rank.ts";
import type { Explanation, Ranking, RankingPreferences } from "./rank-options.ts";
import type { FiltersOf, ResultOf } from "./result.ts";
import type { Source } from "./source.ts";

export interface SearchOptions<S extends Source> extends CallOptions, RankingPreferences {
  /**
   * Words, `"phrases"`, `prefix*`, `this or that`, `-exclusions`, and conditions: `type:`, `lang:`, `after:`, `before:`
   * and the sources' filters. Any string will do; its first 2,000 characters are read.
   */
  query: string;
  /** Names of the sources to search. Default: all. */
  sources?: readonly S["name"][] | undefined;
  /** Rows of the page, 1 to 100. Default 20. */
  limit?: number | undefined;
  /** Rows before the page, 0 to 2,000. Default 0. */
  offset?: number | undefined;
  /** `nextCursor` of the page before: goes on with the same ranking, whatever is written meanwhile. Not with `offset`. */
  cursor?: string | undefined;
  /** Equal to a value, or to one of a list. Sources that do not have a filter are left out. */
  filters?: FiltersOf<S> | undefined;
  /** Rows that changed at this time or later. Sources without `updatedAt` are left out. */
  updatedAfter?: Date | undefined;
  /** Counts the values of each filter among the rows that were ranked. Default false. */
  facets?: boolean | undefined;
  /** Answers how the words counted. Default false. */
  explain?: boolean | undefined;
}

/** How a word counted in the ranking. */
export interface ExplainedTerm {
  text: string;
  /** Share of the relevance that it decides, 0..1: rarer words decide more. */
  weight: number;
}

export interface SearchAnswer<S extends Source> {
  /** Best first; ties by source name, then by id, the greater first. */
  results: ResultOf<S>[];
  /** Rows that match, on all pages: exact while `complete`, else an estimate. */
  total: number;
  executionTimeMs: number;
  /** True when few rows have all words, so that rows with some of them follow. */
  relaxed: boolean;
  /** Words that even the best row lacks, where the search was relaxed. */
  droppedWords: string[];
  /** False when more rows matched than were ranked: 500 in each source, those with the rarest words, the last by id. */
  complete: boolean;
  /** Where the next page begins; undefined after the last. */
  nextCursor: string | undefined;
  /**
   * By source and filter, uuids apart: how many of the ranked rows have each value; null counts as `""`. With `facets`
   * alone.
   */
  facets: { [Name in S["name"]]?: Facets } | undefined;
  /** With `explain` alone. */
  terms: ExplainedTerm[] | undefined;
  /** Why nothing was found, where the query itself is the reason. */
  explanation: Explanation | undefined;
  /** The query with words corrected that no row has; see `didYouMean`. */
  didYouMean: string | undefined;
  /** The correction, where nothing matched the query as it was typed: these are its results. */
  correctedQuery: string | undefined;
  /** The conditions that the query named, such as `type:files`, and which of them could not be understood. */
  filters: readonly QueryFilter[];
}

/** Ranks the rows of all sources together, then reads and marks the rows of the page. */
export async function search<S extends Source>(
  verb: string,
  context: SearchContext<S>,
  options: SearchOptions<S>,
): Promise<SearchAnswer<S>> {
  const startedAt = performance.now();
  assertText(verb, "query", options.query);
  assertDate(verb, "updatedAfter", options.updatedAfter);
  const limit = wholeNumber(verb, "limit", options.limit, { initial: 20, min: 1, max: 100 });
  const offset = wholeNumber(verb, "offset", options.offset, { initial: 0, min: 0, max: maxOffset });
  const chosen = chooseSources(verb, context.sources, options.sources);
  assertOwner(verb, chosen, options);
  const filters: Readonly<Record<string, unknown>> = options.filters ?? {};
  assertFilters(verb, chosen, filters);
  assertPreferences(verb, chosen, options);
  const cursor = options.cursor === undefined ? undefined : context.cursors.decode(verb, options.cursor);
  if (cursor && offset > 0) {
    throw new SearchError(
      "INVALID_OPTION",
      `${verb}: cursor and offset exclude each other. Pass one of them.`,
    );
  }

  const call = { ...options, filters, sources: chosen, limit, offset, cursor };
  options.signal?.throwIfAborted();
  return withDatabaseErrors(`search.${verb}`, () =>
    withReadScope(context, options, async (db) => {
      const typed = await find(db, context, call, cursor?.correctedQuery ?? options.query);
      const suggestion = await correctionOf(db, context, call, typed);
      const corrected =
        suggestion !== undefined && typed.ranking.total === 0 && !cursor
          ? await find(db, context, call, suggestion)
          : undefined;
      const isCorrected = corrected !== undefined && corrected.ranking.total > 0;
      const correctedQuery = isCorrected ? suggestion : cursor?.correctedQuery;
      const found = isCorrected ? corrected : typed;
      const { ranking } = found;
      const results = pageOf(found);
      const { total, relaxed, complete, explanation, weighted } = ranking;
      return {
        results: results as ResultOf<S>[],
        total,
        executionTimeMs: performance.now() - startedAt,
        relaxed,
        droppedWords: relaxed ? wordsOf(ranking, ranking.rows[0]?.missing ?? []) : [],
        complete,
        nextCursor: nextCursor(context.cursors, { ...ranking, correctedQuery }, limit),
        facets: options.facets ? facetsOf<S>(ranking) : undefined,
        terms: options.explain ? weighted.map(({ text, weight }) => ({ text, weight })) : undefined,
        explanation,
        didYouMean: suggestion ?? cursor?.correctedQuery,
        correctedQuery,
        filters: found.filters,
      };
    }),
  );
}

interface Call<S extends Source> extends Omit<SearchOptions<S>, "sources" | "filters" | "cursor"> {
  readonly sources: readonly S[];
  readonly filters: Readonly<Record<string, unknown>>;
  readonly limit: number;
  readonly offset: number;
  readonly cursor: Cursor | undefined;
}

interface Found {
  readonly ranking: Ranking;
  readonly sources: readonly Source[];
  readonly filters: readonly QueryFilter[];
}

async function find<S extends Source>(
  db: Database,
  { installed }: SearchContext<S>,
  call: Call<S>,
  query: string,
): Promise<Found> {
  const { filters, ownerId, updatedAfter, boosts, recency, proximity, facets = false } = call;
  const { limit, offset, cursor, signal } = call;
  const read = readQuery(query, call.sources, { ownerId, filters, updatedAfter });
  const { parsed, scope } = read;
  const sources = read.sources.filter((source) => canFilter(source, scope));
  const ranking = await rank(db, {
    ...{ sources, scope, parsed, words: "all-first", facets, limit, offset, cursor, installed, signal },
    read: "snippet",
    isOwn: call.db === undefined,
    preferences: { boosts, recency, proximity },
  });
  return { ranking, sources, filters: read.filters };
}

/** Asked for where a word of the query finds nothing, on the first page. */
async function correctionOf<S extends Source>(
  db: Database,
  context: SearchContext<S>,
  { query, sources, ownerId, allOwners, signal, cursor }: Call<S>,
  { ranking }: Found,
): Promise<string | undefined> {
  const isUnknown = ranking.total === 0 ? ranking.explanation === undefined : ranking.unknown.length > 0;
  if (!isUnknown || cursor || sources.length === 0) return undefined;
  const names = sources.map(({ name }) => name);
  const { correction } = await didYouMean(context, { query, sources: names, ownerId, allOwners, signal, db });
  return correction;
}

const wordsOf = ({ weighted }: Ranking, ordinals: readonly number[]): string[] =>
  ordinals.flatMap((ordinal) => weighted[ordinal]?.text ?? []);

const facetsOf = <S extends Source>({ sources }: Ranking): NonNullable<SearchAnswer<S>["facets"]> =>
  Object.fromEntries(sources.flatMap(({ type, facets }) => (facets ? [[type, facets]] : []))) as NonNullable<
    SearchAnswer<S>["facets"]
  >;

/** A full page has a next one, if an empty one. */
function nextCursor(
  cursors: CursorCodec,
  { rows, sources, place, complete, correctedQuery }: Ranking & { correctedQuery: string | undefined },
  limit: number,
): string | undefined {
  const last = rows.at(-1);
  if (place === undefined || last === undefined || rows.length < limit) return undefined;
  const { type, id, score } = last;
  const lowest = (floorOf: (source: RankedSource) => string | null): Record<string, string> =>
    Object.fromEntries(
      sources.flatMap((source) => {
        const floor = floorOf(source);
        return floor === null ? [] : [[source.type, floor]];
      }),
    );
  return cursors.encode({
    ...place,
    correctedQuery,
    floors: complete ? {} : { ...lowest(({ floor }) => floor), ...place.floors },
    fillFloors: { ...lowest(({ fillFloor }) => fillFloor), ...place.fillFloors },
    after: { score, type, id },
  });
}

function pageOf({ sources, ranking }: Found): ResultOf<Source>[] {
  const { rows: ranked, terms, page } = ranking;
  return ranked.flatMap(({ type, id, score, missing }) => {
    const row = page.find((candidate) => candidate.type === type && candidate.id === id);
    const source = sources.find(({ name }) => name === type);
    if (!row || !source) return [];
    const { line, ...marked } = highlight(source, row, terms);
    const metadata = line === undefined ? row.metadata : { ...row.metadata, line };
    const { title, updatedAt } = row;
    const missingWords = wordsOf(ranking, missing);
    return [
      {
        type,
        id,
        title,
        ...marked,
        score,
        updatedAt,
        missingWords,
        metadata,
      } as unknown as ResultOf<Source>,
    ];
  });
}
