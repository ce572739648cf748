import { SchemaError } from "../errors.ts";
import type { MigrationSession } from "./session.ts";

const attempts = 3;

/**
 * Refuses a pooler in transaction mode, behind which a lock of the session protects nothing.
 *
 * A pooler announces a process id of its own, so a direct connection is known at once. Behind a proxy a second
 * connection opens a transaction: if it lands on the backend of the first, the two share backends. A pooler in
 * session mode never does that and passes. Proves nothing on a single connection that cannot have a second.
 * @throws {SchemaError} POOLED_CONNECTION
 */
export async function assertDirect(session: MigrationSession): Promise<void> {
  if (session.announcedPid === undefined || session.announcedPid === (await backendPid(session))) return;
  const other = await session.sibling?.();
  if (!other) return;
  try {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const own = await backendPid(session);
      await other.execute("begin");
      const pid = await backendPid(other);
      await other.execute("commit");
      if (pid === own) throw pooledConnection();
    }
  } finally {
    await other.release();
  }
}

/** The refusal, also for the case that a transaction meets another backend than the one that has the lock. */
export const pooledConnection = (): SchemaError =>
  new SchemaError(
    "POOLED_CONNECTION",
    "migrate: the connection goes through a pooler in transaction mode, behind which the migration lock protects nothing. Connect to the server itself, or to a pooler in session mode.",
  );

async function backendPid(session: MigrationSession): Promise<number> {
  const [row] = await session.rows("select pg_backend_pid()::int as pid");
  return Number(row?.pid);
}
