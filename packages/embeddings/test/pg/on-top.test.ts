import { rowsOf, withService, withUser } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { bigint, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { beforeAll, expect, test } from "vitest";
import { createEmbeddings, defineSource } from "../../src/index.ts";
import { smallEmbedder } from "./rows.ts";

const database = useTestDatabase();

const recipes = pgTable("recipes", {
  id: bigint("id", { mode: "number" }).primaryKey(),
  cook: text("cook").notNull(),
  name: text("name").notNull(),
  body: text("body").notNull(),
  course: text("course"),
  tags: text("tags").array().notNull(),
  changedAt: timestamp("changed_at", { withTimezone: true }).notNull(),
  removedAt: timestamp("removed_at", { withTimezone: true }),
});
const own = defineSource({
  name: "recipes",
  table: recipes,
  id: recipes.id,
  owner: recipes.cook,
  title: recipes.name,
  text: recipes.body,
  kind: "markdown",
  updatedAt: recipes.changedAt,
  deletedAt: recipes.removedAt,
  filters: { course: recipes.course, tags: recipes.tags },
});
/** The same rows, shown to everybody. */
const open = defineSource({
  name: "cookbook",
  table: recipes,
  id: recipes.id,
  title: recipes.name,
  text: recipes.body,
  kind: "markdown",
  deletedAt: recipes.removedAt,
});

const embedder = smallEmbedder();
const kitchen = () => createEmbeddings({ db: database.db, embedder, sources: [own, open] });

beforeAll(async () => {
  const { db } = database;
  for (const statement of [
    sql`create table recipes (id bigint primary key, cook text not null, name text not null, body text not null, course text,
      tags text[] not null default '{}', changed_at timestamptz not null default now(), removed_at timestamptz)`,
    sql`alter table recipes enable row level security`,
    sql`grant select, update on recipes to devora_app, devora_service`,
    sql`create policy recipes_app on recipes to devora_app
      using (cook = (select nullif(current_setting('app.user_id', true), '')))`,
    sql`create policy recipes_service on recipes to devora_service using (true)`,
    sql`insert into recipes (id, cook, name, body, course, tags, changed_at) values
      (1, 'ann', 'Apple pie', 'Bake apples with cinnamon, butter and flour', 'dessert', '{sweet,oven}', '2026-01-01'),
      (2, 'ann', 'Apple pie, again', 'Bake apples with cinnamon, butter and flour', 'dessert', '{sweet}', '2026-01-02'),
      (3, 'ann', 'Apple pie!', 'Bake apples with cinnamon, butter and some flour', null, '{}', '2026-01-03'),
      (4, 'ann', 'Onion soup', 'Simmer onions in broth, add toasted bread', 'starter', '{hot}', '2026-01-04'),
      (5, 'ann', 'Leek soup', 'Simmer leeks in broth, add cream', 'starter', '{hot,green}', '2026-01-05'),
      (6, 'ann', 'Steak', 'Fry a steak in a hot pan', 'main', '{meat}', '2026-01-06'),
      (7, 'bob', 'Apple pie', 'Bake apples with cinnamon, butter and flour', 'dessert', '{stolen}', '2026-01-07'),
      (8, 'bob', 'Onion soup', 'Simmer onions in broth, add toasted bread', 'soup', '{stolen}', '2026-01-08')`,
  ]) {
    await db.execute(statement);
  }
  await kitchen().embedAll();
});

const remove = (ids: readonly number[], gone: boolean) =>
  database.db.execute(
    sql`update recipes set removed_at = ${gone ? "2026-02-01" : null}::timestamptz where id = any(${sql.param([...ids])}::bigint[])`,
  );

test("rows that say nearly the same are one cluster, an owner's alone", async () => {
  const calls = embedder.calls.length;
  const { clusters, complete } = await kitchen().findDuplicates({
    source: "recipes",
    ownerId: "ann",
    threshold: 0.8,
  });
  expect(complete).toBe(true);
  expect(clusters.map(({ entities }) => entities.map((entity) => entity.entityId).sort())).toEqual([
    ["1", "2", "3"],
  ]);
  expect(clusters[0]?.entities.find((entity) => entity.entityId === "3")).toMatchObject({
    title: "Apple pie!",
    similarity: expect.any(Number),
  });
  for (const { similarity } of clusters[0]?.entities ?? []) expect(similarity).toBeGreaterThanOrEqual(0.8);
  expect(embedder.calls).toHaveLength(calls);
});

test("over all owners, one owner's rows are compared with another's", async () => {
  const { clusters } = await kitchen().findDuplicates({
    source: "recipes",
    allOwners: true,
    threshold: 0.99,
  });
  const ids = clusters.map(({ entities }) => entities.map((entity) => entity.entityId).sort());
  expect(ids.sort()).toEqual([
    ["1", "2", "3", "7"],
    ["4", "8"],
  ]);
  const one = await kitchen().findDuplicates({
    source: "recipes",
    allOwners: true,
    threshold: 0.99,
    limit: 1,
  });
  expect(one.complete).toBe(false);
  expect(one.clusters).toHaveLength(1);
});

test("rows that are gone, or fail a filter, are nobody's duplicates", async () => {
  const call = { source: "recipes", ownerId: "ann", threshold: 0.8 } as const;
  const ids = async (more = {}) =>
    (await kitchen().findDuplicates({ ...call, ...more })).clusters.map(({ entities }) =>
      entities.map((entity) => entity.entityId).sort(),
    );
  expect(await ids({ filters: { course: "dessert" } })).toEqual([["1", "2"]]);
  await remove([2], true);
  expect(await ids()).toEqual([["1", "3"]]);
  await remove([1], true);
  expect(await ids()).toEqual([]);
  await remove([1, 2], false);
});

test("maxRows bounds the rows that are looked at, and the answer says so", async () => {
  const call = { source: "recipes", ownerId: "ann", threshold: 0.8 } as const;
  // By their ids, 4 to 6 are the last ones.
  expect(await kitchen().findDuplicates({ ...call, maxRows: 6 })).toMatchObject({ complete: true });
  expect(await kitchen().findDuplicates({ ...call, maxRows: 5 })).toMatchObject({ complete: false });
  await expect(kitchen().findDuplicates({ ...call, maxRows: 0 })).rejects.toMatchObject({
    code: "INVALID_INPUT",
  });
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(kitchen().findDuplicates({ ...call, signal })).rejects.toThrow("enough");
});

test("tags are those of the nearest rows that have some, weighed by their similarity", async () => {
  const suggest = kitchen().suggestTags;
  const { tags, complete } = await suggest({
    source: "recipes",
    id: 3,
    ownerId: "ann",
    tagOf: "tags",
    voters: 2,
  });
  // Rows 1 and 2 are nearest: both are sweet, the one of the two is of the oven.
  expect(complete).toBe(true);
  expect(tags).toEqual([
    { tag: "sweet", score: expect.closeTo(1), support: 2 },
    { tag: "oven", score: expect.any(Number), support: 1 },
  ]);
  expect(tags[1]?.score).toBeGreaterThan(0.4);
  expect(tags[1]?.score).toBeLessThan(0.6);
  const course = await suggest({ source: "recipes", id: 3, ownerId: "ann", tagOf: "course", limit: 1 });
  expect(course.tags).toMatchObject([{ tag: "dessert", support: 2 }]);
});

test("a row does not vote for itself, nor does another owner's", async () => {
  const { tags } = await kitchen().suggestTags({
    source: "recipes",
    id: 6,
    ownerId: "ann",
    tagOf: "tags",
    limit: 100,
  });
  expect(tags.map(({ tag }) => tag)).not.toContain("meat");
  expect(tags.map(({ tag }) => tag)).not.toContain("stolen");
  expect(tags.length).toBeGreaterThan(0);
});

test("a text gets tags of rows, and of given labels, which are embedded once", async () => {
  const embeddings = kitchen();
  const call = { source: "recipes", text: "simmer leeks in broth", ownerId: "ann" } as const;
  expect((await embeddings.suggestTags({ ...call, tagOf: "course" })).tags[0]?.tag).toBe("starter");
  const labels = ["a broth that simmers", "an apple pie", "an apple pie"];
  const first = await embeddings.suggestTags({ ...call, labels });
  expect(first.tags.map(({ tag }) => tag)).toEqual(["a broth that simmers", "an apple pie"]);
  expect(first.tags[0]).toMatchObject({ support: 0, score: expect.any(Number) });
  const calls = embedder.calls.length;
  const { tags } = await embeddings.suggestTags({
    source: "recipes",
    id: 1,
    ownerId: "ann",
    labels,
    limit: 1,
  });
  expect(tags.map(({ tag }) => tag)).toEqual(["an apple pie"]);
  expect(embedder.calls).toHaveLength(calls);
});

test.each<[string, object]>([
  ["both id and text", { id: 1, text: "x", tagOf: "course" }],
  ["neither", { tagOf: "course" }],
  ["both labels and a column", { id: 1, labels: ["x"], tagOf: "course" }],
  ["a column that is no filter", { id: 1, tagOf: "name" }],
  ["a blank label", { id: 1, labels: [" "] }],
])("tags for %s are refused", async (_, call) => {
  const options = { source: "recipes", ownerId: "ann", ...call } as never;
  await expect(kitchen().suggestTags(options)).rejects.toMatchObject({ code: "INVALID_INPUT" });
});

test("a user is recommended rows like the latest ones, of those that the source shows", async () => {
  const ids = async (call: object) =>
    (await kitchen().recommend({ source: "recipes", ownerId: "ann", ...call } as never)).results.map(
      (hit) => hit.entityId,
    );
  // 2 to 6 are the latest five.
  expect(await ids({})).toEqual(["1"]);
  expect((await ids({ basedOn: [4] }))[0]).toBe("5");
  expect(await ids({ basedOn: [4, 5], filters: { course: "main" } })).toEqual(["6"]);
  // Everybody's rows are another source.
  const shown = await ids({ source: "cookbook", basedOnSource: "recipes", basedOn: [4], limit: 2 });
  expect(shown.sort()).toEqual(["4", "8"]);
  expect(await ids({ basedOn: [8] })).toEqual([]);
  await expect(ids({ source: "cookbook" })).rejects.toMatchObject({ code: "INVALID_INPUT" });
  await expect(ids({ basedOn: [] })).rejects.toMatchObject({ code: "INVALID_INPUT" });
});

const joined = async (tx: typeof database.db, call: object) => {
  const near = await kitchen().candidates({ query: "apples with cinnamon", db: tx, ...call });
  if (near === undefined) throw new Error("this has no SQL");
  await tx.execute(near.settings);
  return rowsOf<{ id: string; entity_id: string; source: string; distance: number; name: string }>(
    tx,
    sql`
      with near as materialized (${near.sql})
      select near.id::text, near.source, near.entity_id, near.distance, recipes.name
      from near join recipes on near.source = 'recipes' and recipes.id = near.entity_id::bigint
      order by near.distance, near.id`,
  );
};

test("candidates are joined in the caller's own statement, as the user", async () => {
  const call = { ownerId: "ann", entityTypes: ["recipes"], limit: 3 };
  const rows = await withUser(database.db, "ann", (tx) => joined(tx, call));
  expect(rows.map((row) => row.name).sort()).toEqual(["Apple pie", "Apple pie!", "Apple pie, again"]);
  const { passages } = await kitchen().retrieve({
    query: "apples with cinnamon",
    ownerId: "ann",
    entityTypes: ["recipes"],
    limit: 3,
  });
  expect(rows.map((row) => row.id)).toEqual(passages.map((passage) => passage.id));
  expect(1 - Number(rows[0]?.distance)).toBeCloseTo(passages[0]?.score ?? 0, 5);
  const dessert = await withUser(database.db, "ann", (tx) =>
    joined(tx, { ...call, filters: { course: "dessert" } }),
  );
  expect(dessert.map((row) => row.entity_id).sort()).toEqual(["1", "2"]);
  // Another user's scope sees nothing of it, whatever owner is named.
  expect(await withUser(database.db, "bob", (tx) => joined(tx, call))).toEqual([]);
});

test("candidates as the service, of several sources, by a vector, and of nothing", async () => {
  const embeddings = kitchen();
  const { embedding } = await embeddings.generateEmbedding("onion soup");
  const rows = await withService(database.db, async (tx) => {
    const near = await embeddings.candidates({ query: embedding, ownerId: "ann", limit: 3, db: tx });
    return (
      near &&
      rowsOf(
        tx,
        sql`select source, entity_id from (${near.sql}) as near order by distance, source, entity_id`,
      )
    );
  });
  // Of the owner, and of what nobody owns.
  expect(rows).toEqual([
    { source: "cookbook", entity_id: "4" },
    { source: "cookbook", entity_id: "8" },
    { source: "recipes", entity_id: "4" },
  ]);
  expect(await withService(database.db, (tx) => joined(tx, { query: " ", allOwners: true }))).toEqual([]);
  for (const query of [[1, 2], Array(128).fill(0), Array(128).fill(Number.NaN)]) {
    await expect(embeddings.candidates({ query, allOwners: true })).rejects.toMatchObject({
      code: "INVALID_INPUT",
    });
  }
});

test.each([
  ["some", 3],
  ["all", 50],
])("candidates are the passages of a retrieval: %s", async (_, limit) => {
  const call = {
    query: "soup with cream and apples",
    ownerId: "ann",
    entityTypes: ["recipes"],
    limit,
  } as const;
  const { passages, complete } = await kitchen().retrieve(call);
  const found = await withUser(database.db, "ann", async (tx) => {
    const near = await kitchen().candidates({ ...call, db: tx });
    expect(near?.complete).toBe(complete);
    return near && rowsOf(tx, near.sql);
  });
  expect(passages.length).toBe(Math.min(limit, 6));
  expect(
    found?.map((row) => ({
      id: row.id,
      source: row.source,
      entityId: row.entity_id,
      title: row.title,
      text: row.text,
      start: row.start_offset,
      end: row.end_offset,
      score: row.score,
      updatedAt: new Date(String(row.updated_at)),
    })),
  ).toEqual(passages);
  expect(found?.map((row) => row.complete)).toEqual(passages.map(() => true));
});

test("in a user's scope there is no SQL for rows that nobody owns; a blank question finds nothing", async () => {
  const call = { ownerId: "ann", query: "apples" };
  await withUser(database.db, "ann", async (db) => {
    expect(await kitchen().candidates({ ...call, db })).toBeUndefined();
    expect(await kitchen().candidates({ ...call, db, entityTypes: ["recipes"] })).toBeDefined();
    const blank = await kitchen().candidates({ ...call, query: " ", db });
    expect(blank).toMatchObject({ complete: true });
    expect(await rowsOf(db, blank?.sql ?? sql`select 1`)).toEqual([]);
  });
  // Not in the user's scope alone are they hidden.
  expect(await kitchen().candidates(call)).toBeDefined();
});

test("rows that nobody owns are found beside the user's, but not in the user's own scope", async () => {
  const call = { queryText: "apples with cinnamon", ownerId: "ann", limit: 100 };
  const sources = (hits: readonly { source: string }[]) => [...new Set(hits.map((hit) => hit.source))].sort();
  const free = await kitchen().semanticSearch(call);
  expect(sources(free.results)).toEqual(["cookbook", "recipes"]);
  const scoped = await withUser(database.db, "ann", (tx) => kitchen().semanticSearch({ ...call, db: tx }));
  expect(sources(scoped.results)).toEqual(["recipes"]);
});
