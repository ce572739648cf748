import { migrate, rowsOf, withService } from "@devora/db-schema";
import { createSearch } from "@devora/search";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openScratchDatabase, type ScratchDatabase } from "../../src/scratch-database.ts";
import { fill } from "../../src/suites/search/fill.ts";
import { largeUserId, rowCount, sizesOf } from "../../src/suites/search/population.ts";
import type { WordUse } from "../../src/suites/search/word-use.ts";

const size = 0.2;
let database: ScratchDatabase;
let use: WordUse;
let indexesBefore: unknown[];
const ginIndexes = () =>
  rowsOf(
    database.db,
    sql`select indexname, indexdef from pg_indexes where indexdef like '% USING gin %' order by indexname`,
  );

beforeAll(async () => {
  database = await openScratchDatabase();
  await migrate(database.target);
  indexesBefore = await ginIndexes();
  use = await fill(database.db, sizesOf(size));
});
afterAll(() => database.close());

test("every table has the rows of its size, and the large user owns that user's share", async () => {
  const { others, largeUser } = sizesOf(size);
  for (const [table, kind] of [
    ["project_files", "files"],
    ["messages", "messages"],
    ["projects", "projects"],
  ] as const) {
    const rows = await withService(database.db, (tx) =>
      rowsOf(
        tx,
        sql`select count(*)::int as all, count(*) filter (where user_id = ${largeUserId}::uuid)::int as own
            from ${sql.identifier(table)}`,
      ),
    );
    expect(rows).toEqual([{ all: others[kind] + largeUser[kind], own: largeUser[kind] }]);
  }
});

test("the indexes are there again", async () => {
  expect(indexesBefore.length).toBeGreaterThan(4);
  expect(await ginIndexes()).toEqual(indexesBefore);
});

test("as many rows have a word as were written with it", async () => {
  const search = createSearch({ db: database.db });
  const { others, largeUser } = sizesOf(size);
  const all = rowCount(others) + rowCount(largeUser);
  const words = use.wordsBetween(0.028, 0.032).slice(0, 5);
  expect(words.length).toBeGreaterThan(0);
  for (const query of words) {
    const { total } = await search.searchAll({ query, allOwners: true, limit: 1 });
    expect(total / all).toBeGreaterThan(0.025);
    expect(total / all).toBeLessThan(0.036);
  }
});
