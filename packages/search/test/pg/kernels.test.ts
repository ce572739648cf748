import { type Database, messages, newId, rlsFor, rowsOf, withService, withUser } from "@devora/db-schema";
import { seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { createSearch, devoraSources, installSearch, searchKernelFor } from "../../src/index.ts";
import { addBooks, bookSource, books, createBooks } from "../books.ts";
import { rowsOfUser } from "../devora-rows.ts";

const database = useTestDatabase();
let alice = "";
let bob = "";

async function fill(db: Database, userId: string, secret: string): Promise<void> {
  const rows = rowsOfUser(db, userId);
  const projectId = await rows.project({
    name: "Payments",
    description: "Stripe invoices",
    status: "active",
  });
  await rows.project({ name: "Paiements réguliers", description: "Les factures", language: "fr" });
  await rows.file({
    projectId,
    path: "src/pay/getInvoiceById.ts",
    content: "export function getInvoiceById() {}",
  });
  await withService(db, (tx) =>
    tx.execute(sql`
      insert into project_files (id, user_id, project_id, path, content, size_bytes, content_hash)
      select gen_random_uuid(), ${userId}::uuid, ${projectId}::uuid, 'src/file' || n || '.ts',
             'export const value' || n || ' = other' || n % 50 || '();', 1, 'x'
      from generate_series(1, 1500) as n`),
  );
  const conversationId = await rows.conversation({ title: "Invoices and payments", projectId });
  await withService(db, (tx) =>
    tx.execute(sql`
      insert into messages (id, user_id, conversation_id, role, content, language)
      select gen_random_uuid(), ${userId}::uuid, ${conversationId}::uuid,
             case when n % 2 = 0 then 'user' else 'assistant' end,
             'invoice number' || n % 40 || ' about thing' || n % 90 || ' ${sql.raw(secret)} ' || repeat(' filler' || n % 7, n % 20),
             (array['en', 'fr', 'simple'])[n % 3 + 1]
      from generate_series(1, 3000) as n`),
  );
  await seedProject(db, userId);
}

beforeAll(async () => {
  const { db } = database;
  [alice, bob] = [await seedUser(db), await seedUser(db)];
  await fill(db, alice, "aliceword");
  await fill(db, bob, "bobword");
  await db.execute(sql`vacuum analyze messages, projects, project_files, conversations`);
});

const calls = [
  { query: "invoice" },
  { query: "invoices payments", limit: 7, offset: 3 },
  { query: "number7 thing11 filler3 stripe" },
  { query: '"invoice number5" -thing5' },
  { query: "getInvoiceById" },
  { query: "pay", sources: ["files", "projects"] as const },
  { query: "factures régulières", updatedAfter: new Date("2020-01-01") },
  { query: "stripe", filters: { status: "active" as const } },
  { query: "invoice", filters: { role: ["user" as const] }, facets: true, explain: true },
  { query: "thing3 number3", boosts: { messages: 0.5 }, recency: { halfLifeDays: 10_000 }, proximity: 0.2 },
  { query: "nvoiceByI" },
  { query: "bobword" },
  { query: "-invoice" },
  { query: "" },
  // Facets of sources without a match, too.
  { query: "bobword", facets: true },
  { query: "nvoiceByI", facets: true },
];

/** What does not change from run to run; scores to 6 digits, because ages grow meanwhile. */
function comparable({ executionTimeMs: _time, nextCursor: _cursor, ...answer }: Record<string, unknown>) {
  const results = (answer.results as { score: number }[]).map((result) => ({
    ...result,
    score: result.score.toFixed(6),
  }));
  return { ...answer, results };
}

test("with kernels a user finds just what the plain statements find, by the index", async () => {
  const { db } = database;
  const search = createSearch({ db });
  const answers = async () => {
    const found = [];
    for (const call of calls)
      found.push(comparable({ ...(await search.search({ ...call, ownerId: alice })) }));
    return found;
  };
  /** Rows of messages and files that one search of Alice reads. */
  const rowsRead = () =>
    withUser(db, alice, async (tx) => {
      const count = async () => {
        const [row] = await rowsOf(
          tx,
          sql`select sum(pg_stat_get_xact_tuples_returned(t) + pg_stat_get_xact_tuples_fetched(t))::int as count
              from unnest('{public.messages,public.project_files}'::regclass[]) as t`,
        );
        return Number(row?.count);
      };
      const before = await count();
      await search.search({ query: "thing3", sources: ["messages", "files"], ownerId: alice, db: tx });
      return (await count()) - before;
    });
  const plain = await answers();
  const withoutKernels = await rowsRead();
  const first = await installSearch(db, devoraSources);
  expect(first.installed).toEqual(["projects", "conversations", "messages", "files"]);
  expect(await answers()).toEqual(plain);
  expect(plain.slice(0, 11).every((answer) => (answer.results as unknown[]).length > 0)).toBe(true);
  expect(plain[11]).toMatchObject({ results: [], total: 0 });
  await search.refreshStatistics();
  // 34 of Alice's 4,501 rows match; without kernels she reads all of them to count a word, to find the rows, and to rank.
  expect(withoutKernels).toBeGreaterThanOrEqual(12_000);
  expect(await rowsRead()).toBeLessThan(300);
  expect((await installSearch(db, devoraSources)).installed).toEqual([]);
});

test("with statistics, too, kernels change nothing", async () => {
  const { db } = database;
  await installSearch(db, devoraSources);
  await createSearch({ db }).refreshStatistics();
  const search = createSearch({ db });
  // Kernels of a schema where no tables are: there are none, and the statements are sent.
  const plain = createSearch({ db, kernels: { schema: "elsewhere" } });
  for (const call of [...calls, { query: "thing3 invoice filler3", limit: 100 }]) {
    const expected = comparable({ ...(await plain.search({ ...call, ownerId: alice })) });
    expect(comparable({ ...(await search.search({ ...call, ownerId: alice })) })).toEqual(expected);
  }
});

test("words that many rows of others have are not taken to be in one's own", async () => {
  const { db } = database;
  const carol = await seedUser(db);
  const rows = rowsOfUser(db, carol);
  const conversationId = await rows.conversation({ title: "Plain" });
  await rows.message({ conversationId, content: "an invoice" });
  await withService(db, (tx) =>
    tx.execute(sql`
      insert into messages (id, user_id, conversation_id, role, content)
      select gen_random_uuid(), ${carol}::uuid, ${conversationId}::uuid, 'user', 'plain text ' || n
      from generate_series(1, 2100) as n`),
  );
  const search = createSearch({ db });
  await search.refreshStatistics();
  for (const query of ["invoice aliceword", "aliceword bobword invoice", "invoice"]) {
    const answer = await search.searchAll({ query, ownerId: carol });
    expect(answer).toMatchObject({ total: 1, complete: true, relaxed: query !== "invoice" });
    expect(answer.results).toHaveLength(1);
  }
  expect(await search.searchAll({ query: "aliceword bobword", ownerId: carol })).toMatchObject({
    total: 0,
    results: [],
  });
});

test("of more rows than are ranked the last by id are, though their word is rare among all", async () => {
  const { db } = database;
  await installSearch(db, devoraSources);
  const dora = await seedUser(db);
  const conversationId = await rowsOfUser(db, dora).conversation({ title: "Sea birds" });
  const idOf = (n: number) => `01900000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
  // Written in no order, the first ones the most about it.
  await withService(db, (tx) =>
    tx.execute(sql`
      insert into messages (id, user_id, conversation_id, role, content)
      select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, ${dora}::uuid, ${conversationId}::uuid, 'user',
             case when n <= 100 then 'petrel petrel petrel' when n <= 700 then 'a petrel over the waves' else 'plain text ' || n end
      from generate_series(1, 2800) as n
      order by n * 7919 % 2803`),
  );
  await createSearch({ db }).refreshStatistics();
  const expected = Array.from({ length: 500 }, (_, n) => idOf(n + 201)).sort();
  for (const kernels of [{}, { schema: "elsewhere" }]) {
    const search = createSearch({ db, kernels });
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await search.searchAll({ query: "petrel", ownerId: dora, limit: 100, cursor });
      expect(page).toMatchObject({ total: 700, complete: false });
      ids.push(...page.results.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(ids.sort()).toEqual(expected);
  }
});

test("a kernel answers for the user of the scope, whomever the call names", async () => {
  const { db } = database;
  await installSearch(db, devoraSources);
  const search = createSearch({ db });
  const asked = await withUser(db, bob, (tx) =>
    search.searchMessages({ query: "aliceword", ownerId: alice, db: tx }),
  );
  expect(asked).toMatchObject({ results: [], total: 0 });
  const rank = searchKernelFor(devoraSources[2]).own?.rank ?? "";
  const request = JSON.stringify({
    "all.every": "'invoic'",
    "all.en": "'invoic'",
    "candidates.every": "'invoic'",
    "candidates.en": "'invoic'",
    owner: alice,
    cap: "10",
    limit: "10",
    terms: "[]",
    termCount: "0",
  });
  const direct = (tx: Database) =>
    rowsOf(tx, sql`select id from ${sql.raw(rank)}(${request}::jsonb) where id is not null`);
  const ids = (await withUser(db, bob, direct)).map(({ id }) => String(id));
  expect(ids).toHaveLength(10);
  const owners = await withService(db, (tx) =>
    tx
      .selectDistinct({ owner: messages.userId })
      .from(messages)
      .where(sql`${messages.id} = any(${sql.param(ids)}::uuid[])`),
  );
  expect(owners).toEqual([{ owner: bob }]);
  // No user, no rows; and nobody else may ask.
  expect(await withUser(db, newId(), direct)).toEqual([]);
  await expect(withService(db, direct)).rejects.toThrow();
});

test("a service searches the rows of one owner, and of all, and kernels change nothing", async () => {
  const { db } = database;
  await installSearch(db, devoraSources);
  const search = createSearch({ db });
  const plain = createSearch({ db, kernels: { schema: "elsewhere" } });
  for (const call of calls) {
    const expected = comparable({ ...(await plain.search({ ...call, allOwners: true })) });
    expect(comparable({ ...(await search.search({ ...call, allOwners: true })) })).toEqual(expected);
    const [own, found] = await withService(db, async (tx) => [
      await plain.search({ ...call, ownerId: alice, db: tx }),
      await search.search({ ...call, ownerId: alice, db: tx }),
    ]);
    expect(comparable({ ...found })).toEqual(comparable({ ...own }));
  }
  const call = { query: "number7", sources: ["messages" as const] };
  const one = await withService(db, (tx) => search.search({ ...call, ownerId: alice, db: tx }));
  expect(one.total).toBe(75);
  expect((await search.search({ ...call, allOwners: true })).total).toBe(150);
});

test("an own table gets kernels by its source; a changed source gets new ones", async () => {
  const { db } = database;
  await createBooks(db);
  for (const statement of rlsFor(books, { owner: books.tenant })) await db.execute(statement);
  await withUser(db, "acme", (tx) => addBooks(tx, [{ title: "Sailing alone", blurb: "A man and a boat." }]));
  const search = createSearch({ db, sources: [bookSource] });
  const found = () => search.searchBooks({ query: "boats", ownerId: "acme" });
  const plain = await found();
  expect((await installSearch(db, [bookSource])).installed).toEqual(["books"]);
  expect(comparable({ ...(await found()) })).toEqual(comparable({ ...plain }));
  expect(plain.total).toBe(1);
  expect((await search.searchBooks({ query: "boats", ownerId: "other" })).total).toBe(0);
  const { year, genre } = bookSource.filters;
  const narrower = { ...bookSource, filters: { year } };
  expect(searchKernelFor(narrower).page).not.toBe(searchKernelFor(bookSource).page);
  expect(searchKernelFor({ ...bookSource, filters: { genre, year } }).page).toBe(
    searchKernelFor(bookSource).page,
  );
  expect(searchKernelFor(bookSource, { roles: ["reader"] }).page).not.toBe(searchKernelFor(bookSource).page);
});

test("rows that nobody owns are searched through kernels, by policies alone", async () => {
  const { db } = database;
  const everybodys = { ...bookSource, owner: undefined };
  expect(searchKernelFor(everybodys).own).toBeUndefined();
  expect((await installSearch(db, [everybodys])).installed).toEqual(["books"]);
  await withUser(db, "other", (tx) =>
    addBooks(tx, [{ tenant: "other", title: "Boats of others", blurb: "Not for all." }]),
  );
  const search = createSearch({ db, sources: [everybodys] });
  const plain = createSearch({ db, sources: [everybodys], kernels: { schema: "elsewhere" } });
  const boats = (by: typeof search, tx: Database) => by.searchBooks({ query: "boats", db: tx });
  const seenBy = (user: string) =>
    withUser(db, user, async (tx) => {
      const found = await boats(search, tx);
      expect(comparable({ ...found })).toEqual(comparable({ ...(await boats(plain, tx)) }));
      return found.results.map(({ title }) => title);
    });
  expect(await seenBy("acme")).toEqual(["Sailing alone"]);
  expect(await seenBy("other")).toEqual(["Boats of others"]);
  expect((await withService(db, (tx) => boats(search, tx))).total).toBe(2);
});
