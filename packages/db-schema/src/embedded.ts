import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { btree_gin } from "@electric-sql/pglite/contrib/btree_gin";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { unaccent } from "@electric-sql/pglite/contrib/unaccent";
import { vector } from "@electric-sql/pglite-pgvector";
import { drizzle } from "drizzle-orm/pglite";
import type { Database } from "./database.ts";
import { SchemaError } from "./errors.ts";
import { lockFolder } from "./folder-lock.ts";

export interface EmbeddedOptions {
  /** Folder of the database, made when absent. Default: in memory, gone with the process. */
  dataDir?: string;
  /** Deletes the database that the folder holds first. Refused for a folder that holds something else. Default false. */
  reset?: boolean;
  /** Tar archive of a data folder to start from (PGlite's `dumpDataDir`). */
  loadDataDir?: Blob;
}

export interface EmbeddedDatabase {
  db: Database;
  /** The PGlite instance, for {@link migrate}'s `client`. */
  client: PGlite;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * PostgreSQL 18 inside this process (PGlite), with pgvector, pg_trgm, unaccent and btree_gin; no server needed.
 *
 * One connection: transactions queue, and a query on the outer `db` inside a transaction waits for ever.
 * A folder belongs to one process at a time; a second one is refused, because it would lose rows.
 * The login is a superuser, so row level security acts only within `withUser` and `withService`.
 *
 * @throws {SchemaError} FOLDER_LOCKED when another process has the folder open, INVALID_OPTION for `reset` of a folder
 * that is no database
 *
 * @example
 * await using embedded = await openEmbedded({ dataDir: ".devora/data" });
 * await migrate({ client: embedded.client });
 */
export async function openEmbedded({
  dataDir,
  reset = false,
  loadDataDir,
}: EmbeddedOptions = {}): Promise<EmbeddedDatabase> {
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true });
  const unlock = dataDir === undefined ? () => {} : lockFolder(dataDir);
  try {
    if (reset && dataDir !== undefined) deleteDatabase(dataDir);
    const client = await PGlite.create({
      ...(dataDir === undefined ? {} : { dataDir }),
      ...(loadDataDir === undefined ? {} : { loadDataDir }),
      extensions: { vector, pg_trgm, unaccent, btree_gin },
    });
    const close = async () => {
      if (!client.closed) await client.close();
      unlock();
    };
    return { db: drizzle({ client }) as unknown as Database, client, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Empties a folder that holds a database, or nothing. */
function deleteDatabase(dataDir: string): void {
  const names = readdirSync(dataDir);
  if (names.length > 0 && !existsSync(join(dataDir, "PG_VERSION"))) {
    throw new SchemaError(
      "INVALID_OPTION",
      `openEmbedded: ${dataDir} holds files but no database, so reset deletes nothing. Choose another folder, or empty this one yourself.`,
    );
  }
  for (const name of names) rmSync(join(dataDir, name), { recursive: true, force: true });
}
