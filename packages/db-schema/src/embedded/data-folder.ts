import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SchemaError } from "../errors.ts";

/** In the folder while its database is being made. */
const unfinishedName = "PGLITE_UNFINISHED";

/** The names in a PostgreSQL data folder. */
const databaseName =
  /^(base|global|pg_\w+(\.conf)?|postgresql(\.auto)?\.conf|postmaster\.\w+|PG_VERSION|PGLITE_\w+)$/;

/**
 * Readies a locked folder for its database. One whose making was cut off is begun anew: nobody ever had it open.
 * @throws {SchemaError} INVALID_OPTION for `reset` of a folder that is no database
 */
export function prepareFolder(folder: string, reset: boolean): void {
  const unfinished = join(folder, unfinishedName);
  if (reset) assertDatabase(folder);
  if (reset || existsSync(unfinished)) deleteDatabase(folder);
  if (!existsSync(join(folder, "PG_VERSION"))) writeFileSync(unfinished, "");
}

/** The database is complete, and is kept from now on. */
export const finishFolder = (folder: string): void => rmSync(join(folder, unfinishedName), { force: true });

export const makeFolder = (folder: string): void => void mkdirSync(folder, { recursive: true });

function assertDatabase(folder: string): void {
  const names = readdirSync(folder);
  if (names.length === 0 || names.includes("PG_VERSION") || names.includes(unfinishedName)) return;
  throw new SchemaError(
    "INVALID_OPTION",
    `openEmbedded: ${folder} holds files but no database, so reset deletes nothing. Choose another folder, or empty this one yourself.`,
  );
}

function deleteDatabase(folder: string): void {
  // The mark goes last, so that a deletion that is cut off is seen, too.
  writeFileSync(join(folder, unfinishedName), "");
  for (const name of readdirSync(folder)) {
    if (databaseName.test(name) && name !== unfinishedName)
      rmSync(join(folder, name), { recursive: true, force: true });
  }
}
