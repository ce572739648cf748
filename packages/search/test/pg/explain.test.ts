import { conversations, type Database, newId, rowsOf, withService } from "@devora/db-schema";
import { seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { type SQL, sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { createSearch, devoraSources } from "../../src/index.ts";
import { bookSource, createBooks } from "../books.ts";

const database = useTestDatabase();
let owner = "";

beforeAll(async () => {
  const { db } = database;
  const owners = await Promise.all(Array.from({ length: 2 }, () => seedUser(db)));
  owner = owners[0] ?? "";
  for (const userId of owners) {
    const conversationId = newId();
    await withService(db, async (tx) => {
      await tx.insert(conversations).values({ id: conversationId, userId, title: "Many" });
      await tx.execute(sql`
        insert into messages (id, user_id, conversation_id, role, content, language)
        select gen_random_uuid(), ${userId}::uuid, ${conversationId}::uuid, 'user',
               'message about thing' || n % 300 || ' and other' || n % 37 || repeat(' ' || md5(n::text), 8), 'en'
        from generate_series(1, 3000) as n`);
    });
    const projectId = await seedProject(db, userId);
    await withService(db, (tx) =>
      tx.execute(sql`
        insert into project_files (id, user_id, project_id, path, content, size_bytes, content_hash)
        select gen_random_uuid(), ${userId}::uuid, ${projectId}::uuid, 'src/file' || n || '.ts',
               'const value' || n || ' = getThing' || n % 300 || '();' || repeat(' ' || md5(n::text), 8), 1, 'x'
        from generate_series(1, 2000) as n`),
    );
  }
  await createBooks(db);
  await db.execute(sql`
    insert into books (tenant, title, blurb)
    select 'tenant' || n % 2, 'book ' || n,
           'about thing' || n % 300 || ' and other' || n % 37 || repeat(' ' || md5(n::text), 8)
    from generate_series(1, 6000) as n`);
  // Empties the pending lists of the GIN indexes, too, which the planner would shun.
  await db.execute(sql`vacuum analyze books, messages, project_files`);
});

/** The plans of all statements of one call, as text. */
async function plansOf(db: Database, call: (db: Database) => Promise<unknown>): Promise<string[]> {
  const statements: SQL[] = [];
  const recording = new Proxy(db, {
    get: (target, property, receiver) =>
      property === "execute"
        ? (statement: SQL) => {
            statements.push(statement);
            return target.execute(statement);
          }
        : Reflect.get(target, property, receiver),
  });
  await call(recording);
  const plans: string[] = [];
  for (const statement of statements) {
    const rows = await rowsOf(db, sql`explain (costs off) ${statement}`);
    plans.push(rows.map((row) => String(row["QUERY PLAN"])).join("\n"));
  }
  return plans;
}

/** Scans of a table that read it whole. */
const wholeScans = (plan: string, table: string) => plan.match(new RegExp(`Seq Scan on ${table}`, "g")) ?? [];

test("an own table is searched by its (owner, vector) index", async () => {
  const search = createSearch({ db: database.db, sources: [bookSource], role: null });
  const [, , frequencies = "", ranking = ""] = await database.db.transaction((tx) =>
    plansOf(tx, (db) => search.search({ query: "thing7 other12", ownerId: "tenant1", db })),
  );
  expect(frequencies).toContain("Bitmap Index Scan on books_search_idx");
  expect(frequencies).toMatch(
    /Index Cond: \(\(tenant = 'tenant1'::text\) AND \(search @@ t(_1)?\.query_en\)\)/,
  );
  expect(ranking).toMatch(/Index Cond: \(\(tenant = 'tenant1'::text\) AND \(search @@ '/);
  expect(wholeScans(ranking, "books")).toEqual([]);
  // Also of the page, which it reads.
  expect(ranking).toContain("CTE Scan on devora_shown");
  expect(ranking).toContain("books_pkey");
});

test("messages of one owner, in three languages, are searched by their index", async () => {
  const search = createSearch({ db: database.db, sources: devoraSources });
  const plans = await withService(database.db, (tx) =>
    plansOf(tx, (db) => search.searchMessages({ query: "message other12", ownerId: owner, db })),
  );
  const [, , frequencies = "", ranking = ""] = plans;
  expect(frequencies).toContain("Bitmap Index Scan on messages_search_idx");
  expect(ranking).toContain("Bitmap Index Scan on messages_search_idx");
  expect(ranking).toMatch(/Index Cond: \(\(user_id = '[^']+'::uuid\) AND \(search_vector @@ '/);
  expect(wholeScans(ranking, "messages")).toEqual([]);
});

test("files of one owner are searched by words, identifiers and path, each by its index", async () => {
  const search = createSearch({ db: database.db });
  const [, , , ranking = ""] = await withService(database.db, (tx) =>
    plansOf(tx, (db) => search.searchFiles({ query: "getThing7", ownerId: owner, db })),
  );
  expect(ranking).toContain("BitmapOr");
  expect(ranking).toContain("Bitmap Index Scan on project_files_search_idx");
  expect(ranking).toContain("Bitmap Index Scan on project_files_identifier_idx");
  expect(ranking).toContain("Bitmap Index Scan on project_files_path_trgm_idx");
});
