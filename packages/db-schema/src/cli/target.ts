import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "../database.ts";
import { SchemaError } from "../errors.ts";
import { UsageError } from "./usage-error.ts";

/** The database that a command works on. */
export interface Target {
  /** For migrate, rollback, status and doctor. */
  client: unknown;
  db: Database;
  close(): Promise<void>;
}

export interface TargetOptions {
  url: string | undefined;
  embedded: string | undefined;
  makesFolder: boolean;
}

/** Refuses what cannot be opened, without a word of the URL. @throws {UsageError} */
export function assertTarget({ url, embedded, makesFolder }: TargetOptions): void {
  if (embedded !== undefined) {
    if (embedded === "") throw new UsageError("--embedded must name a folder.");
    if (!makesFolder && !existsSync(join(embedded, "PG_VERSION"))) {
      throw new UsageError(
        `The folder ${embedded} holds no database. Make one: devora-db migrate --embedded ${embedded}`,
      );
    }
  } else if (url === undefined || url === "") {
    throw new UsageError("No database: pass --url, set DATABASE_URL, or pass --embedded with a folder.");
  } else if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new UsageError("The connection URL must begin with postgres:// or postgresql://.");
  }
}

export const openTarget = ({ url, embedded }: TargetOptions): Promise<Target> =>
  embedded === undefined ? openServer(url as string) : openFolder(embedded);

async function openFolder(dataDir: string): Promise<Target> {
  const { openEmbedded } = await installed(
    import("../embedded.ts"),
    "@electric-sql/pglite@0.5.14 @electric-sql/pglite-pgvector@0.0.15",
  );
  return openEmbedded({ dataDir });
}

async function openServer(url: string): Promise<Target> {
  const { default: postgres } = await installed(import("postgres"), "postgres");
  const { drizzle } = await import("drizzle-orm/postgres-js");
  let client: ReturnType<typeof postgres>;
  try {
    // Two, so that migrate can tell a pooler in transaction mode.
    client = postgres(url, { max: 2, onnotice: () => {}, connect_timeout: 10 });
  } catch {
    // The error holds the URL.
    throw new UsageError(
      "The connection URL is malformed. Percent-encode special characters of the password.",
    );
  }
  return {
    client,
    db: drizzle({ client }) as unknown as Database,
    close: () => client.end({ timeout: 5 }),
  };
}

/** An optional peer dependency. @throws {SchemaError} MISSING_PACKAGE with the command that installs it */
async function installed<T>(loading: Promise<T>, packages: string): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") throw error;
    throw new SchemaError("MISSING_PACKAGE", `A package is missing. Install it: npm install ${packages}`, {
      cause: error,
    });
  }
}
