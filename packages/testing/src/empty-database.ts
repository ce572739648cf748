import { newId } from "@devora/db-schema";
import { inject } from "vitest";
import { dropDatabase, runOnce } from "./scratch-server.ts";
import { databaseUrl } from "./template-database.ts";

/** Does the run have a real server (DATABASE_URL)? Locks, pools and concurrency cannot be shown on PGlite. */
export const hasServer = (): boolean => inject("testTemplate").kind === "database";

/** A database with nothing in it on the server of DATABASE_URL; only where {@link hasServer}. */
export async function createEmptyDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const template = inject("testTemplate");
  if (template.kind !== "database") throw new Error("createEmptyDatabase needs a server: set DATABASE_URL.");
  const name = `devora_test_${newId().replaceAll("-", "")}`;
  await runOnce(template.url, `create database ${name}`);
  return {
    url: databaseUrl(template.url, name),
    drop: () => dropDatabase(template.url, name),
  };
}
