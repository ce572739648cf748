import { SchemaError } from "../errors.ts";
import { type Direction, labelOf, type Migration } from "./migration.ts";
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
create table devora.migrations (
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

/** Makes the ledger where it is absent. Only under the migration lock. */
export async function ensureLedger(session: MigrationSession): Promise<void> {
  if (!(await hasLedger(session))) await session.execute(createLedger);
}

async function hasLedger(session: MigrationSession): Promise<boolean> {
  const [ledger] = await session.rows("select to_regclass('devora.migrations') is not null as present");
  return ledger?.present === true;
}

/** What the database has, in the order in which it was applied. Changes nothing: without a ledger it has none. */
export async function readLedger(session: MigrationSession): Promise<AppliedMigration[]> {
  if (!(await hasLedger(session))) return [];
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

/** Enters a migration into the ledger, or strikes it out. */
export async function recordStep(
  session: MigrationSession,
  { module, name, checksum }: Migration,
  direction: Direction,
): Promise<void> {
  if (direction === "down") {
    await session.rows("delete from devora.migrations where module = $1 and name = $2", [module, name]);
  } else {
    await session.rows("insert into devora.migrations (module, name, checksum) values ($1, $2, $3)", [
      module,
      name,
      checksum,
    ]);
  }
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

/**
 * The newest migrations of the database, newest first, with their down files.
 * @throws {SchemaError} MIGRATION_UNKNOWN for one that is not among `known`
 */
export function newestOf(
  known: readonly Migration[],
  applied: readonly AppliedMigration[],
  steps: number,
): Migration[] {
  return applied
    .slice(-steps)
    .reverse()
    .map((entry) => {
      const migration = known.find((candidate) => labelOf(candidate) === labelOf(entry));
      if (migration) return migration;
      throw new SchemaError(
        "MIGRATION_UNKNOWN",
        `rollback: this version has no down file for ${labelOf(entry)}. Roll back with the version that applied it.`,
      );
    });
}
