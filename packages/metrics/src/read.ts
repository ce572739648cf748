import {
  type Database,
  type Row,
  rowsOf,
  withDatabaseErrors,
  withReadScope,
  withTransaction,
} from "@devora/db-schema";
import type { SQL } from "drizzle-orm";
import type { MetricsCall, MetricsSettings } from "./options.ts";

/** Runs one statement in the call's transaction. */
export type Read = (query: SQL) => Promise<Row[]>;

/**
 * Runs `fn` in one read-only, repeatable-read transaction of the service, so that all statements of a call see
 * the same rows; or on the call's own `db`, as it is.
 *
 * @throws {DatabaseError}; the signal's reason when it is aborted
 */
export async function withSnapshot<T>(
  verb: string,
  { db, serviceRole }: MetricsSettings,
  call: MetricsCall,
  fn: (read: Read) => Promise<T>,
): Promise<T> {
  const { signal } = call;
  signal?.throwIfAborted();
  const readOn = (tx: Database) =>
    fn(async (query) => {
      signal?.throwIfAborted();
      return rowsOf(tx, query);
    });
  return withDatabaseErrors(`metrics.${verb}`, () => {
    if (call.db !== undefined) return readOn(call.db);
    // The isolation level must be set before the scope's first statement, so the transaction is opened here.
    return withTransaction(db, (tx) => withReadScope({ db: tx, serviceRole }, { allOwners: true }, readOn), {
      isolationLevel: "repeatable read",
      accessMode: "read only",
    });
  });
}
