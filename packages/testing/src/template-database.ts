import { type ModuleName, migrate, moduleNames, newId } from "@devora/db-schema";
import postgres from "postgres";
import { runOnce } from "./scratch-server.ts";

/** The same server, another database. */
export function databaseUrl(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

/**
 * A migrated database that nobody may connect to, for `create database … template`, and the modules it has:
 * all, or all but embeddings where the server lacks pgvector.
 */
export async function makeTemplateDatabase(url: string): Promise<{ name: string; modules: ModuleName[] }> {
  const name = `devora_template_${newId().replaceAll("-", "")}`;
  await runOnce(url, `create database ${name}`);
  const own = databaseUrl(url, name);
  const vector = await hasVector(own);
  const modules = moduleNames.filter((module) => vector || module !== "embeddings");
  await migrate({ url: own, modules });
  await runOnce(url, `alter database ${name} allow_connections false`);
  return { name, modules };
}

export async function dropTemplateDatabase(url: string, name: string): Promise<void> {
  await runOnce(url, `drop database if exists ${name}`);
}

async function hasVector(url: string): Promise<boolean> {
  const client = postgres(url, { max: 1 });
  try {
    return (await client`select from pg_available_extensions where name = 'vector'`).length > 0;
  } finally {
    await client.end();
  }
}
