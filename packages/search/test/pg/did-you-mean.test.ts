import { type Database, rlsFor, rowsOf, withService, withUser } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { createSearch, searchStatisticsFor } from "../../src/index.ts";
import { addBooks, bookSource, books, createBooks } from "../books.ts";

const database = useTestDatabase();
const search = () => createSearch({ db: database.db, sources: [bookSource] });

/** Under row level security, as user after user. */
async function write(db: Database, rows: readonly { tenant: string; title: string; blurb?: string }[]) {
  for (const row of rows) await withUser(db, row.tenant, (tx) => addBooks(tx, [row]));
  await search().refreshStatistics();
}

beforeAll(async () => {
  const { db } = database;
  await createBooks(db);
  for (const statement of rlsFor(books, { owner: books.tenant })) await db.execute(statement);
  for (const statement of searchStatisticsFor(bookSource)) await db.execute(statement);
  await write(db, [
    { tenant: "ann", title: "Lighthouse keepers", blurb: "The weather station, an événement" },
    { tenant: "bob", title: "Xylophonist", blurb: "weather reports" },
  ]);
});

const ask = (query: string, options: object = { ownerId: "ann" }) =>
  search().didYouMean({ query, ...options });

test("unknown words are corrected within the query, everything else stays as typed", async () => {
  expect(await ask('  "Ligthouse" -keepers (evenement)?')).toEqual({
    correction: '  "lighthouse" -keepers (événement)?',
    words: [
      { word: "ligthouse", suggestion: "lighthouse", documents: 1 },
      { word: "evenement", suggestion: "événement", documents: 1 },
    ],
  });
});

test("known words, code, numbers and hopeless words are left alone", async () => {
  const nothing = { correction: undefined, words: [] };
  for (const query of [
    "lighthouse KEEPERS",
    "src/wether.ts",
    "wether_station",
    "w3ather",
    "qqqqq",
    "ab",
    "",
    "\0\ud800",
    "%_\\",
  ])
    expect(await ask(query), query).toEqual(nothing);
});

test("one user's word never reaches another: not with 4 owners, but with 5", async () => {
  const { db } = database;
  expect((await ask("xylofonist", { ownerId: "bob" })).correction).toBe("xylophonist");
  expect((await ask("xylofonist")).correction).toBeUndefined();
  expect((await search().getSuggestions({ prefix: "xylo", ownerId: "ann" })).suggestions).toEqual([]);
  for (const owner of ["carl", "dora", "emil"]) await write(db, [{ tenant: owner, title: "Xylophonist" }]);
  expect((await ask("xylofonist")).correction).toBeUndefined();
  expect((await search().getSuggestions({ prefix: "xylo", ownerId: "ann" })).suggestions).toEqual([]);
  // The same owner once more makes no fifth.
  await write(db, [{ tenant: "carl", title: "Xylophonist again" }]);
  expect((await ask("xylofonist")).correction).toBeUndefined();
  await write(db, [{ tenant: "finn", title: "Xylophonist" }]);
  expect((await ask("xylofonist")).correction).toBe("xylophonist");
  expect((await search().getSuggestions({ prefix: "xylo", ownerId: "ann" })).suggestions).toEqual([
    { kind: "word", text: "xylophonist" },
  ]);
  await withUser(db, "finn", (tx) => tx.execute(sql`delete from books where tenant = 'finn'`));
  await search().refreshStatistics();
  expect((await ask("xylofonist")).correction).toBeUndefined();
});

test("over all owners every word corrects, for the service alone", async () => {
  expect((await ask("xylofonist", { allOwners: true })).correction).toBe("xylophonist");
  const asUser = withUser(database.db, "ann", (tx) => ask("xylofonist", { allOwners: true, db: tx }));
  expect((await asUser).correction).toBeUndefined();
  const asService = withUser(database.db, "ann", (tx) => ask("xylofonist", { allOwners: true, db: tx }), {
    role: "devora_service",
  });
  expect((await asService).correction).toBeUndefined();
  await expect(ask("xylofonist", {})).rejects.toMatchObject({ code: "OWNER_REQUIRED" });
});

