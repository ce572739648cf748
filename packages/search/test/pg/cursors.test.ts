import { type Database, withService } from "@devora/db-schema";
import { seedUser, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { createSearch, devoraSources, installSearch } from "../../src/index.ts";
import { rowsOfUser } from "../devora-rows.ts";

const database = useTestDatabase();
let owner = "";
let conversationId = "";

const addMessages = (db: Database, from: number, to: number, text: string) =>
  withService(db, (tx) =>
    tx.execute(sql`
      insert into messages (id, user_id, conversation_id, role, content, language)
      select gen_random_uuid(), ${owner}::uuid, ${conversationId}::uuid, 'user', ${text}::text || repeat(' filler' || n, n % 5), 'en'
      from generate_series(${from}::int, ${to}::int) as n`),
  );

beforeAll(async () => {
  const { db } = database;
  owner = await seedUser(db);
  const rows = rowsOfUser(db, owner);
  conversationId = await rows.conversation({ title: "Boats" });
  for (const name of ["Boats", "Sailing boats", "A harbour for boats"]) await rows.project({ name });
  await addMessages(db, 1, 40, "a boat on the sea");
});

type SearchOf = ReturnType<typeof createSearch<(typeof devoraSources)[number]>>;

/** All pages by cursor; `between` runs after each. */
async function pages(search: SearchOf, query: string, between: (page: number) => Promise<unknown>) {
  const ids: string[] = [];
  let cursor: string | undefined;
  let page = 0;
  do {
    const answer = await search.searchAll({ query, ownerId: owner, limit: 7, cursor });
    ids.push(...answer.results.map(({ type, id }) => `${type} ${id}`));
    cursor = answer.nextCursor;
    await between(++page);
  } while (cursor !== undefined && page < 1_000);
  return ids;
}

describe.each(["without", "with"])("%s kernels", (kernels) => {
  beforeAll(async () => {
    if (kernels === "with") await installSearch(database.db, devoraSources);
  });

  test("pages by cursor are the whole answer in its order, whatever is written between them", async () => {
    const { db } = database;
    const search = createSearch({ db });
    const whole = await search.searchAll({ query: "boat", ownerId: owner, limit: 100 });
    expect(whole.nextCursor).toBeUndefined();
    const ids = whole.results.map(({ type, id }) => `${type} ${id}`);
    expect(ids.length).toBeGreaterThan(40);
    const quiet = await pages(search, "boat", async () => {});
    expect(quiet).toEqual(ids);
    const busy = await pages(search, "boat", (page) => addMessages(db, page, page + 2, "boat boat boat"));
    // New rows may come; what was there is neither repeated nor skipped, and keeps its order.
    expect(new Set(busy).size).toBe(busy.length);
    expect(busy.filter((id) => ids.includes(id))).toEqual(ids);
    await withService(db, (tx) => tx.execute(sql`delete from messages where content like 'boat boat boat%'`));
  });

  test("of more rows than are ranked, later pages rank the same ones", async () => {
    const { db } = database;
    await addMessages(db, 1, 2_300, "a gull flies");
    const search = createSearch({ db });
    const first = await search.searchMessages({ query: "gull", ownerId: owner, limit: 100 });
    expect(first).toMatchObject({ complete: false });
    expect(first.total).toBeGreaterThan(2_000);
    const seen = new Set(first.results.map(({ id }) => id));
    let cursor = first.nextCursor;
    let written = false;
    while (cursor !== undefined) {
      const page = await search.searchMessages({ query: "gull", ownerId: owner, limit: 100, cursor });
      for (const { id } of page.results) {
        expect(seen.has(id)).toBe(false);
        seen.add(id);
      }
      if (!written) await addMessages(db, 1, 500, "gulls everywhere, and one more gull");
      written = true;
      cursor = page.nextCursor;
    }
    const ranked = await withService(db, (tx) =>
      tx.execute(sql`delete from messages where content like 'gulls everywhere%'`),
    );
    expect(ranked).toBeDefined();
    // The same 500 rows as in one go, none pushed out by the new ones.
    const again = new Set<string>();
    let next: string | undefined;
    do {
      const page = await search.searchMessages({ query: "gull", ownerId: owner, limit: 100, cursor: next });
      for (const { id } of page.results) again.add(id);
      next = page.nextCursor;
    } while (next !== undefined);
    expect(again.size).toBe(500);
    expect([...again].filter((id) => !seen.has(id))).toEqual([]);
    await withService(db, (tx) => tx.execute(sql`delete from messages where content like 'a gull%'`));
  });

  test("where the rarest word chooses, the last rows with another follow, on later pages the same ones", async () => {
    const { db } = database;
    await addMessages(db, 1, 2_300, "a gull flies");
    await addMessages(db, 1, 3, "a puffin sits");
    const search = createSearch({ db });
    const first = await search.searchAll({ query: "puffin gull", ownerId: owner, limit: 4 });
    expect(first).toMatchObject({ relaxed: true, complete: false });
    expect(first.total).toBeGreaterThan(2_000);
    expect(first.results.map(({ missingWords }) => missingWords)).toEqual([
      ...Array(3).fill(["gull"]),
      ["puffin"],
    ]);
    const quiet = await pages(search, "puffin gull", async () => {});
    // Rows with the rare word may be among the last.
    expect(quiet.length).toBeGreaterThanOrEqual(197);
    expect(quiet.length).toBeLessThanOrEqual(200);
    const busy = await pages(search, "puffin gull", (page) =>
      addMessages(db, page, page + 20, "one more gull"),
    );
    expect(new Set(busy).size).toBe(busy.length);
    expect(busy.filter((id) => quiet.includes(id))).toEqual(quiet);
    await withService(db, (tx) =>
      tx.execute(
        sql`delete from messages where content like 'a %' and content not like 'a boat%' or content like 'one more%'`,
      ),
    );
  });
});

test("a cursor is refused where it does not belong, by a typed error", async () => {
  const { db } = database;
  const search = createSearch({ db });
  const call = { query: "boat", ownerId: owner, limit: 5 };
  const { nextCursor = "" } = await search.searchAll(call);
  const codeOf = async (work: Promise<unknown>) =>
    work.then(
      () => "none",
      (error: { code: string }) => error.code,
    );
  expect(await codeOf(search.searchAll({ ...call, cursor: nextCursor, limit: 9 }))).toBe("none");
  for (const other of [
    { query: "sea" },
    { sources: ["projects" as const] },
    { updatedAfter: new Date(0) },
    { recency: { halfLifeDays: 9 } },
    { ownerId: await seedUser(db) },
  ]) {
    expect(await codeOf(search.search({ ...call, ...other, cursor: nextCursor }))).toBe("INVALID_CURSOR");
  }
  const [text = "", signature = ""] = nextCursor.split(".");
  const forged = Buffer.from(
    JSON.stringify({ ...JSON.parse(Buffer.from(text, "base64url").toString()), total: 9 }),
  ).toString("base64url");
  for (const cursor of [
    "",
    "x",
    ".",
    `${forged}.${signature}`,
    `${nextCursor}.`,
    "\u0000",
    "9".repeat(100_000),
  ]) {
    expect(await codeOf(search.searchAll({ ...call, cursor }))).toBe("INVALID_CURSOR");
  }
  expect(await codeOf(search.searchAll({ ...call, cursor: 7 as unknown as string }))).toBe("INVALID_CURSOR");
  expect(await codeOf(search.searchAll({ ...call, cursor: nextCursor, offset: 5 }))).toBe("INVALID_OPTION");
  // Other processes share the secret, or do not.
  const here = createSearch({ db, cursorSecret: "a secret of thirty-two characters" });
  const there = createSearch({ db, cursorSecret: "a secret of thirty-two characters" });
  const made = await here.searchAll(call);
  expect(await codeOf(there.searchAll({ ...call, cursor: made.nextCursor }))).toBe("none");
  expect(await codeOf(createSearch({ db }).searchAll({ ...call, cursor: made.nextCursor }))).toBe(
    "INVALID_CURSOR",
  );
  expect(() => createSearch({ db, cursorSecret: "fifteen letters" })).toThrow(
    expect.objectContaining({
      code: "INVALID_OPTION",
      message: expect.not.stringContaining("fifteen letters"),
    }),
  );
});
