import { PGlite } from "@electric-sql/pglite";
import { btree_gin } from "@electric-sql/pglite/contrib/btree_gin";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { unaccent } from "@electric-sql/pglite/contrib/unaccent";
import { vector } from "@electric-sql/pglite-pgvector";
import type { Database } from "../database.ts";
import { SchemaError } from "../errors.ts";
import { finishFolder, makeFolder, prepareFolder } from "./data-folder.ts";
import { lockFolder } from "./folder-lock.ts";
import { assertFolderVersion, stampFolder } from "./folder-version.ts";
import { guardedDrizzle } from "./guarded-drizzle.ts";
import { becomeLogin } from "./login.ts";
import { createMaintenance, type MaintenanceReport } from "./maintenance.ts";
import { guardTransactions } from "./transaction-guard.ts";

export interface EmbeddedOptions {
  /** Folder of the database, made when absent. Default: in memory, gone with the process. */
  dataDir?: string;
  /** Deletes the database that the folder holds first. Refused for a folder that holds something else. Default false. */
  reset?: boolean;
  /** Tar archive of a data folder to start from (PGlite's `dumpDataDir`). */
  loadDataDir?: Blob;
  /** Time between two runs of the maintenance, in ms; 0 for none. Default 60,000, as a server's autovacuum. */
  maintainEveryMs?: number;
  /** Told after each scheduled run what was done. Default: nobody. */
  onMaintained?: (report: MaintenanceReport) => void;
}

export interface EmbeddedDatabase {
  db: Database;
  /** The PGlite instance, for {@link migrate}'s `client`. */
  client: PGlite;
  /**
   * Vacuums and analyzes the tables that autovacuum would, and writes a checkpoint when 16 MB were written since the
   * last one. Runs by itself every `maintainEveryMs`; a call while it runs joins that run.
   * @throws {SchemaError} OUTSIDE_TRANSACTION
   */
  maintain(): Promise<MaintenanceReport>;
  /** Waits for what runs. @throws {SchemaError} OUTSIDE_TRANSACTION */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * PostgreSQL 18 inside this process (PGlite), with pgvector, pg_trgm, unaccent and btree_gin; no server needed.
 *
 * Every session is the login `devora_migrator`: no superuser, bound by row level security, owner of the database.
 * One connection: transactions queue, and a call on the outer `db` or `client` inside a transaction is refused.
 * A folder belongs to one process at a time; a second one is refused, because it would lose rows.
 * What a commit acknowledged survives the killing of the process, but not a power cut: nothing is fsynced.
 *
 * @throws {SchemaError} FOLDER_LOCKED when another process has the folder open, FOLDER_VERSION for a folder of another
 * PostgreSQL or PGlite, INVALID_OPTION for `reset` of a folder that is no database; later, by `db`, `client` and
 * `close`: OUTSIDE_TRANSACTION
 *
 * @example
 * await using embedded = await openEmbedded({ dataDir: ".devora/data" });
 * await migrate({ client: embedded.client });
 */
export async function openEmbedded(options: EmbeddedOptions = {}): Promise<EmbeddedDatabase> {
  const { dataDir, reset = false, maintainEveryMs = 60_000, onMaintained } = options;
  assertInterval(maintainEveryMs);
  if (dataDir !== undefined) makeFolder(dataDir);
  const unlock = dataDir === undefined ? () => {} : lockFolder(dataDir);
  try {
    if (dataDir !== undefined) prepareFolder(dataDir, reset);
    const client = await start(options);
    const guard = guardTransactions(client);
    const maintenance = createMaintenance(guard, { everyMs: maintainEveryMs, onRun: onMaintained });
    const close = async () => {
      guard.assertOutside();
      await maintenance.stop();
      if (!client.closed) await client.close();
      unlock();
    };
    return {
      db: guardedDrizzle(client, guard),
      client,
      maintain: maintenance.run,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** The instance with its plain login; a folder that cannot be opened is as it was. */
async function start({ dataDir, loadDataDir }: EmbeddedOptions): Promise<PGlite> {
  if (dataDir !== undefined) assertFolderVersion(dataDir);
  const client = await PGlite.create({
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(loadDataDir === undefined ? {} : { loadDataDir }),
    extensions: { vector, pg_trgm, unaccent, btree_gin },
  });
  try {
    await becomeLogin(client);
    if (dataDir !== undefined) {
      await stampFolder(dataDir, client);
      finishFolder(dataDir);
    }
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** setInterval takes up to 2^31 - 1 ms, and makes 1 ms of more. */
function assertInterval(everyMs: number): void {
  if (Number.isInteger(everyMs) && everyMs >= 0 && everyMs < 2 ** 31) return;
  throw new SchemaError(
    "INVALID_OPTION",
    `openEmbedded: maintainEveryMs must be a whole number of ms from 0 (never) to 2147483647; received ${String(everyMs)}.`,
  );
}
