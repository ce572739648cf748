import { withService, withUser } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { bigint, integer, pgSchema, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { beforeAll, expect, test } from "vitest";
import { createEmbeddings, defineSource } from "../../src/index.ts";
import { passagesOf, smallEmbedder } from "./rows.ts";

const database = useTestDatabase();

const notes = pgTable("notes", {
  id: bigint("id", { mode: "bigint" }).primaryKey(),
  teamId: integer("team_id").notNull(),
  headline: text("headline"),
  body: text("body").notNull(),
  removedAt: timestamp("removed_at", { withTimezone: true }),
});
// Named like a table of ours, in a schema of its own.
const manuals = pgSchema("library").table("chunks", {
  slug: text("slug").primaryKey(),
  content: text("content").notNull(),
});

const noteSource = defineSource({
  name: "notes",
  table: notes,
  id: notes.id,
  owner: notes.teamId,
  title: notes.headline,
  text: [notes.headline, notes.body],
  deletedAt: notes.removedAt,
});
const manualSource = defineSource({
  name: "manuals",
  table: manuals,
  id: manuals.slug,
  text: manuals.content,
  kind: "markdown",
  language: "en",
});

const embedder = smallEmbedder();
const embeddingsOf = () =>
  createEmbeddings({ db: database.db, embedder, sources: [noteSource, manualSource] });
const bigId = 9_007_199_254_740_993n;

beforeAll(async () => {
  const { db } = database;
  for (const statement of [
    sql`create table notes (id bigint primary key, team_id integer not null, headline text, body text not null, removed_at timestamptz)`,
    sql`create schema library`,
    sql`create table library.chunks (slug text primary key, content text not null)`,
    sql`grant usage on schema library to devora_app, devora_service`,
    sql`grant select, update on notes, library.chunks to devora_app, devora_service`,
    sql`insert into notes values (${bigId}::bigint, 1, 'Sails', 'How to mend a sail'), (2, 1, null, 'Rope and knots'), (3, 2, 'Sails', 'How to mend a sail')`,
    sql`insert into library.chunks values ('it''s "odd"', ${"# Knots\n\nA bowline holds a sail."}), ('', 'Empty name')`,
  ]) {
    await db.execute(statement);
  }
  await embeddingsOf().embedAll();
});

test("bigint keys, owners that are numbers, text keys with quotes and tables named like ours", async () => {
  expect(await passagesOf(database.db, "notes", String(bigId))).toMatchObject([
    { owner: "1", title: "Sails", text: "Sails\n\nHow to mend a sail", vectors: 1 },
  ]);
  expect(await passagesOf(database.db, "notes", "2")).toMatchObject([{ title: "", text: "Rope and knots" }]);
  expect(await passagesOf(database.db, "manuals", `it's "odd"`)).toMatchObject([
    { owner: null, title: "Knots", vectors: 1 },
  ]);
  expect(await embeddingsOf().embed("notes", bigId)).toMatchObject({ status: "unchanged" });
  expect(await embeddingsOf().embed("manuals", "")).toMatchObject({ status: "unchanged" });
});

test("an owner finds the own rows and everybody's, and no other owner's", async () => {
  const { results } = await embeddingsOf().semanticSearch({ queryText: "mend a sail", ownerId: "1" });
  expect(results.map((hit) => [hit.source, hit.entityId])).toEqual([
    ["notes", String(bigId)],
    ["manuals", `it's "odd"`],
    ["notes", "2"],
    ["manuals", ""],
  ]);
});

test("rows that nobody owns need no owner", async () => {
  const { passages } = await embeddingsOf().retrieve({ query: "bowline", entityTypes: ["manuals"] });
  expect(passages[0]).toMatchObject({ source: "manuals", title: "Knots" });
  await expect(embeddingsOf().retrieve({ query: "bowline" })).rejects.toMatchObject({
    code: "OWNER_REQUIRED",
  });
  const similar = await embeddingsOf().findSimilarEntities({ source: "manuals", id: "", ownerId: "2" });
  expect(similar.results.map((hit) => hit.entityId)).toEqual(expect.arrayContaining(["3", `it's "odd"`]));
  expect(similar.results.map((hit) => hit.entityId)).not.toContain("2");
});

test("a removed row is silent at once, and the sweep of one owner touches no other's", async () => {
  const { db } = database;
  const find = async (ownerId: string) =>
    (
      await embeddingsOf().semanticSearch({ queryText: "mend a sail", ownerId, entityTypes: ["notes"] })
    ).results.map((hit) => hit.entityId);
  await db.execute(sql`update notes set removed_at = now() where id in (2, 3)`);
  expect(await find("2")).toEqual([]);
  expect(await embeddingsOf().embedAll({ ownerId: "1" })).toMatchObject({ entities: 1, removedChunks: 1 });
  expect(await passagesOf(db, "notes", "3")).toHaveLength(1);
  await db.execute(sql`update notes set removed_at = null`);
  await embeddingsOf().embedAll({ sources: ["notes"] });
  expect(await find("2")).toEqual(["3"]);
});

test("the queue serves own tables, also without an owner", async () => {
  const { db } = database;
  const embeddings = embeddingsOf();
  await db.execute(sql`update library.chunks set content = 'A new text' where slug = ''`);
  await withUser(db, "1", (tx) => embeddings.enqueue({ source: "manuals", ids: [""] }, { db: tx }));
  await withService(db, (tx) => embeddings.enqueue({ source: "notes", ids: [3, bigId] }, { db: tx }));
  expect(await embeddings.createWorker().runOnce()).toMatchObject({ claimed: 3, embedded: 1, unchanged: 2 });
  expect(await passagesOf(db, "manuals", "")).toMatchObject([{ text: "A new text", owner: null }]);
});

test("ids that no row can have are refused", async () => {
  const embeddings = embeddingsOf();
  for (const id of ["1.5", "abc", "9223372036854775808", "", "1; drop table notes"]) {
    await expect(embeddings.embed("notes", id)).rejects.toMatchObject({ code: "INVALID_ID" });
  }
  expect(await embeddings.embed("notes", "404")).toMatchObject({ status: "removed" });
});
