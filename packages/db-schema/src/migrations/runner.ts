import { DatabaseError, isDatabaseError } from "../database-error.ts";
import { isSchemaError, SchemaError } from "../errors.ts";
import { type ModuleName, moduleNames, withRequirements } from "../modules.ts";
import { assertDirect } from "./direct.ts";
import { ensureLedger, newestOf, pendingOf, readLedger } from "./ledger.ts";
import { withMigrationLock } from "./lock.ts";
import { type Direction, isTransactional, type Migration, type MigrationName, nameOf } from "./migration.ts";
import { openSession } from "./open-session.ts";
import type { MigrateOptions, MigrationRunOptions, PlanOptions, RollbackOptions } from "./options.ts";
import type { MigrationSession, MigrationTarget } from "./session.ts";
import { runStep } from "./step.ts";

/** A file that would run, in full. */
export interface PlannedMigration extends MigrationName {
  /** False: runs outside a transaction, and its ledger entry is written after it. */
  transactional: boolean;
  /** The text of the file, up or down. */
  sql: string;
}

/** {@link migrate} with a list of migrations of its own, in the order in which they apply. */
export async function migrateWith(
  migrations: readonly Migration[],
  { modules = moduleNames, ...options }: MigrateOptions,
): Promise<{ applied: MigrationName[] }> {
  const wanted = ofModules(migrations, modules);
  const applied = await runSteps("up", options, async (session) => {
    await ensureLedger(session);
    return pendingOf(wanted, await readLedger(session));
  });
  return { applied: applied.map(nameOf) };
}

/** {@link rollback} with a list of migrations of its own. */
export async function rollbackWith(
  migrations: readonly Migration[],
  { steps, ...options }: RollbackOptions,
): Promise<{ rolledBack: MigrationName[] }> {
  assertSteps(steps);
  const rolledBack = await runSteps("down", options, async (session) =>
    newestOf(migrations, await readLedger(session), steps),
  );
  return { rolledBack: rolledBack.map(nameOf) };
}

/** {@link plan} with a list of migrations of its own. */
export async function planWith(
  migrations: readonly Migration[],
  { modules = moduleNames, ...target }: PlanOptions,
): Promise<PlannedMigration[]> {
  const wanted = ofModules(migrations, modules);
  return withSession("plan", target, async (session) =>
    pendingOf(wanted, await readLedger(session)).map(plannedAs("up")),
  );
}

/** {@link planRollback} with a list of migrations of its own. */
export async function planRollbackWith(
  migrations: readonly Migration[],
  { steps, ...target }: MigrationTarget & { steps: number },
): Promise<PlannedMigration[]> {
  assertSteps(steps);
  return withSession("plan", target, async (session) =>
    newestOf(migrations, await readLedger(session), steps).map(plannedAs("down")),
  );
}

const plannedAs =
  (direction: Direction) =>
  (migration: Migration): PlannedMigration => ({
    ...nameOf(migration),
    transactional: isTransactional(migration[direction]),
    sql: migration[direction],
  });

/** Under the migration lock: the files that `select` chooses, one after another. */
async function runSteps(
  direction: Direction,
  { lockTimeoutMs = 60_000, onStep, onRetry, ...target }: MigrationRunOptions,
  select: (session: MigrationSession) => Promise<Migration[]>,
): Promise<Migration[]> {
  assertTimeout(lockTimeoutMs);
  return withSession(direction === "up" ? "migrate" : "rollback", target, async (session) => {
    await assertDirect(session);
    return withMigrationLock(session, lockTimeoutMs, async (backendPid) => {
      const chosen = await select(session);
      for (const [index, migration] of chosen.entries()) {
        onStep?.({ ...nameOf(migration), index, total: chosen.length });
        await runStep(session, { migration, direction, lockTimeoutMs, backendPid, onRetry });
      }
      return chosen;
    });
  });
}

/** The migrations of the modules and of what they require. */
export function ofModules(migrations: readonly Migration[], modules: readonly ModuleName[]): Migration[] {
  const unknown = modules.filter((module) => !moduleNames.includes(module));
  if (unknown.length > 0) {
    throw new SchemaError(
      "INVALID_OPTION",
      `modules: received ${unknown.join(", ")}; allowed are ${moduleNames.join(", ")}.`,
    );
  }
  const wanted = withRequirements(modules);
  return migrations.filter((migration) => wanted.includes(migration.module));
}

function assertSteps(steps: number): void {
  if (Number.isInteger(steps) && steps >= 1) return;
  throw new SchemaError(
    "INVALID_OPTION",
    `rollback: steps must be a whole number from 1; received ${String(steps)}.`,
  );
}

function assertTimeout(lockTimeoutMs: number): void {
  if (lockTimeoutMs >= 0 && lockTimeoutMs <= 2 ** 31 - 1) return;
  throw new SchemaError(
    "INVALID_OPTION",
    `migrate: lockTimeoutMs must be a number of milliseconds from 0 to ${2 ** 31 - 1}; received ${String(lockTimeoutMs)}.`,
  );
}

/** Opens a session, gives it back, and lets no driver's error out. */
export async function withSession<T>(
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
    if (isSchemaError(error) || isDatabaseError(error)) throw error;
    throw new DatabaseError(operation, error);
  }
}
