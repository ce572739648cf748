import { setTimeout as sleep } from "node:timers/promises";
import { isSchemaError } from "../errors.ts";
import type { ModuleName } from "../modules.ts";
import { pooledConnection } from "./direct.ts";
import { codeOf, migrationBlocked, migrationFailure } from "./failure.ts";
import { dropInvalidIndexes } from "./invalid-indexes.ts";
import { recordStep } from "./ledger.ts";
import { type Direction, isTransactional, type Migration, nameOf } from "./migration.ts";
import type { MigrationSession } from "./session.ts";
import { withSettings } from "./settings.ts";

/** A migration that found a table in use and will be tried again. */
export interface MigrationRetry {
  module: ModuleName;
  name: string;
  /** Attempts so far, from 1. */
  attempt: number;
  /** `55P03`: a lock was not free in time; `40P01`: a deadlock. */
  sqlState: string;
}

/** One file to run, and how long it may try to get its locks. */
export interface Step {
  migration: Migration;
  direction: Direction;
  lockTimeoutMs: number;
  /** The backend that has the migration lock. */
  backendPid: number;
  onRetry: ((retry: MigrationRetry) => void) | undefined;
}

/**
 * Whoever asks for a strong lock and waits makes everybody behind wait too, readers included: so the wait is
 * short, and the pause after it lets them pass.
 */
const longestWaitMs = 2_000;
const contended = new Set(["55P03", "40P01"]);

/**
 * Runs a file and enters it into the ledger, again and again while its tables are in use.
 * @throws {SchemaError} MIGRATION_BLOCKED after `lockTimeoutMs`, MIGRATION_FAILED, POOLED_CONNECTION
 */
export async function runStep(session: MigrationSession, step: Step): Promise<void> {
  const { migration, direction, lockTimeoutMs, onRetry } = step;
  const run = isTransactional(migration[direction]) ? inTransaction : outsideTransaction;
  const deadline = Date.now() + lockTimeoutMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await run(session, step, deadline - Date.now());
    } catch (error) {
      if (isSchemaError(error)) throw error;
      const sqlState = codeOf(error) ?? "";
      if (!contended.has(sqlState)) throw migrationFailure(migration, direction, error);
      if (Date.now() >= deadline) throw migrationBlocked(migration, lockTimeoutMs, error);
      onRetry?.({ ...nameOf(migration), attempt, sqlState });
      await sleep(Math.min(250 + Math.random() * 750, deadline - Date.now()));
    }
  }
}

/** The SQL and its ledger entry commit together, or neither does. */
async function inTransaction(session: MigrationSession, step: Step, leftMs: number): Promise<void> {
  try {
    await session.execute("begin");
    const [row] = await session.rows(
      "select set_config('lock_timeout', $1, true), pg_backend_pid()::int as pid",
      [milliseconds(Math.min(leftMs, longestWaitMs))],
    );
    if (Number(row?.pid) !== step.backendPid) throw pooledConnection();
    await session.execute(step.migration[step.direction]);
    await recordStep(session, step.migration, step.direction);
    await session.execute("commit");
  } catch (error) {
    await session.execute("rollback").catch(() => {});
    throw error;
  }
}

/**
 * The statement commits by itself, then the ledger entry: after a crash in between it runs again.
 * Concurrent statements ask for locks that no reader or writer waits behind, so they may wait long, and must:
 * an index build waits for every transaction older than itself, and would start from nothing.
 */
async function outsideTransaction(session: MigrationSession, step: Step, leftMs: number): Promise<void> {
  const text = step.migration[step.direction];
  await withSettings(session, { lock_timeout: milliseconds(leftMs) }, async () => {
    await dropInvalidIndexes(session, text);
    await session.execute(text);
    await recordStep(session, step.migration, step.direction);
  });
}

/** For `lock_timeout`, where 0 would mean for ever. */
const milliseconds = (ms: number): string => `${Math.max(1, Math.round(ms))}ms`;
