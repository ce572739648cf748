import { conversations, projectFiles, projects, withService, withUser } from "@devora/db-schema";
import { seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { eq, sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { createEmbeddings } from "../../src/index.ts";
import { seedConversation, seedFile, smallEmbedder } from "./rows.ts";

const database = useTestDatabase();
const embedder = smallEmbedder();
const embeddingsOf = (options: { role?: string | null } = {}) =>
  createEmbeddings({ db: database.db, embedder, ...options });

let alice: string;
let bob: string;
const ids: Record<"tea" | "coffee" | "bobsTea" | "guide" | "chat", string> = {
  tea: "",
  coffee: "",
  bobsTea: "",
  guide: "",
  chat: "",
};

beforeAll(async () => {
  const { db } = database;
  alice = await seedUser(db);
  bob = await seedUser(db);
  ids.tea = await seedProject(db, alice, {
    name: "Tea shop",
    description: "Green tea, black tea and kettles",
  });
  ids.coffee = await seedProject(db, alice, { name: "Coffee roaster", description: "Beans from Ethiopia" });
  ids.bobsTea = await seedProject(db, bob, {
    name: "Tea shop",
    description: "Green tea, black tea and kettles",
  });
  const sections = ["Kettles", "Teapots", "Kettles again"].map(
    (name) => `# ${name}\n\nAbout ${name} for tea.`,
  );
  ids.guide = await seedFile(db, alice, ids.tea, { path: "guide.md", content: sections.join("\n\n") });
  const chat = await seedConversation(db, alice, {
    title: "Water",
    turns: [["user", "How hot is water for green tea?"]],
  });
  ids.chat = chat.id;
  const summary = await embeddingsOf().embedAll();
  expect(summary).toMatchObject({ entities: 6, failed: [], removedChunks: 0 });
});

test("the nearest rows come first, one hit each, with both measures named", async () => {
  const { results, complete } = await embeddingsOf().semanticSearch({
    queryText: "green tea kettles",
    ownerId: alice,
  });
  expect(complete).toBe(true);
  expect(results[0]).toMatchObject({ source: "projects", entityId: ids.tea, title: "Tea shop" });
  expect(new Set(results.map((hit) => `${hit.source} ${hit.entityId}`)).size).toBe(results.length);
  const guide = results.find((hit) => hit.entityId === ids.guide);
  expect(guide?.title).toMatch(/^guide\.md › Kettles/);
  for (const { distance, similarity } of results) expect(similarity).toBeCloseTo(1 - distance, 10);
  const distances = results.map((hit) => hit.distance);
  expect(distances).toEqual([...distances].sort((a, b) => a - b));
});

test.each([
  ["under row level security", {}],
  ["with a role that no policy binds", { role: null }],
])("another user's rows never answer, %s", async (_, options) => {
  const embeddings = embeddingsOf(options);
  const seen = async (ownerId: string) => {
    const search = await embeddings.semanticSearch({ queryText: "tea shop", ownerId, limit: 100 });
    const { passages } = await embeddings.retrieve({ query: "tea shop", ownerId, limit: 100 });
    return new Set([...search.results, ...passages].map((hit) => hit.entityId));
  };
  expect(await seen(bob)).toEqual(new Set([ids.bobsTea]));
  expect(await seen(alice)).not.toContain(ids.bobsTea);
  const similar = { source: "projects", id: ids.tea, ownerId: bob } as const;
  expect((await embeddings.findSimilarEntities(similar)).results).toEqual([]);
});

test("all owners are searched only when asked for", async () => {
  const { results } = await embeddingsOf().semanticSearch({
    queryText: "tea shop",
    allOwners: true,
    entityTypes: ["projects"],
    limit: 2,
  });
  expect(new Set(results.map((hit) => hit.entityId))).toEqual(new Set([ids.tea, ids.bobsTea]));

  const embeddings = embeddingsOf();
  await expect(embeddings.semanticSearch({ queryText: "tea" })).rejects.toMatchObject({
    code: "OWNER_REQUIRED",
  });
  await expect(embeddings.retrieve({ query: "tea" })).rejects.toMatchObject({ code: "OWNER_REQUIRED" });
  await expect(embeddings.retrieve({ query: "tea", ownerId: alice, allOwners: true })).rejects.toMatchObject({
    code: "INVALID_INPUT",
  });
  await expect(embeddings.retrieve({ query: "tea", ownerId: "" })).rejects.toMatchObject({
    code: "INVALID_INPUT",
  });
});

test("a soft-deleted row, and what hangs under it, stops answering at once", async () => {
  const { db } = database;
  const embeddings = embeddingsOf();
  const project = await seedProject(db, alice, { name: "Umbrella stand" });
  const file = await seedFile(db, alice, project, {
    path: "umbrella.txt",
    content: "An umbrella stand of oak",
  });
  const chat = await seedConversation(db, alice, { title: "Umbrella", turns: [["user", "umbrella stand?"]] });
  await embeddings.embedProject(project);
  await embeddings.embed("files", file);
  await embeddings.embedConversation(chat.id);
  const found = async () =>
    (
      await embeddings.semanticSearch({
        queryText: "umbrella stand",
        ownerId: alice,
        similarityThreshold: 0.4,
      })
    ).results.map((hit) => hit.entityId);
  expect(new Set(await found())).toEqual(new Set([project, file, chat.id]));

  const deletedAt = new Date();
  await withUser(db, alice, async (tx) => {
    await tx.update(projects).set({ deletedAt }).where(eq(projects.id, project));
    await tx.update(conversations).set({ deletedAt }).where(eq(conversations.id, chat.id));
  });
  expect(await found()).toEqual([]);
  expect(
    (await embeddings.retrieve({ query: "umbrella stand", ownerId: alice })).passages,
  ).not.toContainEqual(expect.objectContaining({ entityId: file }));
});

test("deleted rows take no place from living ones", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  const names = Array.from({ length: 60 }, (_, at) => `Lighthouse ${at}`);
  const lighthouses: string[] = [];
  for (const name of names) lighthouses.push(await seedProject(db, owner, { name }));
  const embeddings = embeddingsOf();
  await embeddings.embedAll({ sources: ["projects"], ownerId: owner });
  const [kept, ...deleted] = lighthouses;
  await withUser(db, owner, (tx) =>
    tx.update(projects).set({ deletedAt: new Date() }).where(sql`${projects.id} <> ${kept}::uuid`),
  );
  const { results, complete } = await embeddings.semanticSearch({ queryText: "lighthouse", ownerId: owner });
  expect(deleted).toHaveLength(59);
  expect(results.map((hit) => hit.entityId)).toEqual([kept]);
  expect(complete).toBe(true);
});

test("a threshold leaves out what is less similar, and the answer is complete", async () => {
  const embeddings = embeddingsOf();
  const call = { queryText: "Coffee roaster\n\nBeans from Ethiopia", ownerId: alice } as const;
  const { results, complete } = await embeddings.semanticSearch({ ...call, similarityThreshold: 0.9 });
  expect(results.map((hit) => hit.entityId)).toEqual([ids.coffee]);
  expect(complete).toBe(true);
  await expect(embeddings.semanticSearch({ ...call, similarityThreshold: 7 })).rejects.toMatchObject({
    code: "INVALID_INPUT",
  });
  await expect(embeddings.semanticSearch({ ...call, limit: 0 })).rejects.toMatchObject({
    code: "INVALID_INPUT",
  });
});

test("a limit above the candidates of one scan is filled by further ones", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  // One row of 60 passages, all nearer than the rows that follow.
  const project = await seedProject(db, owner, { name: "zzz" });
  const sections = Array.from({ length: 60 }, (_, at) => `# Anchor ${at}\n\nanchor chain`);
  const long = await seedFile(db, owner, project, { path: "anchor.md", content: sections.join("\n\n") });
  const short = await seedFile(db, owner, project, {
    path: "b.txt",
    content: `anchor, ${"rope and sail and mast ".repeat(5)}`,
  });
  const embeddings = embeddingsOf();
  await embeddings.embedAll({ sources: ["files"], ownerId: owner });
  const { results, complete } = await embeddings.semanticSearch({
    queryText: "anchor chain",
    ownerId: owner,
    limit: 2,
  });
  expect(results.map((hit) => hit.entityId)).toEqual([long, short]);
  expect(complete).toBe(true);
});

