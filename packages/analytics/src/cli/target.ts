import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "@devora/db-schema";
import { UsageError } from "./usage-error.ts";

/** The database that a command works on. */
export interface Target {
  db: Database;
  close(): Promise<void>;
}

export interface TargetOptions {
  url: string | undefined;
  embedded: string | undefined;
}

/** Refuses what cannot be opened, without a word of the URL. @throws {UsageError} */
export function assertTarget({ url, embedded }: TargetOptions): void {
  if (embedded !== undefined) {
    if (embedded === "" || !existsSync(join(embedded, "PG_VERSION"))) {
      throw new UsageError("--embedded must name a folder that holds a database.");
    }
  } else if (url === undefined || url === "") {
    throw new UsageError("No database: set DATABASE_URL, pass --database-url, or --embedded with a folder.");
  } else if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new UsageError("The connection URL must begin with postgres:// or postgresql://.");
  }
}

/** @throws {UsageError} */
export async function openTarget({ url, embedded }: TargetOptions): Promise<Target> {
  if (embedded !== undefined) {
    const { openEmbedded } = await installed(
      import("@devora/db-schema/embedded"),
      "@electric-sql/pglite@0.5.14 @electric-sql/pglite-pgvector@0.0.15",
    );
    return openEmbedded({ dataDir: embedded });
  }
  const { default: postgres } = await installed(import("postgres"), "postgres");
  const { drizzle } = await import("drizzle-orm/postgres-js");
  let client: ReturnType<typeof postgres>;
  try {
    client = postgres(String(url), { max: 4, onnotice: () => {}, connect_timeout: 10 });
  } catch {
    // The error holds the URL.
    throw new UsageError(
      "The connection URL is malformed. Percent-encode special characters of the password.",
    );
  }
  return { db: drizzle({ client }) as unknown as Database, close: () => client.end({ timeout: 5 }) };
}

/** An optional peer dependency. @throws {UsageError} with the command that installs it */
async function installed<T>(loading: Promise<T>, packages: string): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") throw error;
    throw new UsageError(`A package is missing. Install it: npm install ${packages}`);
  }
}
