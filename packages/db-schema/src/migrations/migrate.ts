import { bundledMigrations } from "../migrations.generated.ts";
import type { MigrationName } from "./migration.ts";
import type { MigrateOptions, PlanOptions, RollbackOptions } from "./options.ts";
import { migrateWith, type PlannedMigration, planRollbackWith, planWith, rollbackWith } from "./runner.ts";
import type { MigrationTarget } from "./session.ts";

/**
 * Brings a database to the newest schema of the modules; a second run changes nothing.
 *
 * Needs one direct session (not a pooler in transaction mode), whose login may create roles on the first run.
 * Any number of processes may call it at once: one applies, the others find it done. Each migration commits
 * with its ledger row; one outside a transaction is entered after it, and runs again after a crash in between.
 * A migration waits 2 s at most for a table that is in use, then lets others pass and tries again.
 *
 * @returns the migrations that this call applied, in order
 * @throws {SchemaError} MIGRATION_LOCKED, MIGRATION_BLOCKED (both retryable), MIGRATION_CHANGED,
 * MIGRATION_OUT_OF_ORDER, MIGRATION_FAILED, POOLED_CONNECTION, INVALID_OPTION
 * @throws {DatabaseError} when the server cannot be reached
 *
 * @example
 * await migrate({ url: "postgres://migrator@localhost/shop", modules: ["search"] });
 */
export const migrate = (options: MigrateOptions): Promise<{ applied: MigrationName[] }> =>
  migrateWith(bundledMigrations, options);

/**
 * Takes back the newest migrations by their down files. Their tables' rows are gone.
 * @returns the migrations taken back, in order
 * @throws {SchemaError} as {@link migrate}, and MIGRATION_UNKNOWN for a migration that this version does not know
 */
export const rollback = (options: RollbackOptions): Promise<{ rolledBack: MigrationName[] }> =>
  rollbackWith(bundledMigrations, options);

/**
 * What {@link migrate} would run now, in order. Changes nothing, not even the ledger, and takes no lock: a
 * process that migrates meanwhile makes it out of date.
 * @throws {SchemaError} INVALID_OPTION, MIGRATION_CHANGED, MIGRATION_OUT_OF_ORDER, as migrate would
 */
export const plan = (options: PlanOptions): Promise<PlannedMigration[]> =>
  planWith(bundledMigrations, options);

/**
 * What {@link rollback} would run now, in order. Changes nothing.
 * @throws {SchemaError} INVALID_OPTION, MIGRATION_UNKNOWN
 */
export const planRollback = (options: MigrationTarget & { steps: number }): Promise<PlannedMigration[]> =>
  planRollbackWith(bundledMigrations, options);
