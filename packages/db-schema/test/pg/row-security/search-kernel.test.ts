import { type Database, newId, rowsOf, withService, withUser } from "@devora/db-schema";
import { lintRowSecurity, seedUser, useTestDatabase } from "@devora/testing";
import {
  createSearchKernel,
  type KernelQuery,
  type KernelTable,
  kernelBody,
  kernelQuery,
} from "@devora/testing/search-kernel";
import { type SQL, sql } from "drizzle-orm";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { installedFacts } from "./facts.ts";

const database = useTestDatabase();
const messages: KernelTable = {
  schema: "public",
  table: "messages",
  id: "id",
  idType: "uuid",
  owner: "user_id",
  ownerType: "uuid",
  vector: "search_vector",
  deletedAt: "deleted_at",
};
const signature = "devora.search_messages(tsquery,integer)";
const stranger = newId();
let alice = "";
let bob = "";

beforeAll(async () => {
  const { db } = database;
  for (const statement of createSearchKernel(messages).statements) await db.execute(statement);
  alice = await seedUser(db);
  bob = await seedUser(db);
  for (const user of [alice, bob]) await addMessages(db, user, 3000);
  // Also folds what waits in the index's list of pending entries, which would make it look dear.
  await db.execute(sql`vacuum (analyze) public.messages`);
});

/** Long messages of four words out of forty, a tenth of them deleted; the word `rare` is in one of five hundred. */
async function addMessages(db: Database, user: string, count: number): Promise<void> {
  const conversation = newId();
  await withService(db, async (tx) => {
    await tx.execute(
      sql`insert into public.conversations (id, user_id, title) values (${conversation}::uuid, ${user}::uuid, 'All')`,
    );
    await tx.execute(sql`
      insert into public.messages (id, user_id, conversation_id, role, content, deleted_at)
      select gen_random_uuid(), ${user}::uuid, ${conversation}::uuid, 'user',
             concat_ws(' ', 'word' || n % 40, 'word' || n % 37, 'word' || n % 31, 'word' || n % 7, case when n % 500 = 3 then 'rare' end, repeat('padding ', 60)),
             case when n % 10 = 9 then now() end
      from generate_series(1, ${count}::integer) n`);
  });
}

const search = (user: string, query: KernelQuery) =>
  withUser(database.db, user, (tx) => hits(tx, kernelQuery(messages, query)));

/** What the policies alone give: slow, and right. */
const bruteForce = (user: string, { text, language, limit }: KernelQuery) =>
  withUser(database.db, user, (tx) =>
    hits(
      tx,
      sql`
        select t.id, ts_rank(t.search_vector, q) as score, to_jsonb(t) as row
        from public.messages t, websearch_to_tsquery(devora.text_config(${language}::text), ${text}::text) q
        where t.search_vector @@ q and t.deleted_at is null
        order by score desc, t.id limit ${limit}::integer`,
    ),
  );

async function hits(tx: Database, query: SQL) {
  const rows = await rowsOf<{ id: string; score: number; row: { user_id: string } }>(tx, query);
  return rows.map(({ id, score, row }) => ({ id, score: Number(score), owner: row.user_id }));
}

test("finds what brute force under the policies finds, for any query and user", async () => {
  const word = fc.oneof(
    fc.integer({ min: 0, max: 41 }).map((n) => `word${n}`),
    fc.constantFrom("rare", "", "'", "ö", "or", "%", "\\"),
  );
  const term = fc.oneof(
    word,
    word.map((text) => `-${text}`),
    fc.array(word, { minLength: 2, maxLength: 3 }).map((words) => `"${words.join(" ")}"`),
  );
  const queries = fc.record({
    text: fc.array(term, { maxLength: 4 }).map((terms) => terms.join(" ")),
    language: fc.constantFrom("fr" as const, "en" as const, "simple" as const),
    limit: fc.integer({ min: 1, max: 40 }),
  });
  let found = 0;
  await fc.assert(
    fc.asyncProperty(queries, fc.constantFrom(alice, bob, stranger), async (query, user) => {
      const result = await search(user, query);
      found += result.length;
      expect(result).toEqual(await bruteForce(user, query));
      expect(result.filter((hit) => hit.owner !== user)).toEqual([]);
    }),
    { numRuns: 80 },
  );
  expect(found).toBeGreaterThan(0);
});

