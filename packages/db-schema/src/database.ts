import type { SQL } from "drizzle-orm";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";

/**
 * Any Drizzle Postgres database or transaction: postgres.js, node-postgres, PGlite and the others.
 * Kept in this file alone, because Drizzle 1.0 renames the class.
 */
// biome-ignore lint/suspicious/noExplicitAny: the schema generics of the host's database are of no concern here
export type Database = PgDatabase<PgQueryResultHKT, any, any>;

/** A raw row: what the driver made of it. Decode before use, because drivers differ on int8, arrays and bytea. */
export type Row = Record<string, unknown>;

/**
 * Runs a statement and answers its rows, whichever driver is behind `db`
 * (postgres.js answers an array, node-postgres and PGlite an object with `rows`).
 *
 * @example
 * const [row] = await rowsOf(db, sql`select count(*)::int as count from users`);
 */
export async function rowsOf<T extends Row = Row>(db: Database, query: SQL): Promise<T[]> {
  const result: unknown = await db.execute(query);
  return (Array.isArray(result) ? [...result] : (result as { rows: T[] }).rows) as T[];
}
