import type { Row } from "../database.ts";

/** One direct connection, on which a lock can be held. */
export interface MigrationSession {
  /** Runs SQL text of one or many statements. */
  execute(text: string): Promise<void>;
  rows(text: string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** Backend's process id as the other end announced it; a pooler announces one of its own. Undefined without a wire. */
  readonly announcedPid: number | undefined;
  /** Another connection to the same address; undefined where there can be no second. */
  readonly sibling: (() => Promise<MigrationSession>) | undefined;
  /** Gives back what was taken: closes a connection that was opened here, releases one of a pool. */
  release(): Promise<void>;
}

/** Where to migrate: exactly one of the two. */
export interface MigrationTarget {
  /** Connection URL of a direct connection, not of a pooler in transaction mode. Needs the package `postgres`. */
  url?: string;
  /** A postgres.js client, a node-postgres Client or Pool, or a PGlite instance. It stays open. */
  client?: unknown;
}
