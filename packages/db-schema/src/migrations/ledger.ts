import { setTimeout as sleep } from "node:timers/promises";
import { SchemaError } from "../errors.ts";
import { labelOf, type Migration } from "./migration.ts";
import type { MigrationSession } from "./session.ts";

/** A migration that a database says it has. */
export interface AppliedMigration {
  module: string;
  name: string;
  checksum: string;
  appliedAt: Date;
}

const createLedger = `
create schema if not exists devora;
create table if not exists devora.migrations (
  module text not null,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default clock_timestamp(),
  constraint migrations_pkey primary key (module, name)
);
comment on table devora.migrations is 'Migrations applied to this database.';
comment on column devora.migrations.module is 'The part of the schema that it belongs to.';
comment on column devora.migrations.name is 'Its file''s name; files of a module apply in this order.';
comment on column devora.migrations.checksum is 'SHA-256 of its file in hexadecimal: an edited file is refused.';
comment on column devora.migrations.applied_at is 'When it was applied.';
`;
// Any two processes that migrate one database use this key.
const lockKey = "hashtextextended('devora.migrations', 0)";

/**
 * Runs `fn` while holding the migration lock of the database.
 * Polls rather than waits in the server: a waiting session would deadlock with `create index concurrently`.
 * @throws {SchemaError} MIGRATION_LOCKED after `lockTimeoutMs`
 */
export async function withMigrationLock<T>(
  session: MigrationSession,
  lockTimeoutMs: number,
  fn: () => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + lockTimeoutMs;
  while (!(await tryLock(session))) {
    if (Date.now() >= deadline) {
      throw new SchemaError(
        "MIGRATION_LOCKED",
        `migrate: another process has held the migration lock for ${lockTimeoutMs} ms. Wait for it, or look for a session with an advisory lock in pg_locks.`,
        { retryable: true },
      );
    }
    await sleep(50 + Math.random() * 100);
  }
  try {
    await session.execute("set client_min_messages = warning");
    return await fn();
  } finally {
    // A session that broke gives the lock back by its end; its error is the one to tell.
    await session.execute(`reset client_min_messages; select pg_advisory_unlock(${lockKey})`).catch(() => {});
  }
}

async function tryLock(session: MigrationSession): Promise<boolean> {
  const [row] = await session.rows(`select pg_try_advisory_lock(${lockKey}) as locked`);
  return row?.locked === true;
}

/** What the database has, in the order in which it was applied. Makes the ledger when it is absent. */
export async function readLedger(session: MigrationSession): Promise<AppliedMigration[]> {
  await session.execute(createLedger);
  const rows = await session.rows(
    "select module, name, checksum, (extract(epoch from applied_at) * 1000)::float8 as applied_ms from devora.migrations order by applied_at, name",
  );
  return rows.map((row) => ({
    module: String(row.module),
    name: String(row.name),
    checksum: String(row.checksum),
    appliedAt: new Date(Number(row.applied_ms)),
  }));
}

/**
 * The migrations that are still to apply.
 * @throws {SchemaError} MIGRATION_CHANGED when an applied file was edited since, MIGRATION_OUT_OF_ORDER when a
 * file sorts before one that is applied already
 */
export function pendingOf(wanted: readonly Migration[], applied: readonly AppliedMigration[]): Migration[] {
  const byLabel = new Map(applied.map((entry) => [labelOf(entry), entry]));
  const lastName = new Map<string, string>();
  for (const { module, name } of applied) {
    if (name > (lastName.get(module) ?? "")) lastName.set(module, name);
  }
  return wanted.filter((migration) => {
    const entry = byLabel.get(labelOf(migration));
    if (entry) {
      if (entry.checksum === migration.checksum) return false;
      throw new SchemaError(
        "MIGRATION_CHANGED",
        `migrate: ${labelOf(migration)} was edited after this database applied it (checksum ${entry.checksum.slice(0, 12)}, now ${migration.checksum.slice(0, 12)}). Restore the file and put the change into a new migration.`,
      );
    }
    const last = lastName.get(migration.module);
    if (last !== undefined && migration.name < last) {
      throw new SchemaError(
        "MIGRATION_OUT_OF_ORDER",
        `migrate: ${labelOf(migration)} sorts before ${migration.module}/${last}, which this database has already. Give the new migration a later number.`,
      );
    }
    return true;
  });
}