test("only the entity types asked for are searched; none finds nothing", async () => {
  const embeddings = embeddingsOf();
  const call = { queryText: "tea", ownerId: alice } as const;
  const { results } = await embeddings.semanticSearch({
    ...call,
    entityTypes: ["conversations", "conversations"],
  });
  expect(results.map((hit) => hit.entityId)).toEqual([ids.chat]);
  expect(await embeddings.semanticSearch({ ...call, entityTypes: [] })).toEqual({
    results: [],
    complete: true,
  });
  await expect(
    embeddings.semanticSearch({ ...call, entityTypes: ["planets" as "projects"] }),
  ).rejects.toMatchObject({ code: "UNKNOWN_SOURCE" });
});

test("a blank question finds nothing and is not sent", async () => {
  const calls = embedder.calls.length;
  const blank = " \n\t ";
  const embeddings = embeddingsOf();
  expect(await embeddings.semanticSearch({ queryText: blank, ownerId: alice })).toEqual({
    results: [],
    complete: true,
  });
  expect(await embeddings.retrieve({ query: blank, ownerId: alice })).toEqual({
    passages: [],
    complete: true,
  });
  expect(embedder.calls).toHaveLength(calls);
});

test.each(["\u0000", "\ud800 tea", "'; drop table devora.chunks; --", "tea ".repeat(100_000), "𝕿𝖊𝖆"])(
  "a hostile question is only text: %#",
  async (query) => {
    const { passages } = await embeddingsOf().retrieve({ query, ownerId: alice });
    expect(passages.length).toBeGreaterThan(0);
  },
);

