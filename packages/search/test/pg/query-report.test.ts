import { newId, rowsOf, searchQueries, withService, withUser } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { createSearch } from "../../src/index.ts";
import { queryReportQuery } from "../../src/queries/query-report.ts";

const database = useTestDatabase();
const report = (options: object = {}) =>
  createSearch({ db: database.db }).reportQueries({ from: new Date("2026-03-01T00:00:00Z"), ...options });

interface Entry {
  hash: string;
  query?: string | null;
  owner?: string | null;
  ms?: number;
  results?: number;
  at?: string;
}

const log = (entries: readonly Entry[]) =>
  withService(database.db, (tx) =>
    tx.insert(searchQueries).values(
      entries.map(
        ({ hash, query = hash, owner = "ann", ms = 1, results = 1, at = "2026-03-02T00:00:00Z" }) => ({
          ...{ query, ownerId: owner, queryHash: hash, sources: ["projects"] },
          ...{ resultCount: results, durationMs: ms, occurredAt: new Date(at) },
        }),
      ),
    ),
  );
const times = (count: number, entry: Entry): Entry[] => Array.from({ length: count }, () => entry);
const hashes = (list: readonly { queryHash: string }[]) => list.map(({ queryHash }) => queryHash);

beforeEach(() => withService(database.db, (tx) => tx.delete(searchQueries)));

test("each query once: searches, owners, times, results, the last time", async () => {
  const owners = ["ann", "bob", "carl", "dora", "emil"];
  await log([
    ...owners.map((owner, n) => ({
      ...{ hash: "walrus", query: n === 0 ? "  WALRUS " : "walrus", owner, ms: 10 * (n + 1), results: n },
      at: `2026-03-0${n + 2}T10:00:00Z`,
    })),
    { hash: "walrus", owner: "ann", ms: 210, results: 4, at: "2026-03-02T11:00:00Z" },
  ]);
  const entry = {
    query: "walrus",
    queryHash: "walrus",
    searches: 6,
    owners: 5,
    withoutResults: 1,
    // (10 + 20 + 30 + 40 + 50 + 210) / 6
    meanDurationMs: 60,
    // The sixth of six: 5 are 83 of 100.
    p95DurationMs: 210,
    // (0 + 1 + 2 + 3 + 4 + 4) / 6
    meanResults: 14 / 6,
    lastAt: new Date("2026-03-06T10:00:00Z"),
  };
  const close = { ...entry, meanResults: expect.closeTo(entry.meanResults, 9) };
  expect(await report()).toEqual({ slow: [close], popular: [close], withoutResults: [close] });
});

test("the 95th percentile forgets 1 slow search of 20, not 2", async () => {
  await log([
    ...times(19, { hash: "one", ms: 5 }),
    { hash: "one", ms: 900 },
    ...times(18, { hash: "two", ms: 5 }),
    ...times(2, { hash: "two", ms: 800 }),
  ]);
  const { slow, popular } = await report();
  expect(popular.map(({ p95DurationMs }) => p95DurationMs)).toEqual([5, 800]);
  expect(hashes(slow)).toEqual(["two"]);
  expect(hashes((await report({ slowerThanMs: 800 })).slow)).toEqual([]);
  expect(hashes((await report({ slowerThanMs: 4 })).slow)).toEqual(["two", "one"]);
});

test("each list in its own order, to its limit; a tie goes by hash", async () => {
  await log([
    ...times(3, { hash: "popular" }),
    ...times(2, { hash: "fruitless b", results: 0 }),
    ...times(2, { hash: "fruitless a", results: 0 }),
    { hash: "fruitless once", results: 0, ms: 150 },
    { hash: "slowest", ms: 300 },
  ]);
  const all = await report();
  expect(hashes(all.popular)).toEqual(["popular", "fruitless a", "fruitless b", "fruitless once", "slowest"]);
  expect(hashes(all.slow)).toEqual(["slowest", "fruitless once"]);
  expect(hashes(all.withoutResults)).toEqual(["fruitless a", "fruitless b", "fruitless once"]);
  const short = await report({ limit: 1 });
  expect([short.popular, short.slow, short.withoutResults].map(hashes)).toEqual([
    ["popular"],
    ["slowest"],
    ["fruitless a"],
  ]);
});

test("a text of fewer than 5 owners stays unknown, its hash is told; hashes alone have none", async () => {
  const by = (hash: string, owners: readonly (string | null)[], query: string | null = hash) =>
    owners.map((owner) => ({ hash, owner, query }));
  await log([
    ...by("five", ["ann", "bob", "carl", "dora", "emil"]),
    // Searches of one owner, however many, make no fifth; nor do searches without an owner.
    ...by("four", ["ann", "bob", "carl", "dora", "dora", null]),
    ...by("hashed", ["ann", "bob", "carl", "dora", "emil"], null),
    ...by("nobody", [null, null]),
  ]);
  const texts = async (options?: object) =>
    (await report(options)).popular.map(({ queryHash, query }) => [queryHash, query]);
  const [four, five, hashed, nobody] = ["four", "five", "hashed", "nobody"];
  expect(await texts()).toEqual([[four], [five, five], [hashed], [nobody]].map(([a, b]) => [a, b]));
  expect(await texts({ minOwners: 1 })).toEqual([
    [four, four],
    [five, five],
    [hashed, undefined],
    [nobody, undefined],
  ]);
  expect((await texts({ minOwners: 0 })).at(-1)).toEqual([nobody, nobody]);
});

