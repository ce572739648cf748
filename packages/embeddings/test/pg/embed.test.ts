import { conversations, messages, projectFiles, projects, withService, withUser } from "@devora/db-schema";
import { seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { createEmbeddings } from "../../src/index.ts";
import { asServiceRows, passagesOf, seedConversation, seedFile, smallEmbedder } from "./rows.ts";

const database = useTestDatabase();

const paragraphs = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => `Paragraph ${from + at} says ${"something ".repeat(15)}.`).join(
    "\n\n",
  );

test("a project is one passage of its name and description, with a vector of its owner", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  const id = await seedProject(db, owner, { name: "Boutique", description: "Vente de thé en ligne" });
  const embedder = smallEmbedder();
  const embeddings = createEmbeddings({ db, embedder });

  const summary = await embeddings.embedProject(id);
  expect(summary).toEqual({ status: "embedded", chunks: 1, embeddedChunks: 1, tokens: 0 });
  expect(embedder.calls).toEqual([["Boutique\n\nVente de thé en ligne"]]);
  expect(await passagesOf(db, "projects", id)).toEqual([
    {
      id: expect.any(String),
      ordinal: 0,
      text: "Boutique\n\nVente de thé en ligne",
      title: "Boutique",
      owner,
      vectors: 1,
    },
  ]);
});

test("saving a row unchanged calls no embedder, and keeps its passages", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  const project = await seedProject(db, owner);
  const id = await seedFile(db, owner, project, { path: "notes.txt", content: paragraphs(30) });
  const embedder = smallEmbedder();
  const embeddings = createEmbeddings({ db, embedder });
  await embeddings.embed("files", id);
  const before = await passagesOf(db, "files", id);
  expect(before.length).toBeGreaterThan(3);

  await withUser(db, owner, (tx) =>
    tx.update(projectFiles).set({ programmingLanguage: "none" }).where(eq(projectFiles.id, id)),
  );
  expect(await embeddings.embed("files", id)).toMatchObject({ embeddedChunks: 0, chunks: before.length });
  expect(embedder.calls).toHaveLength(1);
  expect(await passagesOf(db, "files", id)).toEqual(before);
});

test("of a changed text, only new passages are embedded; the others keep id and vector wherever they stand", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  const project = await seedProject(db, owner);
  const section = (n: number) => `# Section ${n}\n\n${paragraphs(1, n)}`;
  const content = (...numbers: number[]) => numbers.map(section).join("\n\n");
  const id = await seedFile(db, owner, project, { path: "guide.md", content: content(1, 2, 3, 4) });
  const embedder = smallEmbedder();
  const embeddings = createEmbeddings({ db, embedder });
  await embeddings.embed("files", id);
  const [first, second, third, fourth] = await passagesOf(db, "files", id);

  // 2 goes, 9 comes, 1 and 4 trade places.
  await withUser(db, owner, (tx) =>
    tx
      .update(projectFiles)
      .set({ content: content(4, 9, 3, 1) })
      .where(eq(projectFiles.id, id)),
  );
  expect(await embeddings.embed("files", id)).toMatchObject({ chunks: 4, embeddedChunks: 1 });
  expect(embedder.calls[1]).toEqual([`guide.md › Section 9\n\n${section(9)}`]);
  const after = await passagesOf(db, "files", id);
  expect(after.map((passage) => passage.vectors)).toEqual([1, 1, 1, 1]);
  expect(after.map((passage) => passage.id)).toEqual([fourth?.id, expect.any(String), third?.id, first?.id]);
  expect(after.map((passage) => passage.id)).not.toContain(second?.id);
});

test("offsets point into the row's text", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  const content = `🦊 Renard\r\n\r\n${paragraphs(20)}`;
  const project = await seedProject(db, owner);
  const id = await seedFile(db, owner, project, { path: "a.txt", content });
  const embeddings = createEmbeddings({ db, embedder: smallEmbedder() });
  await embeddings.embed("files", id);

  const { passages } = await embeddings.retrieve({ query: "renard paragraph", ownerId: owner, limit: 50 });
  expect(passages.length).toBeGreaterThan(2);
  for (const { text, start, end } of passages) expect(content.slice(start, end)).toBe(text);
});

test("a conversation is its turns in order, without what the system said", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  const { id } = await seedConversation(db, owner, {
    title: "Deploy",
    turns: [
      ["system", "You are a pirate"],
      ["user", "How do I deploy?"],
      ["assistant", "Press the button."],
    ],
  });
  const embeddings = createEmbeddings({ db, embedder: smallEmbedder() });
  await embeddings.embedConversation(id);
  expect((await passagesOf(db, "conversations", id)).map(({ text }) => text)).toEqual([
    "User: How do I deploy?\n\nAssistant: Press the button.",
  ]);
});