test("in the caller's transaction, its own changes count, and its scope decides", async () => {
  const { db } = database;
  const embeddings = embeddingsOf();
  const find = (tx: typeof db, ownerId: string) =>
    embeddings.retrieve({ query: "coffee roaster", ownerId, entityTypes: ["projects"], db: tx });
  await withUser(db, alice, async (tx) => {
    expect((await find(tx, alice)).passages[0]?.entityId).toBe(ids.coffee);
    // Another owner's rows are out of reach even when named.
    expect((await find(tx, bob)).passages).toEqual([]);
    await tx.update(projects).set({ deletedAt: new Date() }).where(eq(projects.id, ids.coffee));
    expect((await find(tx, alice)).passages.map((passage) => passage.entityId)).not.toContain(ids.coffee);
    await tx.update(projects).set({ deletedAt: null }).where(eq(projects.id, ids.coffee));
  });
});

test("similar rows are found without a call, and not the row itself", async () => {
  const calls = embedder.calls.length;
  const embeddings = embeddingsOf();
  const { results } = await embeddings.findSimilarEntities({
    source: "files",
    id: ids.guide,
    ownerId: alice,
  });
  expect(results[0]?.entityId).toBe(ids.tea);
  expect(results.map((hit) => hit.entityId)).not.toContain(ids.guide);
  expect(embedder.calls).toHaveLength(calls);
  const none = await embeddings.findSimilarEntities({
    source: "files",
    id: ids.guide,
    ownerId: alice,
    entityTypes: ["files"],
    similarityThreshold: 0.99,
  });
  expect(none.results).toEqual([]);
});

test("a deleted row is similar to nothing", async () => {
  const { db } = database;
  const id = await seedProject(db, alice, { name: "Tea shop in Paris" });
  const embeddings = embeddingsOf();
  await embeddings.embedProject(id);
  const similar = () => embeddings.findSimilarEntities({ source: "projects", id, ownerId: alice });
  expect((await similar()).results.length).toBeGreaterThan(0);
  await withUser(db, alice, (tx) =>
    tx.update(projects).set({ deletedAt: new Date() }).where(eq(projects.id, id)),
  );
  expect((await similar()).results).toEqual([]);
});

