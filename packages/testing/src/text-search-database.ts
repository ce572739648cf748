import { rmSync } from "node:fs";
import { type Database, rowsOf } from "@devora/db-schema";
import { PGlite } from "@electric-sql/pglite";
import { btree_gin } from "@electric-sql/pglite/contrib/btree_gin";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { unaccent } from "@electric-sql/pglite/contrib/unaccent";
import { pg_textsearch } from "@electric-sql/pglite-pg_textsearch";
import { vector } from "@electric-sql/pglite-pgvector";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/pglite";
import { inject } from "vitest";
import { copyFolder } from "./template-folder.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";

/** A migrated database with the extension `pg_textsearch`; undefined on a server that does not load it. */
export async function createTextSearchDatabase(): Promise<TestDatabase | undefined> {
  const template = inject("testTemplate");
  if (template.kind === "folder") return embeddedWithTextSearch(template.folder);
  const database = await createTestDatabase();
  const found = await rowsOf(database.db, sql`select from pg_extension where extname = 'pg_textsearch'`);
  if (found.length > 0) return database;
  await database.close();
  return undefined;
}

/** The template's copy, whose login is no superuser, as that of `openEmbedded`. */
async function embeddedWithTextSearch(folder: string): Promise<TestDatabase> {
  const dataDir = copyFolder(folder);
  const extensions = { vector, pg_trgm, unaccent, btree_gin, pg_textsearch };
  const client = await PGlite.create({ dataDir, extensions });
  await client.exec("create extension pg_textsearch; set session authorization devora_migrator");
  return {
    db: drizzle({ client }) as unknown as Database,
    client,
    url: undefined,
    close: async () => {
      await client.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
