import { withService } from "@devora/db-schema";
import { seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { createSearch, devoraSources, installSearch } from "../../src/index.ts";
import { rowsOfUser } from "../devora-rows.ts";

const database = useTestDatabase();
let owner = "";
const searchOf = () => createSearch({ db: database.db });

beforeAll(async () => {
  await installSearch(database.db, devoraSources);
  owner = await seedUser(database.db);
  const rows = rowsOfUser(database.db, owner);
  await rows.project({ name: "Harbour plan", status: "active", projectType: "web" });
  await rows.project({ name: "Harbour lights", status: "active", projectType: "app" });
  await rows.project({ name: "Old harbour", status: "archived", projectType: "web" });
  const conversationId = await rows.conversation({ title: "About the harbour" });
  for (const role of ["user", "user", "assistant"] as const) {
    await rows.message({ conversationId, role, content: "The harbour has a lighthouse and a crane." });
  }
});

test("facets count the values of each filter among all that was found, not the page alone", async () => {
  const call = { query: "harbour", ownerId: owner, limit: 1, facets: true };
  const { facets, total } = await searchOf().searchAll(call);
  expect(total).toBe(7);
  expect(facets).toMatchObject({
    projects: { status: { active: 2, archived: 1 }, projectType: { web: 2, app: 1 } },
    messages: { role: { user: 2, assistant: 1 } },
    files: { programmingLanguage: {} },
  });
  const narrowed = await searchOf().searchProjects({ ...call, filters: { status: "active" } });
  expect(narrowed.facets).toEqual({
    projects: { status: { active: 2 }, projectType: { web: 1, app: 1 } },
  });
  const other = await searchOf().searchProjects({ ...call, ownerId: await seedUser(database.db) });
  expect(other.facets).toEqual({});
  expect((await searchOf().searchAll({ query: "harbour", ownerId: owner })).facets).toBeUndefined();
});

test("a relaxed answer names the words that were dropped, and each row those that it lacks", async () => {
  const answer = await searchOf().searchMessages({ query: "lighthouse crane zeppelin", ownerId: owner });
  expect(answer).toMatchObject({ relaxed: true, droppedWords: ["zeppelin"] });
  expect(answer.results.map(({ missingWords }) => missingWords)).toEqual(Array(3).fill(["zeppelin"]));
  const exact = await searchOf().searchMessages({ query: "lighthouse crane", ownerId: owner });
  expect(exact).toMatchObject({ relaxed: false, droppedWords: [] });
});

test("words that nobody would expect together, in many rows together, are all asked for", async () => {
  const { db } = database;
  const keeper = await seedUser(db);
  const conversationId = await rowsOfUser(db, keeper).conversation({ title: "Animals" });
  const contentOf = sql`case when n <= 6 then 'quokka and numbat' when n <= 12 then 'one quokka' else 'grass ' || n end`;
  await withService(db, (tx) =>
    tx.execute(sql`
      insert into messages (id, user_id, conversation_id, role, content)
      select gen_random_uuid(), ${keeper}::uuid, ${conversationId}::uuid, 'user', ${contentOf}
      from generate_series(1, 300) as n`),
  );
  const ask = (options: { query: string; limit?: number; offset?: number }) =>
    searchOf().searchMessages({ ...options, ownerId: keeper });
  for (const page of [{}, { limit: 1 }, { limit: 5 }, { offset: 4 }, { limit: 2, offset: 2 }]) {
    const answer = await ask({ query: "quokka numbat", ...page });
    expect(answer).toMatchObject({ total: 6, relaxed: false, droppedWords: [] });
  }
  expect(await ask({ query: "quokka numbat grass" })).toMatchObject({ total: 300, relaxed: true });
  // Few rows have both, and no other has one: nothing is left out.
  await withService(db, (tx) =>
    tx.execute(sql`
      update messages set content = 'a potoroo and a bettong'
      where id in (select id from messages where user_id = ${keeper}::uuid and content = 'grass 300')`),
  );
  for (const page of [{}, { limit: 1 }]) {
    const answer = await ask({ query: "potoroo bettong", ...page });
    expect(answer).toMatchObject({ total: 1, relaxed: false });
  }
});

test("explained, a rare word decides more than a frequent one", async () => {
  const call = { query: "harbour lights", ownerId: owner };
  const { terms } = await searchOf().searchAll({ ...call, explain: true });
  expect(terms?.map(({ text }) => text)).toEqual(["harbour", "lights"]);
  const [harbour, lights] = terms ?? [];
  expect(lights?.weight).toBeGreaterThan(harbour?.weight ?? 1);
  expect((harbour?.weight ?? 0) + (lights?.weight ?? 0)).toBeCloseTo(1);
  expect((await searchOf().searchAll(call)).terms).toBeUndefined();
});

test("sources that count less come later; a share of nearness prefers words side by side", async () => {
  const user = await seedUser(database.db);
  const rows = rowsOfUser(database.db, user);
  const project = await rows.project({ name: "Gardening notes", description: "roses" });
  const conversation = await rows.conversation({ title: "Roses in the garden" });
  const call = { query: "roses", ownerId: user };
  const ids = async (boosts?: Record<string, number>) =>
    (await searchOf().searchAll({ ...call, boosts })).results.map(({ id }) => id);
  expect(await ids({ projects: 0.01 })).toEqual([conversation, project]);
  expect(await ids({ conversations: 0.01 })).toEqual([project, conversation]);

  const far = await rows.message({
    conversationId: conversation,
    content: "tulips here, and after many other words that say nothing at all of it also daisies",
  });
  const near = await rows.message({
    conversationId: conversation,
    content:
      "tulips daisies here, and many other words that say nothing at all of it after them, besides a dozen further ones that are of no use to anybody but make it long",
  });
  const messages = async (proximity: number) =>
    (await searchOf().searchMessages({ query: "tulips daisies", ownerId: user, proximity })).results.map(
      ({ id, score }) => ({ id, score }),
    );
  expect((await messages(0)).map(({ id }) => id)).toEqual([far, near]);
  expect((await messages(0.5)).map(({ id }) => id)).toEqual([near, far]);
});

test("with recency the newer of equals comes first, and age never beats all words", async () => {
  const user = await seedUser(database.db);
  const rows = rowsOfUser(database.db, user);
  const old = await rows.project({ name: "Compass", description: "north" });
  const recent = await rows.project({ name: "Compass two", description: "north" });
  const ancient = await rows.project({ name: "A compass for hikers" });
  await withService(database.db, (tx) =>
    tx.execute(sql`
      update projects set updated_at = now() - case id when ${recent}::uuid then interval '1 day' when ${old}::uuid then interval '100 days' else interval '9 years' end
      where user_id = ${user}::uuid`),
  );
  const ids = async (recency?: { halfLifeDays: number; weight?: number }) =>
    (await searchOf().searchProjects({ query: "north", ownerId: user, recency })).results.map(({ id }) => id);
  expect(await ids({ halfLifeDays: 10, weight: 0.9 })).toEqual([recent, old]);
  const all = await searchOf().searchProjects({
    query: "compass hikers",
    ownerId: user,
    recency: { halfLifeDays: 1, weight: 1 },
  });
  expect(all.results[0]?.id).toBe(ancient);
});

test("what finds nothing is corrected by the owner's words, and the answer says so", async () => {
  const search = searchOf();
  await search.refreshStatistics();
  const call = { query: "lihgthouse crane", ownerId: owner, limit: 2 };
  const typo = await search.searchMessages({ query: "lihgthouse", ownerId: owner, limit: 2 });
  expect(typo).toMatchObject({ total: 3, didYouMean: "lighthouse", correctedQuery: "lighthouse" });
  expect(typo.results[0]?.snippet).toContainEqual({ text: "lighthouse", hit: true });
  // The next page goes on with the correction.
  const next = await search.searchMessages({
    query: "lihgthouse",
    ownerId: owner,
    limit: 2,
    cursor: typo.nextCursor,
  });
  expect(next.results).toHaveLength(1);
  expect(next.correctedQuery).toBe("lighthouse");
  // Where something matches, the correction is offered, not taken.
  const some = await search.searchMessages(call);
  expect(some).toMatchObject({ total: 3, didYouMean: "lighthouse crane", correctedQuery: undefined });
  // Another user's words correct nothing.
  const stranger = await seedUser(database.db);
  await seedProject(database.db, stranger);
  const other = await search.searchAll({ query: "lihgthouse", ownerId: stranger });
  expect(other).toMatchObject({ total: 0, didYouMean: undefined, correctedQuery: undefined });
});

test("preferences that make no ranking are refused", async () => {
  const call = { query: "harbour", ownerId: owner };
  const search = searchOf();
  for (const [preferences, code] of [
    [{ boosts: { books: 2 } }, "UNKNOWN_SOURCE"],
    [{ boosts: { files: 0 } }, "INVALID_OPTION"],
    [{ boosts: { files: Number.NaN } }, "INVALID_OPTION"],
    [{ recency: { halfLifeDays: 0 } }, "INVALID_OPTION"],
    [{ recency: { halfLifeDays: 9, weight: 2 } }, "INVALID_OPTION"],
    [{ proximity: -1 }, "INVALID_OPTION"],
  ] as const) {
    await expect(search.searchAll({ ...call, ...preferences })).rejects.toMatchObject({ code });
  }
});
