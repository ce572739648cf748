import { type Database, rowsOf, withDatabaseErrors } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { chooseScan } from "./choose-scan.ts";
import type { Context } from "./context.ts";
import { EmbeddingsError, shapeOf } from "./errors.ts";
import { candidatesQuery, noCandidates } from "./queries/candidates.ts";
import type { NearParams } from "./queries/near-passages.ts";
import { setScanSettingsQuery } from "./queries/scan-settings.ts";
import type { Scope } from "./queries/scope.ts";
import { inScope, type SearchOptions, searchScopesOf } from "./read-scopes.ts";
import { assertLimit, queryVector } from "./search-passages.ts";
import type { AnyFilters } from "./sources/filters-of.ts";
import { iterativeScan } from "./with-iterative-scan.ts";

export interface CandidatesOptions<TName extends string = string, TFilters = AnyFilters>
  extends SearchOptions<TFilters> {
  /** The question, as text or as a vector of the embedder's dimensions. A blank text has no candidates. */
  query: string | readonly number[];
  /** Most candidates, 1 to 1000. Default 50. */
  limit?: number | undefined;
  /** Names of sources. Default: all. */
  entityTypes?: readonly TName[] | undefined;
}

/** The nearest passages as SQL, for a statement of the caller's. */
export interface Candidates {
  /**
   * A select of `id` (of the passage, uuid), `source`, `entity_id`, `title`, `text` (text), `start_offset`, `end_offset`
   * (int), `score` (cosine similarity, 0 to 1, float8), `updated_at`, `complete` and `distance` (cosine, float8): at
   * most `limit` rows, nearest first. Live rows in scope alone. `complete` is the same in each: false where an index
   * gave up before it had found enough. Put it into a CTE or into `from (…)`; it has no alias.
   */
  sql: SQL;
  /** To be executed before it in the same transaction: lets index scans go on until enough rows pass. */
  settings: SQL;
  /** Of an answer without rows, which cannot say it: whether nothing was missed. */
  complete: boolean;
}

/**
 * The SQL of a retrieval. How it scans is chosen now, by what is stored now; run it soon, in a transaction of the same
 * scope: as the owner's user or as the service. It fetches once, so that an index that gave up may leave fewer than
 * `limit`, where `retrieve` would look on.
 *
 * @returns undefined where one statement cannot see all that `retrieve` finds: `db` is in a user's scope, which hides
 *   the rows of sources without an owner
 */
export async function candidates(
  context: Context,
  options: CandidatesOptions,
): Promise<Candidates | undefined> {
  const { query, limit = 50, ef, signal } = options;
  assertLimit(limit);
  const scopes = searchScopesOf(context, options.entityTypes, options);
  const vector =
    typeof query === "string" ? await queryVector(context, query, signal) : ownVector(context, query);
  const settings = setScanSettingsQuery(iterativeScan(ef));
  if (vector === undefined) return { sql: noCandidates, settings, complete: true };
  return withDatabaseErrors("embeddings.candidates", async () => {
    if (await isHidden(scopes, options)) return undefined;
    const parts: NearParams[] = [];
    for (const scope of scopes) {
      signal?.throwIfAborted();
      const plan = await inScope(context, scope, options, (tx: Database) =>
        chooseScan(tx, context, scope, { signal }),
      );
      if (plan !== undefined) parts.push({ ...scope, ...plan, vector, candidates: limit });
    }
    return {
      sql: parts.length === 0 ? noCandidates : candidatesQuery(parts, limit),
      settings,
      complete: parts.every(({ scan }) => scan === "all" || scan === "rows"),
    };
  });
}

/** Whether rows that nobody owns are asked for in the scope of a user, who does not see them. */
async function isHidden(scopes: readonly Scope[], { db, ownerId }: CandidatesOptions): Promise<boolean> {
  if (db === undefined || ownerId === undefined || scopes.every(({ owner }) => owner !== "none"))
    return false;
  const [row] = await rowsOf(
    db,
    sql`select coalesce(current_setting('app.user_id', true), '') <> '' as scoped`,
  );
  return row?.scoped === true;
}

function ownVector({ embedder: { dimensions } }: Context, vector: unknown): readonly number[] {
  if (
    Array.isArray(vector) &&
    vector.length === dimensions &&
    vector.every((value) => Number.isFinite(value)) &&
    vector.some((value) => value !== 0)
  ) {
    return vector;
  }
  throw new EmbeddingsError(
    "INVALID_INPUT",
    `query must be a text, or a vector of ${dimensions} finite numbers that are not all 0; received ${shapeOf(vector)}.`,
  );
}
