import { setImmediate } from "node:timers/promises";
import { type SQL, sql } from "drizzle-orm";
import { type Database, rowsOf } from "../database.ts";
import { withService } from "../scope.ts";
import type { SeedSettings } from "./options.ts";
import type { Part } from "./parts.ts";
import { insertEventsQuery, insertQuery, seedTables } from "./tables.ts";

/** Writes the rows of a part, batch by batch, each in a transaction of its own. Answers their number. */
export async function fill(
  db: Database,
  { table, total, rows }: Part,
  { signal, onProgress }: SeedSettings,
): Promise<number> {
  const target = seedTables[table];
  let done = 0;
  for (const batch of batchesOf(rows, target.batch)) {
    // The embedded database answers without a turn of the event loop, and Ctrl-C comes by one.
    await setImmediate();
    signal?.throwIfAborted();
    await withService(db, (tx) =>
      tx.execute(table === "analyticsEvents" ? insertEventsQuery(batch) : insertQuery(target, batch)),
    );
    done += batch.length;
    onProgress({ table: target.name, done, total });
  }
  return done;
}

function* batchesOf(rows: Iterable<object>, size: number): Generator<object[]> {
  let batch: object[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/**
 * Refreshes the planner's statistics of the tables that the login owns: the embedded database has no autovacuum
 * to do so, and a server's comes a minute later. Other tables are left alone, as PostgreSQL would only warn.
 */
export async function analyzeTables(db: Database): Promise<void> {
  const names = Object.values(seedTables).map(({ schema, name }) => `${schema}.${name}`);
  const owned = await rowsOf(
    db,
    sql`
      select n.nspname as schema, c.relname as name
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname || '.' || c.relname = any(${sql.param(names)}::text[])
        and pg_has_role(c.relowner, 'usage')
      order by 1, 2`,
  );
  if (owned.length === 0) return;
  const tables: SQL[] = owned.map(
    (row) => sql`${sql.identifier(String(row.schema))}.${sql.identifier(String(row.name))}`,
  );
  await db.execute(sql`analyze ${sql.join(tables, sql`, `)}`);
}