test("words complete the last word after those already typed, each text once, with or without accents", async () => {
  const suggest = async (prefix: string) =>
    (await search().getSuggestions({ prefix, ownerId: "ann" })).suggestions.map(
      ({ kind, text }) => `${kind}: ${text}`,
    );
  expect(await suggest("storm wea")).toEqual(["word: storm weather"]);
  expect(await suggest("even")).toEqual(["word: événement"]);
  expect(await suggest("lighth")).toEqual(["title: Lighthouse keepers", "word: lighthouse"]);
  expect(await suggest("weather ")).toEqual([]);
});

test("own past queries with results come first; never another's, fruitless ones, or hashes", async () => {
  const logged = (owner: string, query: string | null, results: number) => sql`
    insert into devora.search_queries (id, owner_id, query, query_hash, sources, result_count, duration_ms)
    values (gen_random_uuid(), ${owner}, ${query}, 'h', '{books}', ${results}, 1)`;
  await withService(database.db, async (tx) => {
    await tx.execute(logged("ann", "Keepers of light", 3));
    await tx.execute(logged("ann", "keepers of light", 3));
    await tx.execute(logged("ann", "keepers of nothing", 0));
    await tx.execute(logged("ann", null, 3));
    await tx.execute(logged("bob", "keepers of secrets", 3));
  });
  const { suggestions } = await search().getSuggestions({ prefix: "keep", ownerId: "ann" });
  expect(suggestions.map(({ kind, text }) => `${kind}: ${text.toLowerCase()}`)).toEqual([
    "query: keepers of light",
    "word: keepers",
    "title: lighthouse keepers",
  ]);
});

test("an aborted call rejects with the reason", async () => {
  const reason = new Error("gone");
  await expect(ask("wether", { ownerId: "ann", signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("the functions answer from indexes", async () => {
  await withService(database.db, (tx) =>
    tx.execute(sql`
      insert into devora.search_vocabulary (owner_id, source, language, word, documents)
      select 'many', 'books', 'en', translate(md5(n::text), '0123456789', 'ghijklmnop'), 1
      from generate_series(1, 50000) as n`),
  );
  await database.db.execute(sql`analyze devora.search_vocabulary`);
  await withService(
    database.db,
    async (tx) => {
      for (const [letters, index] of [
        [sql`folded`, "search_vocabulary_owner_id_folded_idx"],
        [sql`reverse(folded)`, "search_vocabulary_owner_id_reverse_idx"],
      ] as const) {
        const plan = await rowsOf(
          tx,
          sql`explain select word from devora.search_vocabulary
              where owner_id in ('', 'many') and source = any('{books}') and ${letters} ~>=~ 'ec' and ${letters} ~<~ 'ed'`,
        );
        expect(JSON.stringify(plan)).toContain(index);
      }
    },
    { role: "devora_definer" },
  );
});

test("without module search titles alone complete, and nothing is corrected", async () => {
  const undo = new Error("undo");
  const attempt = withService(
    database.db,
    async (tx) => {
      await tx.execute(sql`drop function devora.search_completions_v1(text, text, text[], integer)`);
      await tx.execute(sql`drop function devora.search_corrections_v1(text[], text[])`);
      await tx.execute(
        sql`select set_config('app.user_id', 'ann', true), set_config('role', 'devora_app', true)`,
      );
      const { suggestions } = await search().getSuggestions({ prefix: "keep", ownerId: "ann", db: tx });
      expect(suggestions.map(({ text }) => text)).toEqual(["Lighthouse keepers"]);
      expect(await ask("ligthouse", { ownerId: "ann", db: tx })).toEqual({
        correction: undefined,
        words: [],
      });
      throw undo;
    },
    { role: "devora_definer" },
  );
  await expect(attempt).rejects.toBe(undo);
});
