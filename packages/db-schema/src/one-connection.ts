import type { Database } from "./database.ts";

const lastTurns = new WeakMap<object, Promise<void>>();

/**
 * Runs `fn` after the others on the same single node-postgres connection; at once on anything else.
 *
 * Drizzle sends `begin` on a Client (or a client taken from a Pool) without waiting for its open transaction. Two
 * scopes at once would then be one transaction, and a user would read as another. Pools give each transaction a
 * connection, and PGlite queues them itself.
 */
export function inTurn<T>(db: Database, fn: () => Promise<T>): Promise<T> {
  const { $client: client } = db as { $client?: unknown };
  if (!isSingleConnection(client)) return fn();
  const turn = (lastTurns.get(client) ?? Promise.resolve()).then(fn);
  lastTurns.set(
    client,
    turn.then(
      () => {},
      () => {},
    ),
  );
  return turn;
}

/** A node-postgres Client: an object with `query` and `connect`, where a Pool also counts and PGlite also `exec`s. */
const isSingleConnection = (client: unknown): client is object =>
  typeof client === "object" &&
  client !== null &&
  "query" in client &&
  "connect" in client &&
  !("totalCount" in client) &&
  !("exec" in client);