test("a passage says where it stands and when its row changed", async () => {
  const { db } = database;
  const { passages } = await embeddingsOf().retrieve({
    query: "beans from Ethiopia",
    ownerId: alice,
    limit: 1,
  });
  const [row] = await withUser(db, alice, (tx) =>
    tx.select({ updatedAt: projects.updatedAt }).from(projects).where(eq(projects.id, ids.coffee)),
  );
  expect(passages).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: "projects",
      entityId: ids.coffee,
      title: "Coffee roaster",
      text: "Coffee roaster\n\nBeans from Ethiopia",
      start: 0,
      end: 35,
      score: expect.any(Number),
      updatedAt: expect.any(Date),
    },
  ]);
  expect(passages[0]?.score).toBeGreaterThan(0.3);
  expect(passages[0]?.score).toBeLessThanOrEqual(1);
  expect(Math.abs(Number(passages[0]?.updatedAt) - Number(row?.updatedAt))).toBeLessThan(60_000);
});

test("before anything is embedded, every search is empty and complete", async () => {
  const fresh = createEmbeddings({ db: database.db, embedder: { ...embedder, model: "never used" } });
  expect(await fresh.semanticSearch({ queryText: "tea", ownerId: alice })).toEqual({
    results: [],
    complete: true,
  });
  const similar = await fresh.findSimilarEntities({ source: "projects", id: ids.tea, ownerId: alice });
  expect(similar).toEqual({ results: [], complete: true });
});

test("vectors of another model are never compared", async () => {
  const other = createEmbeddings({ db: database.db, embedder: { ...embedder, model: "other model" } });
  await other.embedProject(ids.tea);
  const { results } = await other.semanticSearch({ queryText: "coffee roaster", ownerId: alice });
  expect(results.map((hit) => hit.entityId)).toEqual([ids.tea]);
});

test("embedAll goes on where it was cut off, and sweeps out what is gone", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  const project = await seedProject(db, owner);
  const files: string[] = [];
  for (let at = 0; at < 7; at++) {
    files.push(await seedFile(db, owner, project, { path: `${at}.txt`, content: `File number ${at}` }));
  }
  const own = smallEmbedder();
  const embeddings = createEmbeddings({ db, embedder: own });
  const controller = new AbortController();
  const seen: number[] = [];
  const call = { sources: ["files"], ownerId: owner, batchSize: 2 } as const;
  const cutOff = embeddings.embedAll({
    ...call,
    signal: controller.signal,
    onProgress: ({ entities }) => {
      seen.push(entities);
      if (entities === 4) controller.abort(new Error("deploy"));
    },
  });
  await expect(cutOff).rejects.toThrow("deploy");
  expect(seen).toEqual([2, 4]);

  await withService(db, (tx) => tx.delete(projectFiles).where(eq(projectFiles.id, files[0] as string)));
  const before = own.calls.length;
  const summary = await embeddings.embedAll(call);
  expect(summary).toMatchObject({ entities: 6, chunks: 6, removedChunks: 1, tokens: 0, failed: [] });
  // What progress told of is done; batches that were under way at the end may be, or are embedded again.
  const again = own.calls.slice(before).flat();
  expect(summary.embeddedChunks).toBe(again.length);
  for (const text of again) expect(text).toMatch(/File number [456]$/);
});

test("a text that the embedder refuses is named, and keeps nobody else waiting", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  const project = await seedProject(db, owner);
  const files: string[] = [];
  for (const content of ["one", "two", "POISON", "four", "five"]) {
    files.push(await seedFile(db, owner, project, { path: `${content}.txt`, content }));
  }
  const own = smallEmbedder();
  const picky = {
    ...own,
    embed: async (texts: readonly string[]) => {
      if (texts.some((text) => text.includes("POISON")))
        throw Object.assign(new Error("bad"), { status: 400 });
      return own.embed(texts);
    },
  };
  const summary = await createEmbeddings({ db, embedder: picky }).embedAll({
    sources: ["files"],
    ownerId: owner,
  });
  expect(summary).toMatchObject({ entities: 5, embeddedChunks: 4 });
  expect(summary.failed).toEqual([
    {
      source: "files",
      entityId: files[2],
      error: expect.objectContaining({ code: "EMBEDDER_FAILED", status: 400, retryable: false }),
    },
  ]);
});
