import type { Row } from "../database.ts";
import type { MigrationSession } from "./session.ts";

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

export const isPostgresJs = (client: unknown): client is PostgresJs =>
  typeof client === "function" && "reserve" in client;

/** A session on a connection of its own, which ends with it. */
export async function urlSession(url: string): Promise<MigrationSession> {
  const { default: postgres } = await import("postgres");
  let closed = false;
  const client = postgres(url, {
    max: 2,
    onnotice: () => {},
    connect_timeout: 10,
    onclose: () => {
      closed = true;
    },
  });
  try {
    const session = await postgresJsSession(client as unknown as PostgresJs, () => closed);
    const release = async () => {
      await session.release();
      // A client that lost a connection under a statement waits for its answer for ever.
      await client.end({ timeout: closed ? 0 : 5 });
    };
    return { ...session, release };
  } catch (error) {
    await client.end({ timeout: 1 });
    throw error;
  }
}

/**
 * A reserved connection. Once it is lost nothing more is sent: postgres.js 3.4 would write to a socket that is no
 * more, which throws outside any promise, and never answer.
 */
export async function postgresJsSession(
  client: PostgresJs,
  isClosed: () => boolean = () => false,
): Promise<MigrationSession> {
  const connection = await client.reserve();
  let loss: unknown;
  const send = async (query: () => PostgresJsQuery): Promise<PostgresJsRows> => {
    if (loss === undefined && isClosed()) loss = connectionClosed();
    if (loss !== undefined) throw loss;
    try {
      return await query();
    } catch (error) {
      if (endsConnection(error)) loss = error;
      throw error;
    }
  };
  const { state } = await send(() => connection.unsafe("select"));
  return {
    execute: async (text) => void (await send(() => connection.unsafe(text).simple())),
    rows: async (text, parameters = []) => [...(await send(() => connection.unsafe(text, parameters)))],
    announcedPid: state?.pid ?? undefined,
    sibling: client.options.max > 1 ? () => postgresJsSession(client, isClosed) : undefined,
    release: async () => {
      // A lost connection goes back by itself when it closes; released it would be handed out as an open one.
      if (loss === undefined) connection.release();
    },
  };
}

const connectionClosed = (): Error =>
  Object.assign(new Error("The connection was closed."), { code: "CONNECTION_CLOSED" });

/** The server's farewell, or an error of the socket: those have no five-character SQLSTATE. */
const endsConnection = (error: unknown): boolean =>
  (error as { severity?: unknown } | null)?.severity === "FATAL" || codeOf(error)?.length !== 5;

const codeOf = (error: unknown): string | undefined => {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
};
