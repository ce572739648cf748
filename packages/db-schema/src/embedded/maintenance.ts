import { toDatabaseError } from "../database-error.ts";
import { decodeDueTable, dueTablesQuery, treatmentOf } from "./due-tables.ts";
import type { TransactionGuard } from "./transaction-guard.ts";

/** What one run of the maintenance did. */
export interface MaintenanceReport {
  /** Tables that were due, in the order in which they were treated; names quoted, with their schema. */
  tables: { name: string; vacuumed: boolean; analyzed: boolean }[];
  checkpointed: boolean;
  /** Statements that failed; what came after them was done all the same. */
  failures: { statement: string; error: unknown }[];
  /** True when a transaction that was begun by hand, or the closing of the database, cut the run short. */
  interrupted: boolean;
  durationMs: number;
}

export interface Maintenance {
  run(): Promise<MaintenanceReport>;
  /** Stops the schedule and lets the statement that runs end. */
  stop(): Promise<void>;
}

export interface MaintenanceOptions {
  /** 0: no schedule. */
  everyMs: number;
  onRun: ((report: MaintenanceReport) => void) | undefined;
}

/** Written since the last checkpoint: as much is read again after a crash, and kept on disk until the next one. */
const checkpointAfterBytes = 16 * 1024 * 1024;

/**
 * What a server's autovacuum and checkpointer do, which PGlite has not. Each table is a statement of its own, and
 * other callers get their turn in between.
 */
export function createMaintenance(
  guard: TransactionGuard,
  { everyMs, onRun }: MaintenanceOptions,
): Maintenance {
  let running: Promise<MaintenanceReport> | undefined;
  let stopped = false;

  const run = async (): Promise<MaintenanceReport> => {
    // Before joining a run that waits for the caller's own transaction.
    guard.assertOutside();
    running ??= maintain(guard, () => stopped).finally(() => {
      running = undefined;
    });
    return running;
  };
  const runScheduled = () =>
    run().then(
      (report) => onRun?.(report),
      // A database that does not even answer is found so by the next caller.
      () => {},
    );
  const timer = everyMs > 0 ? setInterval(runScheduled, everyMs).unref() : undefined;
  return {
    run,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await running?.catch(() => {});
    },
  };
}

async function maintain(guard: TransactionGuard, isStopped: () => boolean): Promise<MaintenanceReport> {
  const start = performance.now();
  const report: MaintenanceReport = {
    tables: [],
    checkpointed: false,
    failures: [],
    interrupted: false,
    durationMs: 0,
  };
  /** Its rows; undefined when it failed or may not run now. */
  const execute = async (statement: string) => {
    if (report.interrupted) return undefined;
    try {
      const rows = isStopped() ? undefined : await guard.execWhenIdle(statement);
      report.interrupted = rows === undefined;
      return rows;
    } catch (error) {
      report.failures.push({ statement, error: toDatabaseError("embedded.maintain", error) });
      return undefined;
    }
  };

  // The counts reach the statistics a second late otherwise.
  await execute("select pg_stat_force_next_flush()");
  for (const table of ((await execute(dueTablesQuery)) ?? []).map(decodeDueTable)) {
    const results = [];
    for (const statement of treatmentOf(table)) results.push(await execute(statement));
    if (results[0]) report.tables.push({ name: table.name, vacuumed: table.vacuum, analyzed: table.analyze });
  }
  const [wal] = (await execute(writtenQuery)) ?? [];
  if (wal !== undefined && Number(wal.bytes) >= checkpointAfterBytes) {
    report.checkpointed = (await execute("checkpoint")) !== undefined;
  }
  report.durationMs = performance.now() - start;
  return report;
}

const writtenQuery =
  "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::float8 as bytes from pg_control_checkpoint()";
