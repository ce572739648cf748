import { SchemaError } from "../errors.ts";
import type { MigrationSession } from "./session.ts";

const attempts = 5;

/**
 * Refuses a pooler in transaction mode, behind which a lock of the session protects nothing.
 *
 * A pooler announces a process id of its own, so a direct connection is known at once. Behind a proxy each of two
 * connections must keep a backend of its own: a pooler in session mode lets it, one in transaction mode hands the
 * first's to the second, or changes it where others use the pool as well. A single connection that cannot have a
 * second is only seen to change.
 * @throws {SchemaError} POOLED_CONNECTION
 */
export async function assertDirect(session: MigrationSession): Promise<void> {
  const own = await backendPid(session);
  if (session.announcedPid === undefined || session.announcedPid === own) return;
  const other = await session.sibling?.();
  try {
    const ownPids = new Set([own]);
    const otherPids = new Set<number>();
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (other) otherPids.add(await backendInTransaction(other));
      ownPids.add(await backendPid(session));
    }
    if (ownPids.size > 1 || otherPids.size > 1 || otherPids.has(own)) throw pooledConnection();
  } finally {
    await other?.release();
  }
}

/** The refusal, also for the case that a transaction meets another backend than the one that has the lock. */
export const pooledConnection = (): SchemaError =>
  new SchemaError(
    "POOLED_CONNECTION",
    "The connection goes through a pooler in transaction mode, behind which the migration lock protects nothing. Connect to the server itself, or to a pooler in session mode.",
  );

async function backendPid(session: MigrationSession): Promise<number> {
  const [row] = await session.rows("select pg_backend_pid()::int as pid");
  return Number(row?.pid);
}

async function backendInTransaction(session: MigrationSession): Promise<number> {
  await session.execute("begin");
  const pid = await backendPid(session);
  await session.execute("commit");
  return pid;
}
