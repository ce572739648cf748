import { withDatabaseErrors, withReadScope } from "@devora/db-schema";
import type { SQL } from "drizzle-orm";
import { noPassages, rankedPassagesQuery } from "./queries/passages.ts";
import { rankingStatement } from "./rank.ts";
import { type RetrieveContext, type RetrieveOptions, retrieveCall } from "./retrieve.ts";

/** The best passages as SQL, for a statement of the caller's. */
export interface Candidates {
  /**
   * A select of `id` (of the passages' own type), `source`, `entity_id`, `title`, `text` (text), `start_offset`,
   * `end_offset` (int), `score` (0 to 1, float8), `updated_at` (timestamptz) and `complete`: at most `limit` rows, best
   * first. `complete` is the same in each: false when more rows matched than were ranked. Put it into a CTE or into
   * `from (…)`; it has no alias.
   */
  sql: SQL;
  /** Of an answer without rows, which cannot say it: true, for nothing matched. */
  complete: boolean;
}

/**
 * The SQL of a retrieval: its last statement, which ranks the passages and reads them. What decides how it ranks is read
 * now, so run it soon, in a transaction of the same scope.
 *
 * @returns undefined where a retrieval takes more than one statement: without `passages`, which it cuts from rows, and
 *   where their source has identifiers or a BM25 index
 */
export async function candidates(
  context: RetrieveContext,
  options: RetrieveOptions,
): Promise<Candidates | undefined> {
  const verb = "candidates";
  const { scope, ranking } = retrieveCall(verb, context, options);
  const { passages } = context;
  if (passages === undefined || passages.rows.identifierVector || passages.rows.bm25Index) return undefined;
  options.signal?.throwIfAborted();
  return withDatabaseErrors(`search.${verb}`, () =>
    withReadScope(context, options, async (db) => {
      const { ranking: rows, complete } = await rankingStatement(db, ranking);
      const sql = rows ? rankedPassagesQuery(passages, scope, { ranking: rows, complete }) : noPassages;
      return { sql, complete: true };
    }),
  );
}
