import { newId, slowQueries, withService, withUser } from "@devora/db-schema";
import { hasServer, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import postgres from "postgres";
import { expect, test } from "vitest";

const database = useTestDatabase();
const slow = () => withService(database.db, (tx) => tx.select().from(slowQueries));

test("without pg_stat_statements the slow searches answer, per query", async () => {
  const entry = { query_hash: "h1", query: "needle", sources: ["projects"], result_count: 0, relaxed: false };
  const entries = [
    { ...entry, duration_ms: 150 },
    { ...entry, duration_ms: 250 },
    { ...entry, query: "quick", query_hash: "h2", duration_ms: 99 },
    { ...entry, query: null, query_hash: "h3", duration_ms: 400 },
  ].map((each) => ({ ...each, id: newId(), occurred_at: new Date().toISOString() }));
  await database.db.execute(sql`select devora.log_search_queries(${JSON.stringify(entries)}::jsonb)`);
  const rows = await slow();
  expect(rows).toHaveLength(2);
  expect(rows).toContainEqual({
    origin: "search_queries",
    query: "needle",
    calls: 2,
    totalMs: 400,
    meanMs: 200,
    maxMs: 250,
  });
  expect(rows).toContainEqual(expect.objectContaining({ query: null, meanMs: 400 }));
});

test("a user cannot read it", async () => {
  await expect(withUser(database.db, newId(), (tx) => tx.select().from(slowQueries))).rejects.toMatchObject({
    cause: { code: "42501" },
  });
});

const adminUrl = process.env.DATABASE_ADMIN_URL;
test.skipIf(!hasServer() || adminUrl === undefined)(
  "with pg_stat_statements it answers, and without its library the searches still do (skipped without DATABASE_ADMIN_URL)",
  async () => {
    const url = new URL(adminUrl ?? "");
    url.pathname = new URL(database.url ?? "").pathname;
    const admin = postgres(url.href, { max: 1, onnotice: () => {} });
    try {
      await admin`create extension pg_stat_statements`;
      const [{ loaded } = { loaded: false }] =
        await admin`select current_setting('shared_preload_libraries') like '%pg_stat_statements%' as loaded`;
      if (loaded) await admin`select pg_sleep(0.2)`;
      const rows = await slow();
      expect(new Set(rows.map((row) => row.origin))).toEqual(
        new Set([loaded ? "pg_stat_statements" : "search_queries"]),
      );
    } finally {
      await admin.end();
    }
  },
);
