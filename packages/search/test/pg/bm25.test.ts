import { type Database, rlsFor, rowsOf, withService, withUser } from "@devora/db-schema";
import { createTextSearchDatabase, useTestDatabase } from "@devora/testing";
import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bm25IndexFor, createSearch, defineSource, installSearch, searchKernelFor } from "../../src/index.ts";
import { addBooks, bookSource, books, createBooks } from "../books.ts";

const indexed: typeof bookSource = { ...bookSource, bm25Index: "books_bm25_idx" };
const plain = bookSource;

const found = await createTextSearchDatabase();
afterAll(() => found?.close());
const current = (): Database => {
  if (!found) throw new Error("Only where pg_textsearch is there.");
  return found.db;
};

/** More rows than are ranked, the last and the best together; they say walrus once among other words. */
const many = (tenant: string, count = 3_600) => sql`
  insert into books (tenant, title, blurb)
  select ${tenant}::text, 'Report ' || n, 'a lazy walrus' || repeat(' and some other animal' || n % 9, 12)
  from generate_series(1, ${count}::int) as n`;

const about = "walrus walrus walrus tusks";
let ids: string[] = [];

describe.skipIf(found === undefined)("with pg_textsearch (skipped on a server that does not load it)", () => {
  beforeAll(async () => {
    const db = current();
    await createBooks(db);
    for (const statement of rlsFor(books, { owner: books.tenant })) await db.execute(statement);
    ids = await withService(db, (tx) =>
      addBooks(tx, [
        { tenant: "ann", title: "Tusked", blurb: about },
        { tenant: "ann", title: "Tusked manual", blurb: about, genre: "manual" },
        { tenant: "ann", title: "Tusked zebra", blurb: `${about} zebra` },
        { tenant: "bob", title: "Tusked of Bob", blurb: about },
        { tenant: "ann", title: "Grey seal", blurb: "a seal and a lazy walrus" },
      ]),
    );
    await withService(db, async (tx) => {
      await tx.execute(many("ann"));
      // By BM25 all of them are better than any row of ann's.
      await tx.execute(sql`
        insert into books (tenant, title, blurb)
        select 'bob', 'Walrus', 'walrus walrus walrus walrus' from generate_series(1, 1100)`);
    });
    await db.execute(bm25IndexFor(indexed));
    await db.execute(sql`vacuum analyze books`);
  });

  const ask = (source: typeof indexed, query: string, options: object = {}) =>
    createSearch({ db: current(), sources: [source], cursorSecret: "of this test file" }).searchBooks({
      query,
      ownerId: "ann",
      ...options,
    });
  const titles = async (...call: Parameters<typeof ask>) =>
    (await ask(...call)).results.map(({ title }) => title);

  describe.each(["without", "with"])("%s kernels", (kernels) => {
    beforeAll(async () => {
      if (kernels === "with") await installSearch(current(), [indexed]);
    });

    test("the best of more rows than are ranked come first, though they are the oldest", async () => {
      expect((await titles(plain, "walrus", { limit: 100 })).join()).not.toContain("Tusked");
      const answer = await ask(indexed, "walrus", { limit: 3 });
      expect(answer.complete).toBe(false);
      expect(answer.results.map(({ title }) => title).sort()).toEqual([
        "Tusked",
        "Tusked manual",
        "Tusked zebra",
      ]);
    });

    test("a service that searches for one owner gets that owner's best", async () => {
      const own = await withService(current(), (db) => titles(indexed, "walrus", { db, limit: 3 }));
      expect(own.sort()).toEqual(["Tusked", "Tusked manual", "Tusked zebra"]);
    });

    test("scope, filters, exclusions and phrases hold for them, too", async () => {
      const first = async (query: string, options: object = {}) =>
        (await titles(indexed, query, { limit: 5, ...options })).filter((title) =>
          title.startsWith("Tusked"),
        );
      expect(await first("walrus -zebra")).toEqual(expect.not.arrayContaining(["Tusked zebra"]));
      expect(await first("walrus -zebra")).toHaveLength(2);
      expect((await first("walrus", { filters: { genre: "novel" } })).sort()).toEqual([
        "Tusked",
        "Tusked zebra",
      ]);
      expect((await first("walrus", { updatedAfter: new Date("2020-01-01") })).sort()).toEqual([]);
      // A phrase that the many have and the best by its words have not.
      const phrase = await ask(indexed, '"lazy walrus"', { limit: 100 });
      expect(phrase.complete).toBe(false);
      expect(phrase.results.map(({ title }) => title).join()).not.toContain("Tusked");
    });

    test("pages by cursor are those by offset, and no row is on two", async () => {
      const byCursor: string[] = [];
      const byOffset: string[] = [];
      let cursor: string | undefined;
      for (let offset = 0; offset < 1_000; offset += 100) {
        const page = await ask(indexed, "walrus", { limit: 100, cursor });
        byCursor.push(...page.results.map(({ id }) => id));
        cursor = page.nextCursor;
        byOffset.push(...(await ask(indexed, "walrus", { limit: 100, offset })).results.map(({ id }) => id));
      }
      expect(byCursor).toEqual(byOffset);
      while (cursor !== undefined) {
        const page = await ask(indexed, "walrus", { limit: 100, cursor });
        byCursor.push(...page.results.map(({ id }) => id));
        cursor = page.nextCursor;
      }
      // The last 500 and the best 1,000, whose share in each other is small.
      expect(byCursor.length).toBeGreaterThan(1_000);
      expect(byCursor.length).toBeLessThanOrEqual(1_500);
      expect(new Set(byCursor).size).toBe(byCursor.length);
      expect(byCursor.slice(0, 3).sort()).toEqual(ids.slice(0, 3).sort());
    });

    test.each([
      { query: "walrus tusks" },
      { query: "zebra walrus" },
      { query: "seal" },
      { query: '"grey seal"' },
      { query: "tusk*" },
      { query: "tusks -zebra" },
      { query: "zebra seal", limit: 2 },
      { query: "seal", filters: { genre: "manual" }, facets: true },
      { query: "nosuchword" },
      { query: "-walrus" },
      { query: "" },
    ])("where all that may count is ranked, the index changes nothing: $query", async (call) => {
      const { executionTimeMs: _, nextCursor: _with, ...answer } = await ask(indexed, call.query, call);
      const { executionTimeMs: __, nextCursor: _without, ...other } = await ask(plain, call.query, call);
      expect(answer).toEqual(other);
    });
  });

  /** How many of a search's statements scan the index in its order. */
  const orderedScans = async (db: Database, call: object) => {
    const plans: string[] = [];
    const recording = new Proxy(db, {
      get: (target, property, receiver) =>
        property === "execute"
          ? async (statement: SQL) => {
              const plan = await rowsOf(target, sql`explain (costs off) ${statement}`);
              plans.push(plan.map((row) => String(row["QUERY PLAN"])).join("\n"));
              return target.execute(statement);
            }
          : Reflect.get(target, property, receiver),
    });
    await createSearch({ db, sources: [indexed] }).searchBooks({ query: "walrus", ...call, db: recording });
    return plans.filter((plan) => plan.includes("Index Scan using books_bm25_idx")).length;
  };

  test("a kernel that is asked for another's row by its id does not tell of it", async () => {
    const query = {
      en: "'walrus'",
      terms: JSON.stringify([{ ordinal: 0, query_en: "'walrus'", weight: 1 }]),
    };
    const request = (best: readonly (string | undefined)[]) => ({
      ...{ "all.en": query.en, "candidates.en": query.en, terms: query.terms, termCount: "1" },
      ...{ limit: "100", cap: "1", best: JSON.stringify(best) },
    });
    const rank = searchKernelFor(indexed).own?.rank ?? "";
    const told = async (best: readonly (string | undefined)[]) =>
      withUser(current(), "ann", async (tx) => {
        const rows = await rowsOf(
          tx,
          sql`select id from ${sql.raw(rank)}(${JSON.stringify(request(best))}::jsonb) where id = any(${sql.param(best)}::text[])`,
        );
        return rows.map(({ id }) => id);
      });
    expect(await told([ids[0]])).toEqual([ids[0]]);
    expect(await told([ids[3]])).toEqual([]);
  });

  test("the best rows are read from the index, in its order, under row level security as well", async () => {
    expect(await withService(current(), (tx) => orderedScans(tx, { allOwners: true }))).toBe(1);
    expect(await withUser(current(), "ann", (tx) => orderedScans(tx, { ownerId: "ann" }))).toBe(1);
  });
});

const database = useTestDatabase();

test("without the index a search answers as without the option", async () => {
  const { db } = database;
  await createBooks(db);
  await addBooks(db, [{ tenant: "ann", title: "Tusked", blurb: about }]);
  await db.execute(many("ann"));
  const answers = [indexed, bookSource].map(async (source) =>
    (
      await createSearch({ db, sources: [source], role: null }).searchAll({ query: "walrus", ownerId: "ann" })
    ).results.map(({ id, score }) => [id, score]),
  );
  const [withOption, withoutOption] = await Promise.all(answers);
  expect(withOption).toHaveLength(20);
  expect(withOption).toEqual(withoutOption);
});

test("what no index can cover is refused", () => {
  const refused = (options: object) =>
    expect(() => defineSource({ ...indexed, ...options } as never)).toThrow(/bm25Index/);
  expect(defineSource({ ...indexed } as never).bm25Index).toBe("books_bm25_idx");
  refused({ title: sql`'x'` });
  refused({ body: sql`'x'` });
  refused({ language: books.genre });
  refused({ bm25Index: "public.books" });
  refused({ bm25Index: "Books" });
  expect(() => bm25IndexFor(bookSource)).toThrow(/names no bm25Index/);
});
