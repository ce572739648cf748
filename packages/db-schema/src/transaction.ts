import { is, sql } from "drizzle-orm";
import { PgTransaction } from "drizzle-orm/pg-core";
import type { Database } from "./database.ts";
import { driverFactsOf } from "./driver-facts.ts";
import { inTurn } from "./one-connection.ts";

/** What `db.transaction` takes beside the function; ignored inside a transaction. */
export type TransactionConfig = Parameters<Database["transaction"]>[1];

/** The part of postgres.js's client of one transaction that Drizzle uses. */
interface TransactionClient {
  unsafe(...args: unknown[]): Promise<unknown>;
  savepoint(fn: (client: TransactionClient) => Promise<unknown>): Promise<unknown>;
}

const never = <T>(): Promise<T> => new Promise<T>(() => {});

/**
 * `db.transaction(run, config)` without the drivers' faults: what {@link withUser} and {@link withService} open.
 *
 * On postgres.js a lost connection ends this transaction instead of the process, and the commit holds behind a
 * PgBouncer that keeps no prepared statements; on a single node-postgres connection transactions run in turn
 * (docs/drivers.md). Inside a transaction it is a savepoint.
 *
 * @returns what `run` answers, after the commit; what `run` throws rolls back and is thrown
 *
 * @example
 * await withTransaction(db, (tx) => transfer(tx, from, to), { isolationLevel: "serializable" });
 */
export function withTransaction<T>(
  db: Database,
  run: (tx: Database) => Promise<T>,
  config?: TransactionConfig,
): Promise<T> {
  const writes = config?.accessMode !== "read only";
  return is(db, PgTransaction)
    ? db.transaction(run)
    : inTurn(db, () => openTransaction(db, run, { config, writes }));
}

/**
 * The same for `run` that makes it read only with its first statement, unless it is inside a transaction: with
 * `config`, postgres.js takes a round trip more.
 */
export function withReadTransaction<T>(db: Database, run: (tx: Database) => Promise<T>): Promise<T> {
  return is(db, PgTransaction)
    ? db.transaction(run)
    : inTurn(db, () => openTransaction(db, run, { writes: false }));
}

/**
 * Opens a transaction on postgres.js that commits for certain, and that sends nothing more once its connection is
 * lost; on other drivers as usual.
 *
 * postgres.js 3.4 rejects the transaction at once, but then still writes what follows in it, its own `rollback`
 * among them, to the socket that is gone: a TypeError outside any promise ends the process, and what it kept in its
 * buffer blocks that connection of the pool for good (docs/drivers.md). Here the rest of the transaction waits for
 * ever instead, and is collected as garbage.
 */
function openTransaction<T>(
  db: Database,
  run: (tx: Database) => Promise<T>,
  { config, writes }: { config?: TransactionConfig; writes: boolean },
): Promise<T> {
  const connection = { lost: false };
  const outcome = db.transaction((tx) => {
    const session = sessionOf(tx);
    if (!session) return run(tx);
    session.client = guarded(session.client, connection);
    return unlessLost(connection, async () => {
      const result = await run(tx);
      if (writes && preparesCommit(db)) await tx.execute(sql`commit and chain`);
      return result;
    });
  }, config);
  outcome.catch(() => {
    connection.lost = true;
  });
  return outcome;
}

/**
 * Does postgres.js send its own `commit` as a named prepared statement? Behind a PgBouncer that keeps no account of
 * those, another server connection does not know the name: the transaction fails, the repeated `commit` rolls it
 * back, and postgres.js reports success. A nameless one before it commits for certain, and leaves it nothing to lose.
 */
function preparesCommit(db: Database): boolean {
  const { $client: client } = db as { $client?: { options?: { prepare?: unknown } } };
  return client?.options?.prepare !== false;
}

/** Drizzle's session of a transaction on postgres.js; undefined on other drivers. */
function sessionOf(tx: Database): { client: TransactionClient } | undefined {
  const { session } = tx as unknown as { session?: { client?: unknown } };
  const { client } = session ?? {};
  const isPostgresJs = typeof client === "function" && "unsafe" in client && "savepoint" in client;
  return isPostgresJs ? (session as { client: TransactionClient }) : undefined;
}

function guarded(client: TransactionClient, connection: { lost: boolean }): TransactionClient {
  const unsafe: TransactionClient["unsafe"] = (...args) => {
    if (connection.lost) return Object.assign(never(), { values: never, execute: never });
    const query = client.unsafe(...args);
    query.catch((error) => {
      if (isLoss(error)) connection.lost = true;
    });
    return query;
  };
  const savepoint: TransactionClient["savepoint"] = (fn) =>
    connection.lost
      ? never()
      : client.savepoint((inner) => unlessLost(connection, () => fn(guarded(inner, connection))));
  const replaced: Record<PropertyKey, unknown> = { unsafe, savepoint };
  return new Proxy(client, { get: (target, key) => replaced[key] ?? Reflect.get(target, key) });
}

/** Settles with `fn`, so that postgres.js sends commit or rollback; not when there is nobody to send it to. */
async function unlessLost<T>(connection: { lost: boolean }, fn: () => Promise<T>): Promise<T> {
  try {
    const result = await fn();
    return connection.lost ? never() : result;
  } catch (error) {
    if (connection.lost) return never();
    throw error;
  }
}

/** FATAL is the server's last word on a connection, such as 57P01 when it stops. */
const isLoss = (error: unknown): boolean =>
  driverFactsOf(error)?.connection !== undefined ||
  (error as { severity?: unknown } | null)?.severity === "FATAL";
