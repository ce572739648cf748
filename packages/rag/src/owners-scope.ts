import { type Database, withReadScope, withTransaction } from "@devora/db-schema";
import type { RetrieverCall } from "./ports.ts";
import type { ResolvedOptions } from "./resolve-options.ts";

/**
 * Runs `read` in a read-only transaction of the owner. On the caller's `db` instead: in a transaction or savepoint that
 * is rolled back, so that settings made in it, and a statement that failed, leave no trace in the caller's.
 */
export function inOwnersScope<T>(
  { db, ownerId }: Pick<RetrieverCall, "db" | "ownerId">,
  { db: ownDb, role }: Pick<ResolvedOptions, "db" | "role">,
  read: (tx: Database) => Promise<T>,
): Promise<T> {
  if (db !== undefined) return rolledBack(db, read);
  if (ownDb === undefined) throw new TypeError("There is no database to read.");
  return withReadScope({ db: ownDb, role }, { ownerId }, read);
}

/** Thrown to roll back. */
class Result<T> {
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }
}

async function rolledBack<T>(db: Database, read: (tx: Database) => Promise<T>): Promise<T> {
  try {
    return await withTransaction(db, async (tx) => {
      throw new Result(await read(tx));
    });
  } catch (thrown) {
    if (thrown instanceof Result) return thrown.value as T;
    throw thrown;
  }
}
