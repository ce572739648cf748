import type { Database } from "@devora/db-schema";
import type { TestDatabase } from "@devora/testing";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { afterAll, beforeAll } from "vitest";

/** One fresh connection to a test database, so that what one scope leaves behind meets the next. */
export function useOneConnection(database: TestDatabase): { readonly db: Database } {
  let client: ReturnType<typeof postgres> | undefined;
  let db: Database | undefined;
  beforeAll(() => {
    if (database.url === undefined) {
      // PGlite has one connection anyway.
      db = database.db;
      return;
    }
    client = postgres(database.url, { max: 1, onnotice: () => {} });
    db = drizzle({ client }) as unknown as Database;
  });
  afterAll(async () => client?.end());
  return {
    get db() {
      if (!db) throw new Error("useOneConnection: the connection is open within tests and hooks alone.");
      return db;
    },
  };
}
