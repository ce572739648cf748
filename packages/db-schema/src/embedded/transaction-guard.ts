import { AsyncLocalStorage } from "node:async_hooks";
import type { PGlite, Transaction } from "@electric-sql/pglite";
import { SchemaError } from "../errors.ts";

export interface TransactionGuard {
  /** @throws {SchemaError} OUTSIDE_TRANSACTION inside a transaction of this database */
  assertOutside(): void;
  /** Runs SQL text and answers the last statement's rows; undefined, without running it, while someone has begun a transaction by hand. */
  execWhenIdle(text: string): Promise<Record<string, unknown>[] | undefined>;
}

const transactionOpen = new Error("A transaction is open.");

/**
 * Refuses calls on the client itself from within one of its transactions. There is one connection, which the
 * transaction has until it ends: such a call would wait for the transaction, and the transaction for it.
 *
 * What runs within is told by the asynchronous context, so other callers queue as ever, and work that was started
 * within but comes due after the end passes.
 */
export function guardTransactions(client: PGlite): TransactionGuard {
  const current = new AsyncLocalStorage<{ open: boolean }>();
  const idleOnly = new AsyncLocalStorage<true>();
  const assertOutside = (): void => {
    if (current.getStore()?.open) throw outsideTransaction();
  };

  const transaction = client.transaction.bind(client);
  client.transaction = <T>(callback: (tx: Transaction) => Promise<T>): Promise<T> =>
    transaction(async (tx) => {
      const own = { open: true };
      try {
        return await current.run(own, () => callback(tx));
      } finally {
        own.open = false;
      }
    });

  // Every call but those of a transaction comes through here.
  const runExclusive = client._runExclusiveTransaction.bind(client);
  client._runExclusiveTransaction = async <T>(fn: () => Promise<T>): Promise<T> => {
    assertOutside();
    return runExclusive(async () => {
      if (idleOnly.getStore() && client.isInTransaction()) throw transactionOpen;
      return fn();
    });
  };

  const close = client.close.bind(client);
  client.close = async () => {
    assertOutside();
    await close();
  };

  const execWhenIdle = async (text: string) => {
    try {
      const results = await idleOnly.run(true, () => client.exec(text));
      return (results.at(-1)?.rows ?? []) as Record<string, unknown>[];
    } catch (error) {
      if (error === transactionOpen) return undefined;
      throw error;
    }
  };
  return { assertOutside, execWhenIdle };
}

const outsideTransaction = (): SchemaError =>
  new SchemaError(
    "OUTSIDE_TRANSACTION",
    "The embedded database has one connection, and a transaction has it: a call on the outer db or client from within would wait for ever. Call the tx that the callback was given; for work that is not part of the transaction, wait until it ended.",
  );
