import type { Row } from "../database.ts";
import type { MigrationSession } from "./session.ts";

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

export const isNodePostgres = (client: unknown): client is NodePostgres =>
  typeof client === "object" && client !== null && "query" in client && "connect" in client;

export async function nodePostgresSession(client: NodePostgres): Promise<MigrationSession> {
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