test("owners count within the time alone; from is in it, to is not", async () => {
  const at = (owner: string, day: string) => ({ hash: "q", owner, at: `${day}T00:00:00Z` });
  await log([
    at("ann", "2026-02-28"),
    at("bob", "2026-03-01"),
    at("carl", "2026-03-02"),
    at("dora", "2026-03-03"),
    at("emil", "2026-03-04"),
  ]);
  expect((await report({ to: new Date("2026-03-04T00:00:00Z") })).popular).toMatchObject([
    { searches: 3, owners: 3, query: undefined },
  ]);
  expect((await report({ to: new Date("2026-03-04T00:00:00.001Z") })).popular).toMatchObject([
    { searches: 4 },
  ]);
  expect((await report({ from: new Date("2026-02-28T00:00:00Z") })).popular).toMatchObject([
    { searches: 5, owners: 5, query: "q" },
  ]);
  expect(await report({ from: new Date("2027-01-01T00:00:00Z") })).toEqual({
    slow: [],
    popular: [],
    withoutResults: [],
  });
});

test("in a user's own transaction the report is of that user", async () => {
  await log([{ hash: "mine" }, { hash: "theirs", owner: "bob" }]);
  const own = await withUser(database.db, "ann", (db) => report({ db, minOwners: 1 }));
  expect(own.popular).toMatchObject([{ query: "mine", owners: 1 }]);
});

test("a short time of a long log is read by the index", async () => {
  await withService(database.db, (tx) =>
    tx.execute(sql`
      insert into devora.search_queries (id, query_hash, sources, result_count, duration_ms, occurred_at)
      select gen_random_uuid(), 'h' || n % 500, '{projects}', 1, 1, '2026-03-01'::timestamptz + n * interval '1 minute'
      from generate_series(1, 20000) as n`),
  );
  await database.db.execute(sql`vacuum analyze devora.search_queries`);
  const query = queryReportQuery({
    from: new Date("2026-03-02T00:00:00Z"),
    to: new Date("2026-03-02T06:00:00Z"),
    ...{ slowerThanMs: 100, minOwners: 5, limit: 20 },
  });
  const plan = await withService(database.db, (tx) => rowsOf(tx, sql`explain (costs off) ${query}`));
  expect(JSON.stringify(plan)).toMatch(/Index Scan (using|on) search_queries_occurred_at_idx/);
});

test("what cannot be a report is refused", async () => {
  const refused = (options: object) =>
    expect(report(options)).rejects.toMatchObject({ code: "INVALID_OPTION" });
  await refused({ from: undefined });
  await refused({ from: "2026-03-01" });
  await refused({ to: new Date(Number.NaN) });
  await refused({ to: new Date("2026-03-01T00:00:00Z") });
  await refused({ limit: 0 });
  await refused({ slowerThanMs: -1 });
  await refused({ minOwners: 1.5 });
  const reason = new Error("gone");
  await expect(report({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("deletes what was logged before a time, however much, and nothing else", async () => {
  const search = createSearch({ db: database.db });
  const limit = new Date("2026-03-02T00:00:00Z");
  await withService(database.db, (tx) =>
    tx.execute(sql`
      insert into devora.search_queries (id, query_hash, sources, result_count, duration_ms, occurred_at)
      select gen_random_uuid(), 'old', '{projects}', 1, 1, ${limit.toISOString()}::timestamptz - n * interval '1 ms'
      from generate_series(1, 2001) as n`),
  );
  await log([{ hash: "kept", at: limit.toISOString() }]);
  expect(await search.deleteQueriesBefore(limit)).toEqual({ deleted: 2001 });
  expect(await search.deleteQueriesBefore(limit)).toEqual({ deleted: 0 });
  expect((await report({ from: new Date(0) })).popular).toMatchObject([{ queryHash: "kept", searches: 1 }]);
});

test("an aborted deletion keeps the batches that were not begun; one in a transaction ends with it", async () => {
  const search = createSearch({ db: database.db });
  const limit = new Date("2026-03-03T00:00:00Z");
  await log(times(2, { hash: "old" }));
  const reason = new Error("gone");
  await expect(search.deleteQueriesBefore(limit, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const undone = withService(database.db, async (db) => {
    expect(await search.deleteQueriesBefore(limit, { db })).toEqual({ deleted: 2 });
    throw reason;
  });
  await expect(undone).rejects.toBe(reason);
  expect((await report()).popular).toMatchObject([{ searches: 2 }]);
  // A user may not delete the log, not even the own part.
  const asUser = withUser(database.db, "ann", (db) => search.deleteQueriesBefore(limit, { db }));
  await expect(asUser).rejects.toMatchObject({ name: "DatabaseError" });
  await expect(search.deleteQueriesBefore(undefined as never)).rejects.toMatchObject({
    code: "INVALID_OPTION",
  });
});

test("a log written by searches is reported and forgotten", async () => {
  const owner = newId();
  const search = createSearch({ db: database.db, log: { mode: "full" } });
  await search.searchProjects({ query: "Walrus", ownerId: owner });
  await search.searchProjects({ query: "walrus ", ownerId: owner });
  await search.close();
  const { withoutResults } = await search.reportQueries({ from: new Date(0), minOwners: 1 });
  expect(withoutResults).toMatchObject([{ query: "walrus", searches: 2, withoutResults: 2, owners: 1 }]);
  expect(await search.deleteQueriesBefore(new Date(Date.now() + 60_000))).toEqual({ deleted: 2 });
});