test("a message appended to a long conversation embeds the last passage alone", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  const turns = Array.from(
    { length: 40 },
    (_, at) => ["user", `Question ${at} ${"about tea ".repeat(12)}`] as const,
  );
  const { id } = await seedConversation(db, owner, { title: "Tea", turns: turns.map(([r, t]) => [r, t]) });
  const embeddings = createEmbeddings({ db, embedder: smallEmbedder() });
  const { chunks } = await embeddings.embedConversation(id);
  expect(chunks).toBeGreaterThan(4);
  await withUser(db, owner, (tx) =>
    tx.insert(messages).values({ userId: owner, conversationId: id, role: "assistant", content: "Yes." }),
  );
  expect(await embeddings.embedConversation(id)).toMatchObject({ embeddedChunks: 1 });
});

test("a row that is gone, deleted, or whose parent is deleted loses its passages", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  const project = await seedProject(db, owner);
  const file = await seedFile(db, owner, project, { path: "a.txt", content: "Hello" });
  const conversation = await seedConversation(db, owner, { title: "t", turns: [["user", "Hello"]] });
  const message = conversation.messageIds[0] as string;
  const embedder = smallEmbedder();
  const embeddings = createEmbeddings({ db, embedder });
  const all = [
    ["projects", project],
    ["files", file],
    ["conversations", conversation.id],
    ["messages", message],
  ] as const;
  for (const [source, id] of all) expect(await embeddings.embed(source, id)).toMatchObject({ chunks: 1 });

  const deletedAt = new Date();
  await withUser(db, owner, async (tx) => {
    await tx.update(projects).set({ deletedAt }).where(eq(projects.id, project));
    await tx.update(conversations).set({ deletedAt }).where(eq(conversations.id, conversation.id));
  });
  const calls = embedder.calls.length;
  for (const [source, id] of all) {
    expect(await embeddings.embed(source, id)).toEqual({
      status: "removed",
      chunks: 0,
      embeddedChunks: 0,
      tokens: 0,
    });
    expect(await passagesOf(db, source, id)).toEqual([]);
  }
  expect(embedder.calls).toHaveLength(calls);
});

test("a row that changes owner takes its passages along, without a call", async () => {
  const { db } = database;
  const [alice, bob] = [await seedUser(db), await seedUser(db)];
  const id = await seedProject(db, alice, { name: "Handed over" });
  const embedder = smallEmbedder();
  const embeddings = createEmbeddings({ db, embedder });
  await embeddings.embedProject(id);
  await withService(db, (tx) => tx.update(projects).set({ userId: bob }).where(eq(projects.id, id)));

  // Before it is embedded again, nobody sees it: the passage is Alice's, the row Bob's.
  const found = async (ownerId: string) =>
    (await embeddings.semanticSearch({ queryText: "handed over", ownerId })).results.map(
      (hit) => hit.entityId,
    );
  expect(await found(alice)).toEqual([]);
  expect(await found(bob)).toEqual([]);
  const all = await embeddings.semanticSearch({ queryText: "handed over", allOwners: true, limit: 100 });
  expect(all.results.map((hit) => hit.entityId)).not.toContain(id);
  await embeddings.embedProject(id);
  expect(await passagesOf(db, "projects", id)).toMatchObject([{ owner: bob, vectors: 1 }]);
  expect(await found(bob)).toEqual([id]);
  expect(embedder.calls).toHaveLength(1 + 4);
});

test("a row that changes while it is embedded is read again, and the stale vector never stored", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  const id = await seedProject(db, owner, { name: "Before" });
  const embedder = smallEmbedder();
  const embeddings = createEmbeddings({ db, embedder });
  const held = embedder.holdNext();
  const running = embeddings.embedProject(id);
  expect(await held.called).toEqual(["Before"]);
  await withUser(db, owner, (tx) => tx.update(projects).set({ name: "After" }).where(eq(projects.id, id)));
  held.release();
  expect(await running).toMatchObject({ status: "embedded", chunks: 1 });
  expect(await passagesOf(db, "projects", id)).toMatchObject([{ text: "After", vectors: 1 }]);
});

test("a row that never rests is a retryable error, and nothing is written", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  const id = await seedProject(db, owner, { name: "0" });
  const embedder = smallEmbedder();
  const embeddings = createEmbeddings({ db, embedder });
  const helds = [embedder.holdNext(), embedder.holdNext(), embedder.holdNext()];
  const running = embeddings.embedProject(id);
  for (const [at, held] of helds.entries()) {
    await held.called;
    await withUser(db, owner, (tx) =>
      tx
        .update(projects)
        .set({ name: `${at + 1}` })
        .where(eq(projects.id, id)),
    );
    held.release();
  }
  await expect(running).rejects.toMatchObject({ code: "ROW_CHANGED", retryable: true });
  expect(await passagesOf(db, "projects", id)).toEqual([]);
});

