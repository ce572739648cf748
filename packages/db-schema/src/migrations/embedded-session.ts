import type { Row } from "../database.ts";
import type { MigrationSession } from "./session.ts";

interface Pglite {
  exec(text: string): Promise<unknown>;
  query(text: string, parameters?: readonly unknown[]): Promise<{ rows: Row[] }>;
}

export const isPglite = (client: unknown): client is Pglite =>
  typeof client === "object" && client !== null && "exec" in client && "query" in client;

export const pgliteSession = (client: Pglite): MigrationSession => ({
  execute: async (text) => void (await client.exec(text)),
  rows: async (text, parameters = []) => (await client.query(text, [...parameters])).rows,
  announcedPid: undefined,
  sibling: undefined,
  release: async () => {},
});
