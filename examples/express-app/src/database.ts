import { type Database, migrate } from "@devora/db-schema";
import { installSearch } from "@devora/search";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { UsageError } from "./options.ts";
import { searchSources } from "./search-sources.ts";

export interface HostDatabase {
  db: Database;
  /** For the start-up message: never holds a password. */
  description: string;
  close(): Promise<void>;
}

/**
 * Opens the server of `databaseUrl`, or the embedded database in `dataDir`, and brings it to the newest schema. The
 * host's login is the one that migrates, so that it may install what searches need as well; where yours is not, run
 * both where you migrate.
 */
export async function openDatabase({
  databaseUrl,
  dataDir,
  reset,
}: {
  databaseUrl: string | undefined;
  dataDir: string;
  reset: boolean;
}): Promise<HostDatabase> {
  return databaseUrl === undefined ? openFolder(dataDir, reset) : openServer(databaseUrl);
}

async function openFolder(dataDir: string, reset: boolean): Promise<HostDatabase> {
  const { openEmbedded } = await import("@devora/db-schema/embedded");
  const embedded = await openEmbedded({ dataDir, reset });
  try {
    await migrate({ client: embedded.client });
    await installSearch(embedded.db, searchSources);
  } catch (error) {
    await embedded.close();
    throw error;
  }
  return { db: embedded.db, description: `embedded PostgreSQL in ${dataDir}`, close: () => embedded.close() };
}

async function openServer(databaseUrl: string): Promise<HostDatabase> {
  const where = new URL(databaseUrl);
  try {
    await migrate({ url: databaseUrl });
  } catch (error) {
    throw new UsageError(
      `DATABASE_URL (${where.hostname}:${where.port || 5432}${where.pathname}) cannot be used: ${(error as Error).message} Start that server, correct DATABASE_URL, or unset it to use the embedded database.`,
      { cause: error },
    );
  }
  const client = postgres(databaseUrl, { max: 10, onnotice: () => {} });
  const db = drizzle({ client }) as unknown as Database;
  const close = () => client.end({ timeout: 5 });
  try {
    await installSearch(db, searchSources);
    // The pool knows the types of arrays now; a connection lost while it asks again would end the process (docs/drivers.md).
    client.options.fetch_types = false;
  } catch (error) {
    await close();
    throw error;
  }
  return {
    db,
    description: `PostgreSQL at ${where.hostname}:${where.port || 5432}${where.pathname}`,
    close,
  };
}