test("two writers of one row leave one set of passages", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  const project = await seedProject(db, owner);
  const id = await seedFile(db, owner, project, { path: "a.txt", content: paragraphs(20) });
  const [one, two] = [smallEmbedder(), smallEmbedder()];
  const held = [one.holdNext(), two.holdNext()];
  const running = [one, two].map((embedder) => createEmbeddings({ db, embedder }).embed("files", id));
  await Promise.all(held.map(({ called }) => called));
  for (const { release } of held) release();
  const [{ chunks } = { chunks: 0 }] = await Promise.all(running);
  const stored = await passagesOf(db, "files", id);
  expect(stored.map(({ ordinal }) => ordinal)).toEqual(Array.from({ length: chunks }, (_, at) => at));
  expect(stored.every(({ vectors }) => vectors === 1)).toBe(true);
});

test("a second model adds vectors and keeps the passages", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  const id = await seedProject(db, owner, { name: "Twice" });
  const first = smallEmbedder();
  await createEmbeddings({ db, embedder: first }).embedProject(id);
  const [before] = await passagesOf(db, "projects", id);
  const second = { ...smallEmbedder(), model: "another" };
  await createEmbeddings({ db, embedder: second }).embedProject(id);
  expect(await passagesOf(db, "projects", id)).toEqual([{ ...before, vectors: 2 }]);
  const models = await asServiceRows(
    db,
    (await import("drizzle-orm")).sql`select name, dimensions from devora.embedding_models order by id`,
  );
  expect(models).toEqual([
    { name: "devora-hashing-1", dimensions: 128 },
    { name: "another", dimensions: 128 },
  ]);
});

test.each([
  ["too short", [1, 2]],
  ["NaN", [Number.NaN, ...new Array(127).fill(0.5)]],
  ["infinite", [Number.POSITIVE_INFINITY, ...new Array(127).fill(0.5)]],
  ["zero", new Array(128).fill(0)],
])("a vector that is %s is a typed error, and no SQL runs", async (_, vector) => {
  const { db } = database;
  const owner = await seedUser(db);
  const id = await seedProject(db, owner, { name: "Bad vector" });
  const embedder = {
    ...smallEmbedder(),
    embed: async () => ({ embeddings: [vector], usage: { tokens: 1 } }),
  };
  const embeddings = createEmbeddings({ db, embedder });
  await expect(embeddings.embedProject(id)).rejects.toMatchObject({
    code: "INVALID_EMBEDDING",
    retryable: false,
  });
  expect(await passagesOf(db, "projects", id)).toEqual([]);
});

test("a provider that cannot be reached is the embedder's error, not the database's", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  const id = await seedProject(db, owner);
  const embedder = smallEmbedder();
  embedder.failNext(Object.assign(new Error("secret text"), { code: "ECONNREFUSED" }));
  const failure = createEmbeddings({ db, embedder }).embedProject(id);
  await expect(failure).rejects.toMatchObject({ code: "EMBEDDER_FAILED", retryable: true });
  await expect(failure).rejects.not.toThrow(/secret/);
});

test("cancelling rejects with the signal's reason and writes nothing", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  const id = await seedProject(db, owner);
  const embedder = smallEmbedder();
  const embeddings = createEmbeddings({ db, embedder });
  const held = embedder.holdNext();
  const controller = new AbortController();
  const running = embeddings.embedProject(id, { signal: controller.signal });
  await held.called;
  controller.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  expect(await passagesOf(db, "projects", id)).toEqual([]);
});

test.each([
  ["an unknown source", "planets", "1", "UNKNOWN_SOURCE"],
  ["an id that is no uuid", "projects", "1' or true--", "INVALID_ID"],
  ["an id with U+0000", "projects", "\u0000", "INVALID_ID"],
])("%s is refused before any SQL", async (_, source, id, code) => {
  const embeddings = createEmbeddings({ db: database.db, embedder: smallEmbedder() });
  await expect(embeddings.embed(source as "projects", id)).rejects.toMatchObject({ code });
});

test("an id in another spelling is the same row", async () => {
  const { db } = database;
  const id = await seedProject(db, await seedUser(db));
  const embeddings = createEmbeddings({ db, embedder: smallEmbedder() });
  expect(await embeddings.embedProject(id.toUpperCase())).toMatchObject({ status: "embedded", chunks: 1 });
  expect(await passagesOf(db, "projects", id)).toHaveLength(1);
});
