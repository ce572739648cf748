import { DatabaseError, isDatabaseError } from "../database-error.ts";
import { SchemaError } from "../errors.ts";
import { bundledMigrations } from "../migrations.generated.ts";
import { type ModuleName, moduleNames, withRequirements } from "../modules.ts";
import { type AppliedMigration, pendingOf, readLedger, withMigrationLock } from "./ledger.ts";
import { labelOf, type Migration } from "./migration.ts";
import { type MigrationSession, type MigrationTarget, openSession } from "./session.ts";

export interface MigrateOptions extends MigrationTarget {
  /** Modules to install, with what they require. Default: all. */
  modules?: readonly ModuleName[];
  /** How long to wait for another process that migrates, in ms. Default 60,000. */
  lockTimeoutMs?: number;
  /** Called before each migration. */
  onStep?: (step: { module: ModuleName; name: string; index: number; total: number }) => void;
}

/** A migration by name, as the results list it. */
export interface MigrationName {
  module: ModuleName;
  name: string;
}

/**
 * Brings a database to the newest schema of the modules; a second run changes nothing.
 *
 * Needs one direct session (not a pooler in transaction mode), whose login may create roles on the first run.
 * Any number of processes may call it at once: one applies, the others find it done. Each migration commits
 * with its ledger row.
 *
 * @returns the migrations that this call applied, in order
 * @throws {SchemaError} MIGRATION_LOCKED, MIGRATION_CHANGED, MIGRATION_OUT_OF_ORDER, MIGRATION_FAILED
 * @throws {DatabaseError} when the server cannot be reached
 *
 * @example
 * await migrate({ url: "postgres://migrator@localhost/shop", modules: ["search"] });
 */
export async function migrate({
  modules = moduleNames,
  lockTimeoutMs = 60_000,
  onStep,
  ...target
}: MigrateOptions): Promise<{ applied: MigrationName[] }> {
  const wanted = migrationsOf(modules);
  return withSession("migrate", target, (session) =>
    withMigrationLock(session, lockTimeoutMs, async () => {
      const pending = pendingOf(wanted, await readLedger(session));
      for (const [index, migration] of pending.entries()) {
        onStep?.({ module: migration.module, name: migration.name, index, total: pending.length });
        await runStep(
          session,
          migration,
          migration.up,
          "insert into devora.migrations (module, name, checksum) values ($1, $2, $3)",
          [migration.module, migration.name, migration.checksum],
        );
      }
      return { applied: pending.map(nameOf) };
    }),
  );
}

export interface RollbackOptions extends MigrationTarget {
  /** How many migrations to take back, newest first. */
  steps: number;
  /** How long to wait for another process that migrates, in ms. Default 60,000. */
  lockTimeoutMs?: number;
}

/**
 * Takes back the newest migrations by their down files. Their tables' rows are gone.
 * @returns the migrations taken back, in order
 * @throws {SchemaError} INVALID_OPTION, MIGRATION_UNKNOWN for a migration that this version does not know, MIGRATION_FAILED
 */
export async function rollback({
  steps,
  lockTimeoutMs = 60_000,
  ...target
}: RollbackOptions): Promise<{ rolledBack: MigrationName[] }> {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new SchemaError(
      "INVALID_OPTION",
      `rollback: steps must be a whole number from 1; received ${String(steps)}.`,
    );
  }
  return withSession("rollback", target, (session) =>
    withMigrationLock(session, lockTimeoutMs, async () => {
      const applied = await readLedger(session);
      const doomed = applied.slice(-steps).reverse().map(knownMigration);
      for (const migration of doomed) {
        await runStep(
          session,
          migration,
          migration.down,
          "delete from devora.migrations where module = $1 and name = $2",
          [migration.module, migration.name],
        );
      }
      return { rolledBack: doomed.map(nameOf) };
    }),
  );
}

export interface MigrationState {
  module: string;
  name: string;
  /** `changed`: applied, but the file differs now. `unknown`: applied by a version that had other files. */
  state: "applied" | "pending" | "changed" | "unknown";
  appliedAt: Date | undefined;
}

/** Every migration known to this version or to the database, with its state. */
export async function status({
  modules = moduleNames,
  ...target
}: MigrationTarget & { modules?: readonly ModuleName[] }): Promise<MigrationState[]> {
  const wanted = migrationsOf(modules);
  return withSession("status", target, async (session) => {
    const [ledger] = await session.rows("select to_regclass('devora.migrations')::text as name");
    const entries = ledger?.name == null ? [] : await readLedger(session);
    const applied = new Map(entries.map((entry) => [labelOf(entry), entry]));
    const known = wanted.map((migration): MigrationState => {
      const entry = applied.get(labelOf(migration));
      applied.delete(labelOf(migration));
      const state =
        entry === undefined ? "pending" : entry.checksum === migration.checksum ? "applied" : "changed";
      return { ...nameOf(migration), state, appliedAt: entry?.appliedAt };
    });
    const labels = new Set(bundledMigrations.map(labelOf));
    const rest = [...applied.values()].map(
      (entry): MigrationState => ({
        module: entry.module,
        name: entry.name,
        state: labels.has(labelOf(entry)) ? "applied" : "unknown",
        appliedAt: entry.appliedAt,
      }),
    );
    return [...known, ...rest];
  });
}

function migrationsOf(modules: readonly ModuleName[]): Migration[] {
  const unknown = modules.filter((module) => !moduleNames.includes(module));
  if (unknown.length > 0) {
    throw new SchemaError(
      "INVALID_OPTION",
      `modules: received ${unknown.join(", ")}; allowed are ${moduleNames.join(", ")}.`,
    );
  }
  const wanted = withRequirements(modules);
  return bundledMigrations.filter((migration) => wanted.includes(migration.module));
}

function knownMigration(entry: AppliedMigration): Migration {
  const migration = bundledMigrations.find((candidate) => labelOf(candidate) === labelOf(entry));
  if (migration) return migration;
  throw new SchemaError(
    "MIGRATION_UNKNOWN",
    `rollback: this version has no down file for ${labelOf(entry)}. Roll back with the version that applied it.`,
  );
}

const nameOf = ({ module, name }: Migration): MigrationName => ({ module, name });

async function withSession<T>(
  operation: string,
  target: MigrationTarget,
  fn: (session: MigrationSession) => Promise<T>,
): Promise<T> {
  try {
    const session = await openSession(target);
    try {
      return await fn(session);
    } finally {
      await session.release();
    }
  } catch (error) {
    if (error instanceof SchemaError || isDatabaseError(error)) throw error;
    throw new DatabaseError(operation, error);
  }
}

/** The SQL and its ledger entry commit together, or neither does. */
async function runStep(
  session: MigrationSession,
  migration: Migration,
  text: string,
  record: string,
  parameters: readonly string[],
): Promise<void> {
  try {
    await session.execute("begin; set local lock_timeout = '10s'");
    await session.execute(text);
    await session.rows(record, parameters);
    await session.execute("commit");
  } catch (error) {
    await session.execute("rollback").catch(() => {});
    const cause = new DatabaseError(`migration ${labelOf(migration)}`, error);
    const detail = error instanceof Error ? error.message : "";
    throw new SchemaError(
      "MIGRATION_FAILED",
      `${cause.message} ${detail} The database is as it was before this migration.`,
      {
        cause,
        retryable: cause.retryable,
      },
    );
  }
}
