import { migrate, newId } from "@devora/db-schema";
import postgres from "postgres";

/** The same server, another database. */
export function databaseUrl(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

/** Runs one statement on a connection of its own. */
export async function runOnce(url: string, statement: string): Promise<void> {
  const client = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await client.unsafe(statement);
  } finally {
    await client.end();
  }
}

/** A migrated database that nobody may connect to, for `create database … template`. */
export async function makeTemplateDatabase(url: string): Promise<string> {
  const name = `devora_template_${newId().replaceAll("-", "")}`;
  await runOnce(url, `create database ${name}`);
  const own = databaseUrl(url, name);
  await migrate({
    url: own,
    ...((await hasVector(own)) ? {} : { modules: ["core", "app", "analytics", "metrics", "search"] }),
  });
  await runOnce(url, `alter database ${name} allow_connections false`);
  return name;
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
