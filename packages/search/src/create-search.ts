import type { Database } from "@devora/db-schema";
import { type Candidates, candidates } from "./candidates.ts";
import { createCursorCodec } from "./cursor.ts";
import {
  type DeleteQueriesAnswer,
  type DeleteQueriesOptions,
  deleteQueriesBefore,
} from "./delete-queries.ts";
import { devoraSources, type PassageSource } from "./devora-sources.ts";
import { type DidYouMean, type DidYouMeanOptions, didYouMean } from "./did-you-mean.ts";
import { getSuggestions, type SuggestionOptions, type Suggestions } from "./get-suggestions.ts";
import { createInstallationLookup } from "./installed.ts";
import type { KernelOptions } from "./kernels.ts";
import { assertSources, type ScopeRoles } from "./options.ts";
import type { QueryReport } from "./queries/query-report.ts";
import { createQueryLog, type LogOptions } from "./query-log.ts";
import { type QueryReportOptions, reportQueries } from "./query-report.ts";
import { type RefreshAnswer, type RefreshOptions, refreshStatistics } from "./refresh-statistics.ts";
import { type RetrieveAnswer, type RetrieveOptions, retrieve } from "./retrieve.ts";
import { type SearchAnswer, type SearchOptions, search } from "./search.ts";
import { type SynonymOptions, setSynonyms } from "./set-synonyms.ts";
import type { Source } from "./source.ts";

export interface CreateSearchOptions<S extends Source> extends ScopeRoles {
  /** Any Drizzle Postgres database. Stays yours: never closed here. */
  db: Database;
  /** What can be searched. Default {@link devoraSources}. */
  sources?: readonly S[] | undefined;
  /** Passages already cut, for `retrieve`. Default: cut from the rows of `sources` on each call. */
  passages?: PassageSource | undefined;
  /**
   * Signs cursors; the same in all processes that answer pages of one search, at least 16 characters. Default: random,
   * so that cursors hold within this process.
   */
  cursorSecret?: string | undefined;
  /** As passed to {@link installSearch}. */
  kernels?: KernelOptions | undefined;
  /** Keeps queries for statistics. Default `{ mode: "off" }`; needs module `search` otherwise. */
  log?: LogOptions | undefined;
}

/** One verb for each source: `books` -> `searchBooks`. */
export type SourceVerbs<S extends Source> = {
  readonly [One in S as `search${Capitalize<One["name"]>}`]: (
    options: Omit<SearchOptions<One>, "sources">,
  ) => Promise<SearchAnswer<One>>;
};

