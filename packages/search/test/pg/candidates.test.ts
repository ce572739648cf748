import { type Database, type Row, rowsOf, withService, withUser } from "@devora/db-schema";
import { seedUser, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { chunkPassages, createSearch, defineSource, devoraSources, installSearch } from "../../src/index.ts";

const database = useTestDatabase();
let alice = "";
let bob = "";

beforeAll(async () => {
  alice = await seedUser(database.db);
  bob = await seedUser(database.db);
});

beforeEach(async ({ skip }) => {
  if (await hasNoPassages()) skip("this server has no pgvector");
});

async function hasNoPassages(): Promise<boolean> {
  const [row] = await rowsOf(database.db, sql`select to_regclass('devora.chunks') is null as absent`);
  return row?.absent === true;
}

/** Passages of words by their number: `even`, `thing<n % 90>`, now and then `rare`. */
const addPassages = (db: Database, owner: string, count: number) =>
  withService(db, (tx) =>
    tx.execute(sql`
      insert into devora.chunks (id, owner_id, source, entity_id, ordinal, start_offset, end_offset, title, text,
        text_hash, tokens, language, updated_at)
      select gen_random_uuid(), ${owner}::text, case when n % 3 = 0 then 'files' else 'messages' end, ${owner}::text || '-' || n, 0, n,
        n + 9, 'Title ' || n % 11,
        'harbour thing' || n % 90 || case when n % 2 = 0 then ' even ' else ' odd ' end
          || repeat('filler' || n % 7 || ' ', n % 20) || case when n % 1000 = 7 then ' rare' else '' end,
        'x', 1, (array['en', 'fr', 'simple'])[n % 3 + 1], '2026-01-01'::timestamptz + n * interval '1.001 seconds'
      from generate_series(1, ${count}::int) as n`),
  );

const searchOn = (db: Database) => createSearch({ db, passages: chunkPassages });

const decoded = (row: Row) => ({
  id: String(row.id),
  source: row.source,
  entityId: row.entity_id,
  title: row.title,
  text: row.text,
  start: row.start_offset,
  end: row.end_offset,
  score: row.score,
  updatedAt: new Date(String(row.updated_at)),
});

/** What the SQL answers in the scope of a transaction. */
async function answerOf(
  tx: Database,
  call: { query: string; ownerId: string; limit?: number; sources?: string[] },
) {
  const found = await searchOn(database.db).candidates({ ...call, db: tx });
  const rows = found === undefined ? [] : await rowsOf(tx, found.sql);
  const complete = rows.length === 0 ? found?.complete : rows.every((row) => row.complete === true);
  return { passages: rows.map(decoded), complete };
}

const calls = [
  { query: "rare" },
  { query: "even", limit: 30 },
  { query: "thing7 rare filler3" },
  { query: "where is the harbour of thing7, even or odd, and its filler3 or filler5?", limit: 30 },
  { query: "thing12 nowhere", limit: 3, sources: ["files"] },
  { query: '"even filler4" -thing40', limit: 100 },
  { query: "nowhere" },
  { query: "the" },
  { query: "-thing1" },
  { query: " " },
];

describe.each(["without kernels", "with kernels", "with kernels and statistics"])("%s", (how) => {
  beforeAll(async () => {
    const { db } = database;
    if (await hasNoPassages()) return;
    if (how === "without kernels") {
      await addPassages(db, alice, 2_500);
      await addPassages(db, bob, 40);
      await db.execute(sql`analyze devora.chunks`);
    } else {
      await installSearch(db, [...devoraSources, chunkPassages.rows]);
    }
    if (how === "with kernels and statistics") {
      // Written with the triggers at work.
      await withService(db, (tx) => tx.execute(sql`update devora.chunks set title = title || '!'`));
      await searchOn(db).refreshStatistics();
    }
  });

  test.each(calls)("are the passages of a retrieval: $query", async (call) => {
    const { db } = database;
    for (const ownerId of [alice, bob]) {
      const expected = await searchOn(db).retrieve({ ...call, ownerId });
      const asUser = await withUser(db, ownerId, (tx) => answerOf(tx, { ...call, ownerId }));
      expect(asUser).toEqual(expected);
      expect(await withService(db, (tx) => answerOf(tx, { ...call, ownerId }))).toEqual(expected);
    }
  });

  test("are complete, or not, as a retrieval is", async () => {
    const complete = await withUser(database.db, alice, async (tx) => {
      const of = async (query: string) => (await answerOf(tx, { query, ownerId: alice })).complete;
      return [await of("rare"), await of("even"), await of("harbour odd")];
    });
    expect(complete).toEqual([true, false, false]);
  });
});

test("another user's scope has none of them, whoever is named", async () => {
  const found = await withUser(database.db, bob, (tx) =>
    answerOf(tx, { query: "rare even", ownerId: alice }),
  );
  expect(found.passages).toEqual([]);
});

test("without SQL there is none: passages cut from rows, and sources that may take a second statement", async () => {
  const { db } = database;
  const call = { query: "rare", ownerId: alice };
  expect(await createSearch({ db }).candidates(call)).toBeUndefined();
  const rows = defineSource({ ...chunkPassages.rows, language: "en", bm25Index: "chunks_bm25_idx" } as never);
  expect(await createSearch({ db, passages: { ...chunkPassages, rows } }).candidates(call)).toBeUndefined();
  await expect(searchOn(db).candidates({ query: "rare" })).rejects.toMatchObject({ code: "OWNER_REQUIRED" });
  await expect(searchOn(db).candidates({ ...call, limit: 0 })).rejects.toMatchObject({
    code: "INVALID_OPTION",
  });
});

test("an abort between the statements ends them", async () => {
  const controller = new AbortController();
  controller.abort(new Error("gone"));
  const call = { query: "rare", ownerId: alice, signal: controller.signal };
  await expect(searchOn(database.db).candidates(call)).rejects.toThrow("gone");
});
