import { type Database, rowsOf, withDatabaseErrors, withReadScope } from "@devora/db-schema";
import { highlight } from "./highlight.ts";
import {
  assertDate,
  assertFilters,
  assertOwner,
  assertText,
  type CallOptions,
  chooseSources,
  maxOffset,
  type ScopeRoles,
  wholeNumber,
} from "./options.ts";
import { decodePage, pageQuery } from "./queries/page.ts";
import { canFilter, type Scope } from "./queries/scope.ts";
import { type QueryFilter, readQuery } from "./query-fields.ts";
import { type Explanation, type Ranking, rank } from "./rank.ts";
import type { FiltersOf, ResultOf } from "./result.ts";
import type { Source } from "./source.ts";

export interface SearchOptions<S extends Source> extends CallOptions {
  /**
   * Words, `"phrases"`, `prefix*`, `this or that`, `-exclusions`, and conditions: `type:`, `lang:`, `after:`, `before:`
   * and the sources' filters. Any string will do; its first 2,000 characters are read.
   */
  query: string;
  /** Names of the sources to search. Default: all. */
  sources?: readonly S["name"][] | undefined;
  /** Rows of the page, 1 to 100. Default 20. */
  limit?: number | undefined;
  /** Rows before the page, 0 to 5,000. Default 0. */
  offset?: number | undefined;
  /** Equal to a value, or to one of a list. Sources that do not have a filter are left out. */
  filters?: FiltersOf<S> | undefined;
  /** Rows that changed at this time or later. Sources without `updatedAt` are left out. */
  updatedAfter?: Date | undefined;
}

export interface SearchAnswer<S extends Source> {
  /** Best first; ties by source name, then by id, the greater first. */
  results: ResultOf<S>[];
  /** Rows that match, on all pages. */
  total: number;
  executionTimeMs: number;
  /** True when few rows have all words, so that rows with some of them follow. */
  relaxed: boolean;
  /** False when more rows matched than were ranked. */
  complete: boolean;
  /** Why nothing was found, where the query itself is the reason. */
  explanation: Explanation | undefined;
  /** The conditions that the query named, such as `type:files`, and which of them could not be understood. */
  filters: readonly QueryFilter[];
}

export interface SearchContext<S extends Source> extends ScopeRoles {
  readonly db: Database;
  readonly sources: readonly S[];
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

  const { query, signal, ownerId, updatedAfter } = options;
  const read = readQuery(query, chosen, { ownerId, filters, updatedAfter });
  const { parsed, scope } = read;
  const sources = read.sources.filter((source) => canFilter(source, scope));
  signal?.throwIfAborted();
  return withDatabaseErrors(`search.${verb}`, () =>
    withReadScope(context, options, async (db) => {
      const ranking = await rank(db, { sources, scope, parsed, words: "all-first", limit, offset, signal });
      signal?.throwIfAborted();
      const results = await readPage(db, sources, scope, ranking);
      const { total, relaxed, complete, explanation } = ranking;
      return {
        results,
        total,
        executionTimeMs: performance.now() - startedAt,
        relaxed,
        complete,
        explanation,
        filters: read.filters,
      };
    }),
  );
}

async function readPage<S extends Source>(
  db: Database,
  sources: readonly S[],
  scope: Scope,
  { rows: ranked, terms, weighted }: Ranking,
): Promise<ResultOf<S>[]> {
  const pages = sources
    .map((source) => ({
      source,
      ids: ranked.filter(({ type }) => type === source.name).map(({ id }) => id),
    }))
    .filter(({ ids }) => ids.length > 0);
  if (pages.length === 0) return [];
  const rows = decodePage(await rowsOf(db, pageQuery(pages, scope, terms, weighted)));
  return ranked.flatMap(({ type, id, score }) => {
    const row = rows.find((candidate) => candidate.type === type && candidate.id === id);
    const source = sources.find(({ name }) => name === type);
    // Gone since it was ranked.
    if (!row || !source) return [];
    const { line, ...marked } = highlight(source, row, terms);
    const metadata = line === undefined ? row.metadata : { ...row.metadata, line };
    const { title, updatedAt } = row;
    return [{ type, id, title, ...marked, score, updatedAt, metadata } as ResultOf<S>];
  });
}
