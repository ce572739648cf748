import { type Database, projects, rowsOf, withUser } from "@devora/db-schema";
import { deferred, seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { type SQL, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test, vi } from "vitest";
import {
  type Candidates,
  type CandidatesCall,
  createRag,
  type Passage,
  type Retriever,
} from "../../src/index.ts";
import { manualTimers, passage } from "../support/fakes.ts";

const database = useTestDatabase();
let alice = "";
let bob = "";

beforeAll(async () => {
  const { db } = database;
  [alice, bob] = [await seedUser(db), await seedUser(db)];
  for (const [name, description] of [
    ["Shop", "A shop on vercel"],
    ["Blog", "A blog about vercel and vercel alone"],
    ["Game", "A game, nowhere yet"],
  ] as const)
    await seedProject(db, alice, { name, description });
  await seedProject(db, bob, { name: "Bob's", description: "The vercel password of Bob" });
});

/** Projects in an order; whose they are is left to the owner's scope. */
const ranked = (score: SQL, limit: number, complete = sql`true`): SQL => sql`
  select id, 'projects' as source, id as entity_id, name as title, description as text, 0 as start_offset,
    length(description) as end_offset, (${score})::float8 as score, updated_at, ${complete} as complete
  from projects where deleted_at is null
  order by score desc, id limit ${limit}::int`;

const keywords = (query: string) => sql`ts_rank(search_vector, plainto_tsquery('simple', ${query}::text))`;
const shortness = sql`1.0 / length(description)`;

type Offer = (call: CandidatesCall) => Promise<Candidates | undefined>;

/** A retriever of SQL, and how often it was asked in which way. */
function retrieverOn(db: Database, select: (call: { query: string; limit: number }) => SQL, offer?: Offer) {
  const asked = { retrieve: 0, candidates: 0 };
  const retriever: Retriever = {
    async retrieve(call) {
      asked.retrieve++;
      call.signal.throwIfAborted();
      const read = (tx: Database) => rowsOf(tx, select(call));
      const rows = await (call.db ? read(call.db) : withUser(db, call.ownerId, read));
      const passages = rows.map(
        (row): Passage => ({
          id: String(row.id),
          source: "projects",
          entityId: String(row.id),
          title: String(row.title),
          text: String(row.text),
          start: 0,
          end: Number(row.end_offset),
          score: Number(row.score),
          updatedAt: new Date(String(row.updated_at)),
        }),
      );
      return { passages, complete: true };
    },
    candidates(call) {
      asked.candidates++;
      return offer ? offer(call) : Promise.resolve({ sql: select(call), complete: true });
    },
  };
  return { ...retriever, asked };
}

const keywordOn = (db: Database, offer?: Offer) =>
  retrieverOn(db, ({ query, limit }) => ranked(keywords(query), limit), offer);
const shortOn = (db: Database, offer?: Offer) =>
  retrieverOn(db, ({ limit }) => ranked(shortness, limit), offer);
const call = () => ({ query: "vercel", userId: alice });

/** A retriever that keeps to `retrieve`. */
const plain = ({ retrieve }: Retriever): Retriever => ({ retrieve });

describe("in one statement", () => {
  test("answers are those of retrievers asked side by side", async () => {
    const { db } = database;
    const [keyword, short] = [keywordOn(db), shortOn(db)];
    for (const method of ["rrf", "relative-score"] as const) {
      const options = { fusion: { method }, limits: { candidates: 2, contexts: 2 } };
      const together = await createRag({ retrievers: { keyword, short }, db, ...options }).retrieveContext(
        call(),
      );
      const apart = await createRag({
        retrievers: { keyword: plain(keyword), short: plain(short) },
        db,
        ...options,
      }).retrieveContext(call());
      expect(together.contexts).toHaveLength(2);
      expect({ ...together, retrievers: 0, retrievalTimeMs: 0, timings: 0 }).toEqual({
        ...apart,
        retrievers: 0,
        retrievalTimeMs: 0,
        timings: 0,
      });
      expect(JSON.stringify(together)).not.toContain("Bob");
      expect(together.retrievers).toMatchObject({
        keyword: { status: "ok", passages: 2, complete: true, together: true },
        short: { status: "ok", passages: 2, together: true },
      });
      expect(apart.retrievers.keyword).not.toHaveProperty("together");
    }
    expect([keyword.asked, short.asked]).toEqual([
      { retrieve: 2, candidates: 2 },
      { retrieve: 2, candidates: 2 },
    ]);
  });

  test("one retriever alone, or no database, is no reason for it", async () => {
    const { db } = database;
    const [keyword, short] = [keywordOn(db), shortOn(db)];
    await createRag({ retrievers: { keyword, short } }).retrieveContext(call());
    await createRag({ retrievers: { keyword, short: plain(short) }, db }).retrieveContext(call());
    expect(keyword.asked).toEqual({ retrieve: 2, candidates: 0 });
  });

  test("settings are made before it, in its transaction alone", async () => {
    const { db } = database;
    const settings = sql`select set_config('app.factor', '7', true)`;
    const factor = sql`coalesce(nullif(current_setting('app.factor', true), ''), '0')::float8`;
    const keyword = keywordOn(db, async ({ limit }) => ({
      sql: ranked(factor, limit),
      settings,
      complete: true,
    }));
    const found = await createRag({ retrievers: { keyword, short: shortOn(db) }, db }).retrieveContext(
      call(),
    );
    expect(found.contexts[0]?.legs.keyword?.score).toBe(7);
    expect(await rowsOf(db, sql`select ${factor} as factor`)).toEqual([{ factor: 0 }]);
  });

  test("no statement of it may run beyond a third of the shortest deadline, nor beyond what the host allows", async () => {
    const { db } = database;
    const seen: unknown[] = [];
    const keyword = keywordOn(db, async ({ db: tx }) => {
      const [row] = await rowsOf(
        tx,
        sql`select current_setting('statement_timeout') as timeout, current_setting('transaction_read_only') as read_only`,
      );
      seen.push(row);
      return undefined;
    });
    const rag = createRag({
      retrievers: { keyword: { retriever: keyword, deadlineMs: 1498 }, short: shortOn(db) },
      limits: { deadlineMs: 2500 },
      db,
    });
    await rag.retrieveContext(call());
    await withUser(db, alice, async (tx) => {
      for (const host of ["100ms", "0", "1h"]) {
        await tx.execute(sql`select set_config('statement_timeout', ${host}, true)`);
        await rag.retrieveContext({ ...call(), db: tx });
      }
    });
    expect(seen).toEqual([
      { timeout: "500ms", read_only: "on" },
      { timeout: "100ms", read_only: "off" },
      { timeout: "500ms", read_only: "off" },
      { timeout: "500ms", read_only: "off" },
    ]);
  });

  test("the scope's role is the one that was given", async () => {
    const { db } = database;
    const roles: unknown[] = [];
    const keyword = keywordOn(db, async ({ db: tx }) => {
      roles.push((await rowsOf(tx, sql`select current_setting('role') as role`))[0]?.role);
      return undefined;
    });
    for (const role of [undefined, null, "devora_service"])
      await createRag({
        retrievers: { keyword, short: shortOn(db) },
        db,
        ...(role === undefined ? {} : { role }),
      }).retrieveContext(call());
    expect(roles).toEqual(["devora_app", "none", "devora_service"]);
  });
});

describe("what is incomplete", () => {
  const found = async (complete: SQL, limit: number, whenEmpty = true) => {
    const { db } = database;
    const keyword = keywordOn(db, async () => ({
      sql: ranked(shortness, limit, complete),
      complete: whenEmpty,
    }));
    const rag = createRag({
      retrievers: { keyword, short: shortOn(db) },
      limits: { candidates: 2, contexts: 2 },
      db,
    });
    return { ...(await rag.retrieveContext(call())), asked: keyword.asked };
  };

  test("is said so by the rows, and of no rows by the retriever", async () => {
    expect(await found(sql`false`, 2)).toMatchObject({
      complete: false,
      retrievers: { keyword: { complete: false, together: true, passages: 2 }, short: { complete: true } },
    });
    expect(await found(sql`true`, 0)).toMatchObject({
      complete: true,
      retrievers: { keyword: { complete: true, together: true, passages: 0 } },
    });
  });

  test.each([
    [sql`false`, 1, true],
    [sql`true`, 0, false],
  ])("is looked for by the retriever itself where too little came", async (complete, limit, whenEmpty) => {
    const { retrievers, asked } = await found(complete, limit, whenEmpty);
    expect(retrievers.keyword).toMatchObject({
      complete: true,
      passages: 2,
      together: false,
      apartCode: "TOO_FEW",
    });
    expect(retrievers.short).toMatchObject({ together: true });
    expect(asked).toEqual({ retrieve: 1, candidates: 1 });
  });
});

describe("when it cannot be", () => {
  const answers = async (offer: Offer, retrieve?: Retriever["retrieve"]) => {
    const { db } = database;
    const keyword = { ...keywordOn(db, offer), ...(retrieve ? { retrieve } : {}) };
    const short = shortOn(db);
    const found = await createRag({ retrievers: { keyword, short }, db }).retrieveContext(call());
    return { ...found, titles: found.contexts.map(({ title }) => title).sort(), asked: short.asked };
  };
  const all = ["Blog", "Game", "Shop"];

  test("a retriever without SQL for this query is asked by itself, the others together", async () => {
    const { titles, retrievers } = await answers(async () => undefined);
    expect(titles).toEqual(all);
    expect(retrievers).toMatchObject({
      keyword: { together: false, apartCode: "NO_SQL", passages: 3 },
      short: { together: true, passages: 3 },
    });
  });

  test("a retriever that fails is left out; the others' statement goes on", async () => {
    const { titles, retrievers, complete, asked } = await answers(async () => {
      throw Object.assign(new Error("secret"), { code: "EMBEDDER_FAILED" });
    });
    expect(titles).toEqual(all);
    expect(complete).toBe(false);
    expect(retrievers).toMatchObject({
      keyword: { status: "failed", errorCode: "EMBEDDER_FAILED", passages: 0 },
      short: { status: "ok", together: true },
    });
    expect(asked).toEqual({ retrieve: 0, candidates: 1 });
  });

  const failures: [string, string, Offer][] = [
    [
      "whose SQL fails",
      "22012",
      async ({ limit }) => ({ sql: ranked(sql`1 / (length(name) - 4)`, limit), complete: true }),
    ],
    ["whose SQL lacks a column", "42703", async () => ({ sql: sql`select 1 as id`, complete: true })],
    [
      "whose settings fail",
      "22012",
      async ({ limit }) => ({ sql: ranked(shortness, limit), settings: sql`select 1 / 0`, complete: true }),
    ],
    [
      "that fails in the database on the way",
      "22012",
      async ({ db }) => {
        await db.execute(sql`select 1 / 0`);
        return undefined;
      },
    ],
  ];
  test.each(failures)("beside a retriever %s all are asked by themselves", async (_, sqlState, offer) => {
    const { titles, retrievers } = await answers(offer);
    expect(titles).toEqual(all);
    const apart = { status: "ok", together: false, passages: 3 };
    // The other's may be 25P02: a transaction that has failed.
    expect(retrievers).toMatchObject({ keyword: { ...apart, apartCode: sqlState }, short: apart });
  });

  test("a null text makes the answer invalid, as it does otherwise", async () => {
    const { retrievers } = await answers(async () => ({
      sql: sql`select 'x' as id, 's' as source, 'e' as entity_id, null as title, 't' as text, 0 as start_offset,
        1 as end_offset, 1.0 as score, now() as updated_at, true as complete`,
      complete: true,
    }));
    expect(retrievers).toMatchObject({
      keyword: { status: "failed", errorCode: "INVALID_PASSAGES" },
      short: { together: true },
    });
  });

  test("when the one that fails fails by itself as well, the other still answers", async () => {
    const { titles, retrievers } = await answers(failures[0]?.[2] as Offer, () =>
      Promise.reject(new TypeError("x")),
    );
    expect(titles).toEqual(all);
    expect(retrievers).toMatchObject({
      keyword: { status: "failed", errorCode: "TypeError" },
      short: { status: "ok" },
    });
  });
});

describe("deadlines", () => {
  test("a slow one holds nobody up: after a third the others' statement goes, and it is left out at its deadline", async () => {
    const { db } = database;
    const timers = manualTimers();
    const asked = deferred<AbortSignal>();
    const slow = keywordOn(db, ({ signal }) => {
      asked.resolve(signal);
      return new Promise(() => {});
    });
    const rag = createRag({
      retrievers: { slow, short: shortOn(db) },
      limits: { deadlineMs: 999 },
      db,
      ...timers,
    });
    const pending = rag.retrieveContext(call());
    const signal = await asked.promise;
    timers.advance(332);
    expect(timers.pending()).toBe(3);
    timers.advance(1);
    // The slow one's deadline is all that is waited for.
    await vi.waitFor(() => expect(timers.pending()).toBe(1));
    expect(signal.aborted).toBe(false);
    timers.advance(666);
    const found = await pending;
    expect(found.contexts).toHaveLength(3);
    expect(found.retrievers).toMatchObject({
      slow: { status: "timed-out", errorCode: "TIMEOUT" },
      short: { status: "ok", together: true, passages: 3, tookMs: 333 },
    });
    expect(signal.reason).toMatchObject({ code: "TIMEOUT" });
    expect(timers.pending()).toBe(0);
  });

  test("one that is ready late has a statement of its own", async () => {
    const { db } = database;
    const timers = manualTimers();
    const [asked, ready] = [deferred<void>(), deferred<void>()];
    const keyword = keywordOn(db, async ({ limit }) => {
      asked.resolve();
      await ready.promise;
      return { sql: ranked(shortness, limit), complete: true };
    });
    const rag = createRag({ retrievers: { keyword, short: shortOn(db) }, db, ...timers });
    const pending = rag.retrieveContext(call());
    await asked.promise;
    timers.advance(1000);
    await vi.waitFor(() => expect(timers.pending()).toBe(1));
    timers.advance(500);
    ready.resolve();
    expect((await pending).retrievers).toMatchObject({
      keyword: { status: "ok", together: true, passages: 3, tookMs: 1500 },
      short: { status: "ok", together: true, tookMs: 1000 },
    });
    expect(keyword.asked).toEqual({ retrieve: 0, candidates: 1 });
  });

  test("a statement that one holds up is canceled, and the others are asked by themselves", async ({
    skip,
  }) => {
    const { db } = database;
    if (database.url === undefined) skip("an embedded database has no statement_timeout");
    const stuck = sql`(select 1.0 from pg_sleep(60))`;
    const keyword = {
      ...keywordOn(db, async ({ limit }) => ({ sql: ranked(stuck, limit), complete: true })),
      retrieve: () => Promise.reject(new TypeError("x")),
    };
    const rag = createRag({ retrievers: { keyword, short: shortOn(db) }, limits: { deadlineMs: 600 }, db });
    const { contexts, retrievers } = await rag.retrieveContext(call());
    expect(contexts).toHaveLength(3);
    expect(retrievers).toMatchObject({
      keyword: { status: "failed", errorCode: "TypeError" },
      short: { status: "ok", together: false, apartCode: "57014" },
    });
  });

  test("an abort ends the call at once, and what is not begun is not run", async () => {
    const { db } = database;
    const asked = deferred<AbortSignal>();
    const keyword = keywordOn(db, ({ signal }) => {
      asked.resolve(signal);
      return new Promise(() => {});
    });
    let begun = 0;
    const short = shortOn(db, async ({ limit }) => ({
      sql: ranked(shortness, limit),
      get settings() {
        begun++;
        return undefined;
      },
      complete: true,
    }));
    const controller = new AbortController();
    const rag = createRag({ retrievers: { keyword, short }, db });
    const pending = rag.retrieveContext({ ...call(), signal: controller.signal });
    const signal = await asked.promise;
    const reason = new Error("gone");
    controller.abort(reason);
    await expect(pending).rejects.toBe(reason);
    expect(signal.aborted).toBe(true);
    // The connection is free again: an embedded database has no other.
    expect(await rowsOf(db, sql`select 1 as one`)).toEqual([{ one: 1 }]);
    expect([begun, keyword.asked.retrieve, short.asked.retrieve]).toEqual([0, 0, 0]);
  });
});

describe("in the caller's transaction", () => {
  test("what it wrote is found, and its settings and scope are as before", async () => {
    const { db } = database;
    const owner = await seedUser(db);
    const keyword = keywordOn(db, async ({ limit }) => ({
      sql: ranked(keywords("vercel"), limit),
      settings: sql`select set_config('app.factor', '7', true)`,
      complete: true,
    }));
    const rag = createRag({ retrievers: { keyword, short: shortOn(db) } });
    await withUser(db, owner, async (tx) => {
      await tx.execute(
        sql`select set_config('statement_timeout', '17s', true), set_config('app.factor', '2', true)`,
      );
      await tx.insert(projects).values({ userId: owner, name: "New", description: "Fresh vercel project" });
      const found = await rag.retrieveContext({ query: "vercel", userId: owner, db: tx });
      expect(found.contexts.map(({ title }) => title)).toEqual(["New"]);
      expect(found.retrievers).toMatchObject({ keyword: { together: true }, short: { together: true } });
      const [row] = await rowsOf(
        tx,
        sql`select current_setting('statement_timeout') as timeout, current_setting('app.factor') as factor,
          current_setting('app.user_id') as owner, (select count(*)::int from projects) as projects`,
      );
      expect(row).toEqual({ timeout: "17s", factor: "2", owner, projects: 1 });
    });
    expect(await withUser(db, owner, (tx) => tx.$count(projects))).toBe(1);
  });

  test("a statement that fails does not end it, and all are asked by themselves in it", async () => {
    const { db } = database;
    const keyword = keywordOn(db, async () => ({ sql: sql`select 1 as id`, complete: true }));
    const rag = createRag({ retrievers: { keyword, short: shortOn(db) }, db });
    await withUser(db, alice, async (tx) => {
      const found = await rag.retrieveContext({ ...call(), db: tx });
      expect(found.contexts).toHaveLength(3);
      expect(found.retrievers).toMatchObject({
        keyword: { apartCode: "42703" },
        short: { together: false },
      });
      expect(await tx.$count(projects)).toBe(3);
    });
  });
});

test("what the caller writes after a retriever was late is kept", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  const timers = manualTimers();
  const asked = deferred<void>();
  const slow = keywordOn(db, () => {
    asked.resolve();
    return new Promise(() => {});
  });
  const rag = createRag({ retrievers: { slow, short: shortOn(db) }, limits: { deadlineMs: 999 }, ...timers });
  await withUser(db, owner, async (tx) => {
    const pending = rag.retrieveContext({ query: "vercel", userId: owner, db: tx });
    await asked.promise;
    timers.advance(333);
    await vi.waitFor(() => expect(timers.pending()).toBe(1));
    timers.advance(666);
    expect((await pending).retrievers.slow).toMatchObject({ status: "timed-out" });
    await tx.insert(projects).values({ userId: owner, name: "New" });
  });
  expect(await withUser(db, owner, (tx) => tx.$count(projects))).toBe(1);
});

test("beside those of the statement the others are asked as ever, in any order of names", async () => {
  const { db } = database;
  const other: Retriever = { retrieve: async () => ({ passages: [passage({ id: "x" })], complete: true }) };
  const found = await createRag({
    retrievers: { "it's": keywordOn(db), other, short: shortOn(db) },
    db,
  }).retrieveContext(call());
  expect(Object.keys(found.retrievers)).toEqual(["it's", "other", "short"]);
  expect(found.contexts.map(({ id }) => id)).toContain("x");
  expect(found.retrievers).toMatchObject({ "it's": { together: true }, short: { together: true } });
  expect(found.retrievers.other).not.toHaveProperty("together");
});
