import { projects, withUser } from "@devora/db-schema";
import { seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { eq, sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  date,
  integer,
  pgEnum,
  pgTable,
  text,
  timestamp,
  varchar,
} from "drizzle-orm/pg-core";
import { beforeAll, expect, test } from "vitest";
import { createEmbeddings, defineSource } from "../../src/index.ts";
import { seedFile, smallEmbedder } from "./rows.ts";

const database = useTestDatabase();

const mood = pgEnum("mood", ["calm", "wild"]);
const ships = pgTable("ships", {
  id: bigint("id", { mode: "bigint" }).primaryKey(),
  harbour: integer("harbour").notNull(),
  name: text("name").notNull(),
  rig: varchar("rig", { length: 5 }),
  masts: integer("masts"),
  mood: mood("mood"),
  afloat: boolean("afloat").notNull(),
  built: date("built"),
  flags: text("flags").array().notNull(),
  seenAt: timestamp("seen_at", { withTimezone: true }),
});
const shipSource = defineSource({
  name: "ships",
  table: ships,
  id: ships.id,
  owner: ships.harbour,
  text: ships.name,
  updatedAt: ships.seenAt,
  filters: {
    rig: ships.rig,
    masts: ships.masts,
    mood: ships.mood,
    afloat: ships.afloat,
    built: ships.built,
    flags: ships.flags,
    id: ships.id,
  },
});
/** The same table once more: another text and one filter alone. */
const rigSource = defineSource({
  name: "rigs",
  table: ships,
  id: ships.id,
  owner: ships.harbour,
  text: ships.rig,
  filters: { masts: ships.masts },
});

const embedder = smallEmbedder();
const fleet = () => createEmbeddings({ db: database.db, embedder, sources: [shipSource, rigSource] });
type Call = Omit<Parameters<ReturnType<typeof fleet>["semanticSearch"]>[0], "queryText">;
const found = async (call: Call) =>
  (await fleet().semanticSearch({ queryText: "ship", ownerId: "1", limit: 100, ...call })).results
    .map((hit) => `${hit.source} ${hit.entityId}`)
    .sort();

beforeAll(async () => {
  const { db } = database;
  for (const statement of [
    sql`create type mood as enum ('calm', 'wild')`,
    sql`create table ships (id bigint primary key, harbour integer not null, name text not null, rig varchar(5), masts integer,
      mood mood, afloat boolean not null, built date, flags text[] not null, seen_at timestamptz)`,
    sql`grant select, update on ships to devora_app, devora_service`,
    sql`insert into ships values
      (1, 1, 'ship one', 'sloop', 1, 'calm', true, '1901-02-03', '{fr,en}', '2026-01-01'),
      (2, 1, 'ship two', 'ketch', 2, 'wild', true, '1902-02-03', '{en}', '2026-02-01'),
      (3, 1, 'ship three', null, null, null, false, null, '{}', null),
      (4, 2, 'ship four', 'sloop', 1, 'calm', true, '1901-02-03', '{fr}', '2026-01-01')`,
  ]) {
    await db.execute(statement);
  }
  await fleet().embedAll();
});

test.each<[string, Call["filters"], string[]]>([
  ["a text", { rig: "sloop" }, ["ships 1"]],
  ["one of a list", { rig: ["sloop", "ketch"] }, ["ships 1", "ships 2"]],
  ["a value too long for the column", { rig: "sloop and more" }, []],
  ["null", { rig: null }, ["ships 3"]],
  ["null or a value", { rig: [null, "ketch"] }, ["ships 2", "ships 3"]],
  ["an empty list", { rig: [] }, []],
  [
    "undefined, which is no filter",
    { rig: undefined },
    ["rigs 1", "rigs 2", "ships 1", "ships 2", "ships 3"],
  ],
  ["a number, which both sources have", { masts: 2 }, ["rigs 2", "ships 2"]],
  ["an enumerated value", { mood: "wild" }, ["ships 2"]],
  ["a boolean", { afloat: false }, ["ships 3"]],
  ["a date", { built: "1901-02-03" }, ["ships 1"]],
  ["an element of an array", { flags: "en" }, ["ships 1", "ships 2"]],
  ["one of some elements", { flags: ["fr", "de"] }, ["ships 1"]],
  ["a bigint", { id: 2n }, ["ships 2"]],
  ["two filters at once", { afloat: true, flags: "fr" }, ["ships 1"]],
])("rows are filtered by %s", async (_, filters, expected) => {
  expect(await found({ filters })).toEqual(expected);
});

test("updatedAfter reads the row itself, and leaves sources without a time out", async () => {
  expect(await found({ updatedAfter: new Date("2026-02-01") })).toEqual(["ships 2"]);
  expect(await found({ updatedAfter: new Date("2026-01-01T00:00:01Z"), filters: { afloat: true } })).toEqual([
    "ships 2",
  ]);
});

test("a row that changes passes, or fails, at once", async () => {
  const { db } = database;
  expect(await found({ filters: { rig: "yawl" } })).toEqual([]);
  await db.execute(sql`update ships set rig = 'yawl' where id = 1`);
  expect(await found({ filters: { rig: "yawl" } })).toEqual(["ships 1"]);
  expect(await found({ filters: { rig: "sloop" } })).toEqual([]);
  await db.execute(sql`update ships set rig = 'sloop' where id = 1`);
});

test("a row that went to another owner answers neither, until it is embedded anew", async () => {
  const { db } = database;
  const everybody = { ownerId: undefined, allOwners: true, filters: { rig: "sloop" } } as const;
  expect(await found(everybody)).toEqual(["ships 1", "ships 4"]);
  await db.execute(sql`update ships set harbour = 2 where id = 1`);
  expect(await found({ filters: { rig: "sloop" } })).toEqual([]);
  expect(await found({ ownerId: "2", filters: { rig: "sloop" } })).toEqual(["ships 4"]);
  expect(await found(everybody)).toEqual(["ships 4"]);
  await db.execute(sql`update ships set harbour = 1 where id = 1`);
});

test("an owner that the column cannot hold owns nothing", async () => {
  expect(await found({ ownerId: "no number", filters: { rig: "sloop" } })).toEqual([]);
});

test("filters hold in retrieve and for similar rows", async () => {
  const { passages } = await fleet().retrieve({ query: "ship", ownerId: "1", filters: { flags: "fr" } });
  expect(passages.map((passage) => passage.entityId)).toEqual(["1"]);
  const similar = { source: "ships", id: 1n, ownerId: "1", filters: { afloat: true } } as const;
  expect((await fleet().findSimilarEntities(similar)).results.map((hit) => hit.entityId)).toEqual(["2"]);
});

test.each<[string, object]>([
  ["a filter that no source has", { filters: { colour: "red" } }],
  ["a name that every object has", { filters: { toString: "x" } }],
  ["a word for a number", { filters: { masts: "two" } }],
  ["an object", { filters: { rig: {} } }],
  ["a value that is none of the enumerated", { filters: { mood: "grim" } }],
  ["U+0000", { filters: { rig: "\u0000" } }],
  ["undefined in a list", { filters: { rig: [undefined] } }],
  ["a time that is none", { updatedAfter: new Date(Number.NaN) }],
  ["a time as text", { updatedAfter: "2026-01-01" }],
  ["an ef of nothing", { ef: 0 }],
  ["an ef beyond pgvector's", { ef: 1001 }],
])("%s is refused before the embedder is called", async (_, call) => {
  const calls = embedder.calls.length;
  await expect(found(call as Call)).rejects.toMatchObject({ code: "INVALID_INPUT" });
  expect(embedder.calls).toHaveLength(calls);
});

test("a hostile value is only a value", async () => {
  expect(await found({ filters: { rig: ["'); drop table ships; --", '{"a"', "\\", "sloop"] } })).toEqual([
    "ships 1",
  ]);
});

test("two sources over one table are one list, told apart by their names and texts", async () => {
  const { results } = await fleet().semanticSearch({ queryText: "ketch", ownerId: "1" });
  expect(results[0]).toMatchObject({ source: "rigs", entityId: "2", text: "ketch" });
  expect(results.find((hit) => hit.source === "ships" && hit.entityId === "2")?.text).toBe("ship two");
  const similar = await fleet().findSimilarEntities({ source: "ships", id: 1n, ownerId: "1" });
  const names = similar.results.map((hit) => `${hit.source} ${hit.entityId}`);
  expect(names).toContain("rigs 1");
  expect(names).not.toContain("ships 1");
});

test("Devora's own sources are filtered under row level security", async () => {
  const { db } = database;
  const alice = await seedUser(db);
  const bob = await seedUser(db);
  const tea = await seedProject(db, alice, { name: "Tea shop" });
  const coffee = await seedProject(db, alice, { name: "Coffee shop" });
  const bobs = await seedProject(db, bob, { name: "Tea shop" });
  const file = await seedFile(db, alice, tea, { path: "tea.md", content: "Tea shop" });
  await seedFile(db, alice, coffee, { path: "coffee.md", content: "Tea shop" });
  const tags = ["drinks"];
  await withUser(db, alice, (tx) => tx.update(projects).set({ tags }).where(eq(projects.id, tea)));
  await withUser(db, bob, (tx) => tx.update(projects).set({ tags }).where(eq(projects.id, bobs)));
  const embeddings = createEmbeddings({ db, embedder });
  await embeddings.embedAll({ sources: ["projects", "files"] });

  const search = async (filters: Parameters<typeof embeddings.semanticSearch>[0]["filters"]) =>
    (await embeddings.semanticSearch({ queryText: "tea shop", ownerId: alice, filters })).results.map(
      (hit) => hit.entityId,
    );
  expect(await search({ projectId: tea })).toEqual([file]);
  expect(await search({ tags: "drinks" })).toEqual([tea]);
  expect(await search({ status: "archived" })).toEqual([]);
  await withUser(db, alice, (tx) =>
    tx.update(projects).set({ deletedAt: new Date() }).where(eq(projects.id, tea)),
  );
  expect(await search({ projectId: tea })).toEqual([]);
  expect(await search({ tags: "drinks" })).toEqual([]);
});
