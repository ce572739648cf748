import { mkdirSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { btree_gin } from "@electric-sql/pglite/contrib/btree_gin";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { unaccent } from "@electric-sql/pglite/contrib/unaccent";
import { vector } from "@electric-sql/pglite-pgvector";
import { drizzle } from "drizzle-orm/pglite";
import type { Database } from "./database.ts";
import { lockFolder } from "./folder-lock.ts";

export interface EmbeddedOptions {
  /** Folder of the database, made when absent. Default: in memory, gone with the process. */
  dataDir?: string;
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
 * @throws {SchemaError} FOLDER_LOCKED when another process has the folder open
 *
 * @example
 * await using embedded = await openEmbedded({ dataDir: ".devora/data" });
 * await migrate({ client: embedded.client });
 */
export async function openEmbedded({
  dataDir,
  loadDataDir,
}: EmbeddedOptions = {}): Promise<EmbeddedDatabase> {
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true });
  const unlock = dataDir === undefined ? () => {} : lockFolder(dataDir);
  try {
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
