import { createHash } from "node:crypto";
import { type Database, rowsOf, searchQueries, withDatabaseErrors, withService } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import { wholeNumber } from "../validate.ts";

/** Which logged queries are read. */
export interface LoggedQuestionsOptions {
  /** From when on. Default: all that is kept. */
  readonly since?: Date | undefined;
  /** Most questions, 1 to 10,000. Default 100. */
  readonly limit?: number | undefined;
  /** Of this owner alone. Default: of all. */
  readonly ownerId?: string | undefined;
}

/** A query that people typed. */
export interface LoggedQuestion {
  /** The same for the same query of the same owner, whenever it is read. */
  readonly id: string;
  readonly query: string;
  /** Who asked it; absent for searches over all owners. */
  readonly ownerId?: string;
  /** How often it was asked. */
  readonly count: number;
}

/**
 * The most frequent queries of the search log, to be judged with `judgementSheet`: those that `@devora/search` kept
 * with `log: { mode: "full" }`. The same words of two owners are two questions, because other rows answer them.
 *
 * Reads as the service what users typed: for operators, never for a user's request.
 * @returns by descending frequency, ties by id
 * @throws {RagError} INVALID_OPTION; a `DatabaseError` without module `search`
 */
export async function loggedQuestions(
  db: Database,
  { since, limit, ownerId }: LoggedQuestionsOptions = {},
): Promise<LoggedQuestion[]> {
  const most = wholeNumber("loggedQuestions.limit", limit ?? 100, 1, 10_000);
  const rows = await withDatabaseErrors("rag.loggedQuestions", () =>
    withService(
      db,
      (tx) =>
        rowsOf(
          tx,
          sql`select max(query) as query, query_hash, owner_id, count(*)::int as asked
            from ${searchQueries}
            where query is not null and query ~ '\\S'
              and (${since?.toISOString() ?? null}::timestamptz is null or occurred_at >= ${since?.toISOString() ?? null}::timestamptz)
              and (${ownerId ?? null}::text is null or owner_id = ${ownerId ?? null}::text)
            group by query_hash, owner_id
            order by asked desc, query_hash, owner_id nulls first
            limit ${most}::int`,
        ),
      { readOnly: true },
    ),
  );
  return rows.map((row) => ({
    id: idOf(String(row.query_hash), row.owner_id),
    query: String(row.query),
    ...(row.owner_id === null ? {} : { ownerId: String(row.owner_id) }),
    count: Number(row.asked),
  }));
}

const idOf = (queryHash: string, ownerId: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify([queryHash, ownerId]))
    .digest("hex")
    .slice(0, 16);
