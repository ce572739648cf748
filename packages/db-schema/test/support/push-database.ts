import type { Database, MigrationTarget } from "@devora/db-schema";
import {
  createEmptyDatabase,
  createTestDatabase,
  hasServer,
  installedModules,
  openEmptyEmbedded,
  type TestDatabase,
} from "@devora/testing";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";

type Modules = ReturnType<typeof installedModules>;

/** Options that say where: by URL on a server, by client on PGlite. */
export const targetOf = ({
  client,
  url,
}: Pick<TestDatabase, "client" | "url">): MigrationTarget & { modules: Modules } => ({
  ...(url === undefined ? { client } : { url }),
  modules: installedModules(),
});

/** Runs with a migrated database of its own. */
export async function withDatabase<T>(fn: (database: TestDatabase) => Promise<T>): Promise<T> {
  const database = await createTestDatabase();
  try {
    return await fn(database);
  } finally {
    await database.close();
  }
}

/** Runs with a database that holds nothing. */
export async function withEmptyDatabase<T>(fn: (database: TestDatabase) => Promise<T>): Promise<T> {
  const database = hasServer() ? await emptyOnServer() : await emptyEmbedded();
  try {
    return await fn(database);
  } finally {
    await database.close();
  }
}

async function emptyOnServer(): Promise<TestDatabase> {
  const { url, drop } = await createEmptyDatabase();
  const client = postgres(url, { max: 2, onnotice: () => {} });
  const close = async () => {
    await client.end();
    await drop();
  };
  return { db: drizzle({ client }) as unknown as Database, client, url, close };
}

async function emptyEmbedded(): Promise<TestDatabase> {
  const { db, client, close } = await openEmptyEmbedded();
  return { db, client, url: undefined, close };
}