test("without a user it answers nothing", async () => {
  const rows = await withService(
    database.db,
    (tx) => rowsOf(tx, kernelQuery(messages, { text: "rare", language: "en", limit: 10 })),
    { role: "devora_app" },
  );
  expect(rows).toEqual([]);
});

test("as devora_app it scans the index of owner and words, which a query under the policies cannot", async () => {
  const scans = async (run: (tx: Database) => Promise<unknown>) =>
    withUser(database.db, alice, async (tx) => {
      const count = async () => {
        const [row] = await rowsOf(
          tx,
          sql`select pg_stat_get_xact_numscans('public.messages_search_idx'::regclass)::int as scans, current_user::text as role`,
        );
        expect(row?.role).toBe("devora_app");
        return Number(row?.scans);
      };
      const before = await count();
      await run(tx);
      return (await count()) - before;
    });
  const query = { text: "rare", language: "en", limit: 10 } as const;
  expect(await scans((tx) => tx.execute(kernelQuery(messages, query)))).toBe(1);

  const outer = await withUser(database.db, alice, (tx) => explain(tx, kernelQuery(messages, query)));
  expect(outer).toMatch(/Function Scan on search_messages/);
  expect(outer).toMatch(/Index Scan using messages_\w+ on messages t\s+Index Cond: .*id = k\.id/);
  const direct = sql`select t.id from public.messages t where t.search_vector @@ 'rare'::tsquery and t.deleted_at is null`;
  expect(await withUser(database.db, alice, (tx) => explain(tx, direct))).not.toMatch(/Index Cond:.*@@/);
});

test("inside, owner and words are one condition of the index", async () => {
  const body = kernelBody(messages, sql`'rare'::tsquery`, sql`10`);
  const plan = await withUser(database.db, alice, (tx) => explain(tx, body), { role: "devora_definer" });
  expect(plan).toMatch(/on messages_search_idx/);
  expect(plan).toMatch(/Index Cond: .*user_id = .*search_vector @@/);
});

async function explain(tx: Database, query: SQL): Promise<string> {
  const rows = await rowsOf(tx, sql`explain (costs off) ${query}`);
  return rows.map((row) => String(row["QUERY PLAN"])).join("\n");
}

test("a kernel that forgot the owner still shows nothing foreign", async () => {
  const undo = new Error("undo");
  const transaction = database.db.transaction(async (tx) => {
    await tx.execute(sql`grant create on schema devora to devora_definer`);
    await tx.execute(sql`select set_config('role', 'devora_definer', true)`);
    await tx.execute(sql`
      create or replace function devora.search_messages(query tsquery, max_rows integer) returns table (id uuid, score real)
      language sql stable security definer set search_path = pg_catalog, pg_temp
      as 'select t.id, ts_rank(t.search_vector, query) from public.messages t where t.search_vector @@ query limit max_rows'`);
    const all = { text: "rare", language: "en", limit: 100 } as const;
    const ids = await withUser(tx, stranger, (scoped) =>
      rowsOf(scoped, sql`select id from devora.search_messages('rare'::tsquery, 100)`),
    );
    expect(ids).toHaveLength(12);
    expect(await withUser(tx, stranger, (scoped) => hits(scoped, kernelQuery(messages, all)))).toEqual([]);
    throw undo;
  });
  await expect(transaction).rejects.toBe(undo);
});

test("it passes the lints: path pinned, owned by devora_definer, for devora_app alone", async () => {
  const facts = installedFacts();
  const functions = { ...facts.functions, [signature]: { definer: true, execute: ["devora_app"] as const } };
  expect(await lintRowSecurity(database.db, { ...facts, functions })).toEqual([]);
});
