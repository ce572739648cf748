import { rmSync } from "node:fs";
import { newId } from "@devora/db-schema";
import { type EmbeddedDatabase, openEmbedded } from "@devora/db-schema/embedded";
import { inject } from "vitest";
import { dropDatabase, runOnce } from "./scratch-server.ts";
import { databaseUrl } from "./template-database.ts";
import { copyFolder, makeEmptyFolder } from "./template-folder.ts";

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

/**
 * A PGlite database with nothing in it, whichever server the run has. What `openEmbedded()` makes, from a copy:
 * initdb takes seconds. For tests of what is done in it; those of `openEmbedded` itself call that.
 */
export async function openEmptyEmbedded(): Promise<EmbeddedDatabase> {
  const dataDir = copyFolder(await makeEmptyFolder());
  const embedded = await openEmbedded({ dataDir });
  const close = async () => {
    await embedded.close();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { ...embedded, close, [Symbol.asyncDispose]: close };
}
