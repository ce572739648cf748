import type { Row } from "../database.ts";
import { SchemaError } from "../errors.ts";

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

/**
 * A session on the target.
 * @throws {SchemaError} INVALID_OPTION without exactly one of url and client, UNSUPPORTED_CLIENT
 */
export async function openSession({ url, client }: MigrationTarget): Promise<MigrationSession> {
  if ((url === undefined) === (client === undefined)) {
    throw new SchemaError(
      "INVALID_OPTION",
      `migrate: pass either url or client; received ${url === undefined ? "neither." : "both."}`,
    );
  }
  if (url !== undefined) return openUrl(url);
  if (isPglite(client)) return pgliteSession(client);
  if (isPostgresJs(client)) return postgresJsSession(client, async () => {});
  if (isNodePostgres(client)) return nodePostgresSession(client);
  throw new SchemaError(
    "UNSUPPORTED_CLIENT",
    `migrate: client must be a postgres.js client, a node-postgres Client or Pool, or a PGlite instance; received ${typeof client}. With Drizzle pass db.$client.`,
  );
}

async function openUrl(url: string): Promise<MigrationSession> {
  const { default: postgres } = await import("postgres");
  const client = postgres(url, { max: 2, onnotice: () => {}, connect_timeout: 10 });
  try {
    return await postgresJsSession(client as unknown as PostgresJs, () => client.end({ timeout: 5 }));
  } catch (error) {
    await client.end({ timeout: 1 });
    throw error;
  }
}

type PostgresJsRows = Row[] & { state?: { pid: number | null } };
interface PostgresJsQuery extends Promise<PostgresJsRows> {
  simple(): PostgresJsQuery;
}
interface PostgresJsConnection {
  unsafe(text: string, parameters?: readonly unknown[]): PostgresJsQuery;
  release(): void;
}
interface PostgresJs {
  reserve(): Promise<PostgresJsConnection>;
  options: { max: number };
}
const isPostgresJs = (client: unknown): client is PostgresJs =>
  typeof client === "function" && "reserve" in client;

async function postgresJsSession(client: PostgresJs, close: () => Promise<void>): Promise<MigrationSession> {
  const connection = await client.reserve();
  const { state } = await connection.unsafe("select");
  return {
    execute: async (text) => void (await connection.unsafe(text).simple()),
    rows: async (text, parameters = []) => [...(await connection.unsafe(text, parameters))],
    announcedPid: state?.pid ?? undefined,
    sibling: client.options.max > 1 ? () => postgresJsSession(client, async () => {}) : undefined,
    release: async () => {
      connection.release();
      await close();
    },
  };
}

interface NodePostgresClient {
  query(text: string, parameters?: readonly unknown[]): Promise<{ rows: Row[] }>;
  /** Absent with native bindings. */
  processID?: number | null;
  release?(): void;
  on(event: "error", listener: () => void): unknown;
  off(event: "error", listener: () => void): unknown;
}
type NodePostgres = NodePostgresClient & {
  connect(): Promise<unknown>;
  totalCount?: number;
  options?: { max?: number };
};
const isNodePostgres = (client: unknown): client is NodePostgres =>
  typeof client === "object" && client !== null && "query" in client && "connect" in client;

async function nodePostgresSession(client: NodePostgres): Promise<MigrationSession> {
  const pooled = client.totalCount !== undefined;
  const connection = pooled ? ((await client.connect()) as NodePostgresClient) : client;
  // A lost connection rejects the query; without a listener it would end the process as well.
  const ignore = () => {};
  connection.on("error", ignore);
  return {
    execute: async (text) => void (await connection.query(text)),
    rows: async (text, parameters = []) => (await connection.query(text, parameters)).rows,
    announcedPid: connection.processID ?? undefined,
    sibling: pooled && (client.options?.max ?? 1) > 1 ? () => nodePostgresSession(client) : undefined,
    release: async () => {
      connection.off("error", ignore);
      if (pooled) connection.release?.();
    },
  };
}

interface Pglite {
  exec(text: string): Promise<unknown>;
  query(text: string, parameters?: readonly unknown[]): Promise<{ rows: Row[] }>;
}
const isPglite = (client: unknown): client is Pglite =>
  typeof client === "object" && client !== null && "exec" in client && "query" in client;

const pgliteSession = (client: Pglite): MigrationSession => ({
  execute: async (text) => void (await client.exec(text)),
  rows: async (text, parameters = []) => (await client.query(text, [...parameters])).rows,
  announcedPid: undefined,
  sibling: undefined,
  release: async () => {},
});
