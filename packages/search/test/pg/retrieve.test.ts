import { chunks, newId, projects, rowsOf, withService, withUser } from "@devora/db-schema";
import { seedUser, useTestDatabase } from "@devora/testing";
import { eq, sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { chunkPassages, createSearch } from "../../src/index.ts";
import { rowsOfUser } from "../devora-rows.ts";

const database = useTestDatabase();
let owner = "";
let other = "";
beforeAll(async () => {
  owner = await seedUser(database.db);
  other = await seedUser(database.db);
});

describe("cut from rows", () => {
  test("a short text is one passage; its place is told", async () => {
    const id = await rowsOfUser(database.db, owner).project({
      name: "Deploy",
      description: "Run vercel deploy after the build has passed.",
    });
    const { passages, complete } = await createSearch({ db: database.db }).retrieve({
      query: "How do I deploy to Vercel?",
      ownerId: owner,
    });
    expect(complete).toBe(true);
    expect(passages).toEqual([
      {
        id: `projects:${id}:0`,
        source: "projects",
        entityId: id,
        title: "Deploy",
        text: "Run vercel deploy after the build has passed.",
        start: 0,
        end: 45,
        score: expect.any(Number),
        updatedAt: expect.any(Date),
      },
    ]);
  });

  test("of a long text the best part is cut, at offsets in UTF-16 code units", async () => {
    const filler = "Une phrase 😀 sans intérêt, vraiment. ".repeat(400);
    const content = `${filler}The walrus 🦭 eats clams.\n${filler}`;
    const rows = rowsOfUser(database.db, owner);
    const conversationId = await rows.conversation({ title: "Sea" });
    const id = await rows.message({ conversationId, content });
    const { passages } = await createSearch({ db: database.db }).retrieve({
      query: "What do walruses eat?",
      ownerId: owner,
      sources: ["messages"],
    });
    expect(passages).toHaveLength(1);
    const [passage] = passages;
    expect(passage).toMatchObject({ source: "messages", entityId: id, title: "Message in: Sea" });
    expect(passage?.text).toContain("The walrus 🦭 eats clams.");
    expect(passage?.text.length).toBeLessThanOrEqual(1_200);
    expect(content.slice(passage?.start, passage?.end)).toBe(passage?.text);
    expect(passage?.id).toBe(`messages:${id}:${passage?.start}`);
  });

  test("questions are answered by rows with some of the words, the most telling first", async () => {
    const asker = await seedUser(database.db);
    const rows = rowsOfUser(database.db, asker);
    const answer = await rows.project({
      name: "Backups",
      description: "Nightly backups go to another region.",
    });
    await rows.project({ name: "Regions", description: "A region is where servers are. Servers run apps." });
    for (let n = 0; n < 8; n++)
      await rows.project({ name: `App ${n}`, description: "Servers run this app." });
    const { passages } = await createSearch({ db: database.db }).retrieve({
      query: "Where do our nightly backups of the servers go?",
      ownerId: asker,
      limit: 3,
    });
    expect(passages).toHaveLength(3);
    expect(passages[0]?.entityId).toBe(answer);
    expect(passages.map(({ score }) => score)).toEqual(
      passages.map(({ score }) => score).sort((a, b) => b - a),
    );
  });

  test("rows without text give no passage; strangers get none", async () => {
    const asker = await seedUser(database.db);
    await rowsOfUser(database.db, asker).conversation({ title: "Only a title about narwhals" });
    const search = createSearch({ db: database.db });
    expect(await search.retrieve({ query: "narwhals", ownerId: asker })).toEqual({
      passages: [],
      complete: true,
    });
    expect((await search.retrieve({ query: "vercel walrus", ownerId: other })).passages).toEqual([]);
    await expect(search.retrieve({ query: "vercel" })).rejects.toMatchObject({ code: "OWNER_REQUIRED" });
    await expect(search.retrieve({ query: "x", ownerId: asker, sources: ["x"] })).rejects.toMatchObject({
      code: "UNKNOWN_SOURCE",
    });
  });
});

describe("passages of the embeddings module", () => {
  beforeEach(async ({ skip }) => {
    const [row] = await rowsOf(database.db, sql`select to_regclass('devora.chunks') is null as absent`);
    if (row?.absent) skip("this server has no pgvector");
  });

  const addChunk = async (
    values: Partial<typeof chunks.$inferInsert> & { text: string },
  ): Promise<string> => {
    const id = newId();
    await withService(database.db, (tx) =>
      tx.insert(chunks).values({
        id,
        source: "messages",
        entityId: newId(),
        ordinal: 0,
        startOffset: 0,
        endOffset: values.text.length,
        textHash: "x",
        tokens: 1,
        language: "en",
        ...values,
      }),
    );
    return id;
  };
  const retrieve = async (query: string, options: { ownerId: string; sources?: string[] }) =>
    (await createSearch({ db: database.db, passages: chunkPassages }).retrieve({ query, ...options }))
      .passages;

  test("are ranked themselves, under their own ids", async () => {
    const entityId = newId();
    const first = await addChunk({
      ownerId: owner,
      entityId,
      title: "Ports",
      text: "Ships leave the harbour.",
      startOffset: 0,
    });
    const second = await addChunk({
      ownerId: owner,
      entityId,
      ordinal: 1,
      title: "Ports",
      text: "The harbour master collects the harbour fees.",
      startOffset: 25,
      endOffset: 70,
    });
    const passages = await retrieve("Who collects harbour fees?", { ownerId: owner });
    expect(passages.map(({ id }) => id)).toEqual([second, first]);
    expect(passages[0]).toEqual({
      id: second,
      source: "messages",
      entityId,
      title: "Ports",
      text: "The harbour master collects the harbour fees.",
      start: 25,
      end: 70,
      score: expect.any(Number),
      updatedAt: expect.any(Date),
    });
  });

  test("belong to one owner and, on demand, to some sources", async () => {
    const mine = await addChunk({ ownerId: owner, source: "files", text: "A zeppelin of mine." });
    await addChunk({ ownerId: other, text: "A zeppelin of somebody else." });
    await addChunk({ ownerId: null, text: "A zeppelin of nobody." });
    expect((await retrieve("zeppelin", { ownerId: owner })).map(({ id }) => id)).toEqual([mine]);
    expect(await retrieve("zeppelin", { ownerId: owner, sources: ["messages"] })).toEqual([]);
    expect(await retrieve("zeppelin", { ownerId: owner, sources: ["files"] })).toHaveLength(1);
  });
});

test("a row that was deleted between is left out", async () => {
  const { db } = database;
  const id = await rowsOfUser(db, owner).project({ name: "Fleeting", description: "A fleeting thing." });
  await withUser(db, owner, (tx) =>
    tx.update(projects).set({ deletedAt: new Date() }).where(eq(projects.id, id)),
  );
  const { passages } = await createSearch({ db }).retrieve({ query: "fleeting", ownerId: owner });
  expect(passages).toEqual([]);
});
