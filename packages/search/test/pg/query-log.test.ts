import { createHash } from "node:crypto";
import { newId, rlsFor, searchQueries, withService, withUser } from "@devora/db-schema";
import { seedUser, useTestDatabase } from "@devora/testing";
import { eq, sql } from "drizzle-orm";
import { expect, test, vi } from "vitest";
import { createSearch, searchStatisticsFor } from "../../src/index.ts";
import { createQueryLog } from "../../src/query-log.ts";
import { addBooks, bookSource, books, createBooks } from "../books.ts";
import { rowsOfUser } from "../devora-rows.ts";

const database = useTestDatabase();
const logged = (ownerId: string) =>
  withService(database.db, (tx) => tx.select().from(searchQueries).where(eq(searchQueries.ownerId, ownerId)));

test("full: each answered query, its owner, sources, count and time", async () => {
  const owner = await seedUser(database.db);
  await rowsOfUser(database.db, owner).project({ name: "Walrus" });
  const search = createSearch({ db: database.db, log: { mode: "full" } });
  await search.searchProjects({ query: "walrus", ownerId: owner });
  await search.searchAll({ query: "walrus zebra", ownerId: owner });
  await search.flush();
  const rows = await logged(owner);
  expect(
    rows.map(({ query, sources, resultCount, relaxed }) => ({ query, sources, resultCount, relaxed })),
  ).toEqual([
    { query: "walrus", sources: ["projects"], resultCount: 1, relaxed: false },
    {
      query: "walrus zebra",
      sources: ["projects", "conversations", "messages", "files"],
      resultCount: 1,
      relaxed: true,
    },
  ]);
  expect(rows.every(({ durationMs }) => durationMs > 0)).toBe(true);
});

test("a query that was corrected is logged as typed, as one that found nothing", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  await createBooks(db);
  for (const statement of rlsFor(books, { owner: books.tenant })) await db.execute(statement);
  for (const statement of searchStatisticsFor(bookSource)) await db.execute(statement);
  await withUser(db, owner, (tx) => addBooks(tx, [{ tenant: owner, title: "Lighthouse" }]));
  const search = createSearch({ db, sources: [bookSource], log: { mode: "full" } });
  await search.refreshStatistics();
  const answer = await search.searchBooks({ query: "ligthouse keepers", ownerId: owner });
  expect(answer).toMatchObject({ total: 1, relaxed: true, correctedQuery: "lighthouse keepers" });
  await search.searchBooks({ query: "lighthouse keepers", ownerId: owner });
  await search.flush();
  expect(await logged(owner)).toMatchObject([
    { query: "ligthouse keepers", resultCount: 0, relaxed: false },
    { query: "lighthouse keepers", resultCount: 1, relaxed: true },
  ]);
});

test("hashed: no text; off, the default: nothing", async () => {
  const owner = await seedUser(database.db);
  const hashed = createSearch({ db: database.db, log: { mode: "hashed" } });
  await hashed.searchAll({ query: " Secret\0 ", ownerId: owner });
  await hashed.close();
  const off = createSearch({ db: database.db });
  await off.searchAll({ query: "secret", ownerId: owner });
  await off.flush();
  expect(await logged(owner)).toMatchObject([
    { query: null, queryHash: createHash("sha256").update("secret").digest("hex") },
  ]);
});

test("a closed log takes no more; searches go on", async () => {
  const owner = await seedUser(database.db);
  const search = createSearch({ db: database.db, log: { mode: "full" } });
  await search.searchAll({ query: "before", ownerId: owner });
  await search.close();
  await search.searchAll({ query: "after", ownerId: owner });
  await search.flush();
  expect((await logged(owner)).map(({ query }) => query)).toEqual(["before"]);
});

test("a log that fails never fails a search, and tells its observer alone", async () => {
  const owner = await seedUser(database.db);
  const seen: unknown[] = [];
  const search = createSearch({
    db: database.db,
    serviceRole: "no_such_role_here",
    log: {
      mode: "full",
      onError: (error, dropped) => {
        seen.push([(error as Error).name, dropped]);
        throw new Error("an observer that fails");
      },
    },
  });
  await search.searchAll({ query: "one", ownerId: owner });
  await search.searchAll({ query: "two", ownerId: owner });
  await search.flush();
  expect(seen).toEqual([["DatabaseError", 2]]);
  expect(await logged(owner)).toEqual([]);
});

test("an unknown mode is refused at creation", () => {
  expect(() => createSearch({ db: database.db, log: { mode: "some" as "full" } })).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION" }),
  );
});

test.each([
  ["a full batch", 100],
  ["the timer", 1],
])("what %s flushes within a caller's transaction is written after it", async (_cause, count) => {
  const owner = newId();
  const onError = vi.fn();
  const log = createQueryLog({ db: database.db, serviceRole: undefined, mode: "full", onError });
  await database.db.transaction(async (tx) => {
    // Real again before anything is sent: postgres.js opens its connections by a timer.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    for (let index = 0; index < count; index++) {
      log.add({ query: `query ${index}`, ownerId: owner }, ["projects"], {
        total: 0,
        relaxed: false,
        executionTimeMs: 1,
        correctedQuery: undefined,
      });
    }
    vi.advanceTimersByTime(1_000);
    vi.useRealTimers();
    await tx.execute(sql`select 1`);
  });
  await log.close();
  expect(onError).not.toHaveBeenCalled();
  expect(await logged(owner)).toHaveLength(count);
});
