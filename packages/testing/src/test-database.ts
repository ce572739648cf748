import { rmSync } from "node:fs";
import { type Database, type ModuleName, newId } from "@devora/db-schema";
import { openEmbedded } from "@devora/db-schema/embedded";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { afterAll, beforeAll, inject } from "vitest";
import type { TestTemplate } from "./global-setup.ts";
import { dropDatabase, runOnce } from "./scratch-server.ts";
import { databaseUrl } from "./template-database.ts";
import { copyFolder } from "./template-folder.ts";

export interface TestDatabase {
  /** Migrated ({@link installedModules}), no rows. */
  db: Database;
  /** The driver's client, for what Drizzle does not do: PGlite, or postgres.js on a server. */
  client: unknown;
  /** URL of the database, or undefined on PGlite. */
  url: string | undefined;
  close(): Promise<void>;
}

/** The modules that test databases have: all, or all but embeddings on a server without pgvector. */
export const installedModules = (): readonly ModuleName[] => inject("testTemplate").modules;

/** An own, migrated database: a copied PGlite folder, or a clone on the server of DATABASE_URL. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const template = inject("testTemplate");
  return template.kind === "folder" ? copyOfFolder(template.folder) : cloneOnServer(template);
}

/**
 * Gives a test file a database of its own for as long as it runs.
 *
 * @example
 * const database = useTestDatabase();
 * test("…", async () => { await database.db.select().from(users); });
 */
export function useTestDatabase(): TestDatabase {
  let opened: TestDatabase | undefined;
  const current = (): TestDatabase => {
    if (!opened) throw new Error("useTestDatabase: the database is open within tests and hooks alone.");
    return opened;
  };
  beforeAll(async () => {
    opened = await createTestDatabase();
  });
  afterAll(async () => opened?.close());
  return {
    get db() {
      return current().db;
    },
    get client() {
      return current().client;
    },
    get url() {
      return current().url;
    },
    close: () => current().close(),
  };
}

async function copyOfFolder(folder: string): Promise<TestDatabase> {
  const dataDir = copyFolder(folder);
  const embedded = await openEmbedded({ dataDir });
  return {
    db: embedded.db,
    client: embedded.client,
    url: undefined,
    close: async () => {
      await embedded.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function cloneOnServer({
  url,
  name,
}: Extract<TestTemplate, { kind: "database" }>): Promise<TestDatabase> {
  const clone = `devora_test_${newId().replaceAll("-", "")}`;
  await runOnce(url, `create database ${clone} template ${name}`);
  const client = postgres(databaseUrl(url, clone), { max: 4, onnotice: () => {} });
  return {
    db: drizzle({ client }) as unknown as Database,
    client,
    url: databaseUrl(url, clone),
    close: async () => {
      await client.end();
      await dropDatabase(url, clone);
    },
  };
}
