import { randomBytes } from "node:crypto";
import type { Database, MigrationTarget } from "@devora/db-schema";
import { openEmbedded } from "@devora/db-schema/embedded";
import { dropDatabase, runOnce } from "@devora/testing/scratch-server";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";

/** An empty database of the suite's own. */
export interface ScratchDatabase {
  db: Database;
  target: MigrationTarget;
  /** Undefined for the embedded database. */
  url: string | undefined;
  /** Closes the connections and drops it. */
  close(): Promise<void>;
}

/** A new database on the server of DATABASE_URL, or embedded in memory. */
export async function openScratchDatabase(): Promise<ScratchDatabase> {
  const server = process.env.DATABASE_URL;
  if (!server) {
    const { db, client, close } = await openEmbedded();
    return { db, target: { client }, url: undefined, close };
  }
  const name = `devora_bench_${randomBytes(6).toString("hex")}`;
  await runOnce(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const client = postgres(url.href, { max: 2, onnotice: () => {} });
  return {
    db: drizzle({ client }) as unknown as Database,
    target: { url: url.href },
    url: url.href,
    close: async () => {
      await client.end();
      await dropDatabase(server, name);
    },
  };
}
