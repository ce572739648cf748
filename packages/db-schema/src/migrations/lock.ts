import { setTimeout as sleep } from "node:timers/promises";
import { SchemaError } from "../errors.ts";
import type { MigrationSession } from "./session.ts";
import { withSettings } from "./settings.ts";

// Any two processes that migrate one database use this key.
const lockKey = "hashtextextended('devora.migrations', 0)";

// An advisory lock is granted again to the session that has it: two calls on one connection would both get it.
const tryLock = `
select case
  when exists (
    select from pg_locks
    where locktype = 'advisory' and pid = pg_backend_pid() and objsubid = 1
      and database = (select oid from pg_database where datname = current_database())
      and ((classid::bigint << 32) | objid::bigint) = ${lockKey}
  ) then false
  else pg_try_advisory_lock(${lockKey})
end as locked, pg_backend_pid()::int as pid`;

/**
 * Runs `fn` while holding the migration lock of the database; `fn` gets the process id of the backend that has it.
 * Polls rather than waits in the server: a waiting session would deadlock with `create index concurrently`.
 * @throws {SchemaError} MIGRATION_LOCKED after `lockTimeoutMs`
 */
export async function withMigrationLock<T>(
  session: MigrationSession,
  lockTimeoutMs: number,
  fn: (backendPid: number) => Promise<T>,
): Promise<T> {
  const backendPid = await acquire(session, lockTimeoutMs);
  try {
    return await withSettings(session, { client_min_messages: "warning" }, () => fn(backendPid));
  } finally {
    // A session that broke gives the lock back by its end; its error is the one to tell.
    await session.execute(`select pg_advisory_unlock(${lockKey})`).catch(() => {});
  }
}

async function acquire(session: MigrationSession, lockTimeoutMs: number): Promise<number> {
  const deadline = Date.now() + lockTimeoutMs;
  for (;;) {
    const [row] = await session.rows(tryLock);
    if (row?.locked === true) return Number(row.pid);
    if (Date.now() >= deadline) {
      throw new SchemaError(
        "MIGRATION_LOCKED",
        `migrate: another process has held the migration lock for ${lockTimeoutMs} ms. Wait for it, or look for a session with an advisory lock in pg_locks.`,
        { retryable: true },
      );
    }
    await sleep(50 + Math.random() * 100);
  }
}
