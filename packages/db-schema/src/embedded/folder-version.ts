import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PGlite } from "@electric-sql/pglite";
import { SchemaError } from "../errors.ts";

/** The storage of PGlite 0.5, which is the peer of this package; a test compares it with what a new folder has. */
const opens = { postgres: "18", control: 1800, catalog: 202_506_291, pglite: "0.5" } as const;

/** Beside PG_VERSION: the version of PGlite that opened the folder last. */
const stampName = "PGLITE_VERSION";

/**
 * Refuses a folder that another major version of PostgreSQL made, or a minor version of PGlite that stores rows
 * otherwise. Reads three small files and changes nothing. A folder without a database passes.
 * @throws {SchemaError} FOLDER_VERSION
 */
export function assertFolderVersion(folder: string): void {
  const postgres = textOf(join(folder, "PG_VERSION"));
  if (postgres === undefined) return;
  const { control, catalog } = controlOf(join(folder, "global", "pg_control"));
  const pglite = textOf(join(folder, stampName));
  const fits =
    postgres === opens.postgres &&
    control === opens.control &&
    catalog === opens.catalog &&
    (pglite === undefined || minorOf(pglite) === opens.pglite);
  if (fits) return;
  const holds = [
    `PostgreSQL ${postgres}`,
    `control file ${control ?? "missing"}`,
    `catalogue ${catalog ?? "missing"}`,
    `PGlite ${pglite ?? "unknown"}`,
  ].join(", ");
  throw new SchemaError(
    "FOLDER_VERSION",
    `openEmbedded: the folder ${folder} holds ${holds}; this version opens PostgreSQL ${opens.postgres}, control file ${opens.control}, catalogue ${opens.catalog}, PGlite ${opens.pglite}. Nothing was changed. Dump it with the version that made it and load the dump into a new folder (docs/embedded.md, "Versions").`,
  );
}

/** Records in the folder which PGlite has it. */
export async function stampFolder(folder: string, client: PGlite): Promise<void> {
  const { rows } = await client.query<{ version: string }>("select version()");
  const version = /PGlite ([\w.-]+)/.exec(rows[0]?.version ?? "")?.[1];
  const file = join(folder, stampName);
  if (version !== undefined && textOf(file) !== version) writeFileSync(file, `${version}\n`);
}

const minorOf = (version: string): string => version.split(".").slice(0, 2).join(".");

const textOf = (file: string): string | undefined =>
  existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;

/** Its first fields: the system's id (8 bytes), the version of the file, the version of the catalogue. */
function controlOf(file: string): { control: number | undefined; catalog: number | undefined } {
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  if (bytes.length < 16) return { control: undefined, catalog: undefined };
  return { control: bytes.readUInt32LE(8), catalog: bytes.readUInt32LE(12) };
}