export type Search<S extends Source> = SourceVerbs<S> & {
  /**
   * Finds rows in some or all sources, ranked together.
   * @throws {SearchError} OWNER_REQUIRED, UNKNOWN_SOURCE, INVALID_OPTION
   * @throws {DatabaseError}
   */
  search(options: SearchOptions<S>): Promise<SearchAnswer<S>>;
  /** Finds rows in all sources. */
  searchAll(options: Omit<SearchOptions<S>, "sources">): Promise<SearchAnswer<S>>;
  /** Completes what a person began to type: own past queries, titles of rows, words. */
  getSuggestions(options: SuggestionOptions<S>): Promise<Suggestions<S>>;
  /** Corrects words that no row has. Needs module `search`, and `refreshStatistics` by a worker. */
  didYouMean(options: DidYouMeanOptions<S>): Promise<DidYouMean>;
  /** Passages of text for a question, for an LLM's prompt. */
  retrieve(options: RetrieveOptions): Promise<RetrieveAnswer>;
  /**
   * The same passages as SQL, to join in a statement of your own; see {@link Candidates}. Undefined without `passages`.
   * @throws {SearchError} OWNER_REQUIRED, INVALID_OPTION
   * @throws {DatabaseError}
   * @example
   * const found = await search.candidates({ query: "payment by card", ownerId: user.id, db: tx });
   * if (found) await tx.execute(sql`select found.entity_id, found.score from (${found.sql}) as found`);
   */
  candidates(options: RetrieveOptions): Promise<Candidates | undefined>;
  /**
   * Keeps what a query for a word finds as well (module `search`): for all owners, so for administrators.
   * @throws {SearchError} UNKNOWN_SOURCE, INVALID_OPTION
   * @throws {DatabaseError}
   */
  setSynonyms(options: SynonymOptions<S>): Promise<void>;
  /** Counts the rows written since the last call, for ranking, corrections and suggestions; for a worker. */
  refreshStatistics(options?: RefreshOptions): Promise<RefreshAnswer>;
  /**
   * Slow, popular and fruitless queries of the log: for administrators. Queries not written yet are not in it: `flush`.
   * @throws {SearchError} INVALID_OPTION
   * @throws {DatabaseError}
   * @example
   * const { withoutResults } = await search.reportQueries({ from: new Date("2026-11-01") });
   * // [{ query: "lighthose", searches: 12, owners: 7, withoutResults: 12, … }]
   */
  reportQueries(options: QueryReportOptions): Promise<QueryReport>;
  /**
   * Deletes the queries of the log made before a time, in batches; for a worker.
   * @throws {SearchError} INVALID_OPTION
   * @throws {DatabaseError}
   * @example
   * const { deleted } = await search.deleteQueriesBefore(new Date(Date.now() - 90 * 86_400_000));
   */
  deleteQueriesBefore(date: Date, options?: DeleteQueriesOptions): Promise<DeleteQueriesAnswer>;
  /** Writes the queries that the log still holds; never rejects. */
  flush(): Promise<void>;
  /** Flushes the log and ends it; searches go on to work, unlogged. The database stays open. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/**
 * Search over your tables, in your database.
 *
 * @throws {SearchError} INVALID_OPTION
 *
 * @example
 * const search = createSearch({ db });
 * const { results } = await search.searchAll({ query: "react authentication", ownerId: user.id });
 */
export function createSearch<const S extends Source = (typeof devoraSources)[number]>(
  options: CreateSearchOptions<S>,
): Search<S> {
  // Without `sources`, S is its default.
  const sources = (options.sources ?? devoraSources) as readonly S[];
  assertSources(sources);
  const { db, role, serviceRole, passages } = options;
  const installed = createInstallationLookup(
    passages ? [...sources, passages.rows] : sources,
    options.kernels,
  );
  const context = {
    db,
    role,
    serviceRole,
    sources,
    installed,
    cursors: createCursorCodec(options.cursorSecret),
  };
  const log = createQueryLog({ db, serviceRole, ...options.log });

  const run = async (verb: string, call: SearchOptions<S>): Promise<SearchAnswer<S>> => {
    const answer = await search(verb, context, call);
    // A further page is no query of its own.
    if (call.cursor === undefined) log.add(call, call.sources ?? sources.map(({ name }) => name), answer);
    return answer;
  };
  const verbs = sources.map(({ name }) => {
    const verb = `search${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    return [verb, (call: SearchOptions<S>) => run(verb, { ...call, sources: [name] })] as const;
  });
  const close = () => log.close();
  return {
    ...(Object.fromEntries(verbs) as unknown as SourceVerbs<S>),
    search: (call) => run("search", call),
    searchAll: (call) => run("searchAll", { ...call, sources: undefined }),
    getSuggestions: (call) => getSuggestions(context, call),
    didYouMean: (call) => didYouMean(context, call),
    retrieve: (call) => retrieve({ ...context, passages }, call),
    candidates: (call) => candidates({ ...context, passages }, call),
    setSynonyms: (call) => setSynonyms(context, call),
    refreshStatistics: (call) => refreshStatistics(context, call),
    reportQueries: (call) => reportQueries(context, call),
    deleteQueriesBefore: (date, call) => deleteQueriesBefore(context, date, call),
    flush: () => log.flush(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
