import { type Database, migrate, newId } from "@devora/db-schema";
import { openEmbedded } from "@devora/db-schema/embedded";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";

export interface ScratchDatabase extends AsyncDisposable {
  db: Database;
}

/** A database with module `search`, for as long as the program runs: on the server of DATABASE_URL, or in memory. */
export async function openScratchDatabase(): Promise<ScratchDatabase> {
  const url = process.env.DATABASE_URL;
  if (url) return onServer(url);
  const embedded = await openEmbedded();
  await migrate({ client: embedded.client, modules: ["search"] });
  return { db: embedded.db, [Symbol.asyncDispose]: () => embedded.close() };
}

async function onServer(url: string): Promise<ScratchDatabase> {
  const name = `devora_eval_${newId().replaceAll("-", "")}`;
  const own = new URL(url);
  own.pathname = `/${name}`;
  const admin = postgres(url, { max: 1, onnotice: () => {} });
  await admin.unsafe(`create database ${name}`);
  await migrate({ url: own.href, modules: ["search"] });
  const client = postgres(own.href, { max: 2, onnotice: () => {} });
  return {
    db: drizzle({ client }) as unknown as Database,
    [Symbol.asyncDispose]: async () => {
      await client.end();
      await admin.unsafe(`drop database ${name}`);
      await admin.end();
    },
  };
}
