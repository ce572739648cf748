import { type Database, projects, withService, withUser } from "@devora/db-schema";
import { seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { eq, sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { createEmbeddings, defineSource, hashingEmbedder, type PassageContext } from "../../src/index.ts";
import { type RecordedEmbedder, recordEmbedder } from "../../src/testing.ts";
import { asServiceRows } from "./rows.ts";

const database = useTestDatabase();
let owner: string;
let ids: string[];
let model = 0;

const names = ["Boutique de thé", "Payment by card", "Sailing club", "Bread oven", "Tax forms"];

beforeEach(async () => {
  const { db } = database;
  await withService(db, async (tx) => {
    await tx.execute(sql`delete from devora.chunks`);
    await tx.execute(sql`delete from devora.embedding_models`);
    await tx.execute(sql`update projects set deleted_at = now()`);
  });
  owner = await seedUser(db);
  ids = [];
  for (const name of names) ids.push(await seedProject(db, owner, { name }));
  model += 1;
});

const embedderOf = (name: string, dimensions = 64): RecordedEmbedder =>
  recordEmbedder({ ...hashingEmbedder({ dimensions }), model: `${name}-${model}` });

/** An old model that has embedded all projects, and a new one beside it. */
async function oldAndNext() {
  const { db } = database;
  const [old, next] = [embedderOf("old"), embedderOf("next", 96)];
  await createEmbeddings({ db, embedder: old }).embedAll({ sources: ["projects"] });
  const process = () => createEmbeddings({ db, embedder: old, candidate: next });
  return { old, next, process, embeddings: process() };
}

const vectorsByModel = (db: Database) =>
  asServiceRows<{ name: string; state: string; vectors: number }>(
    db,
    sql`
      select split_part(model.name, '-', 1) as name, model.state,
        (select count(*) from devora.embeddings e where e.model_id = model.id)::int as vectors
      from devora.embedding_models as model order by model.id`,
  );

/** Which embedder a search asks for its vector. */
async function searched(
  embeddings: ReturnType<typeof createEmbeddings>,
  models: Record<string, RecordedEmbedder>,
): Promise<string | undefined> {
  const before = Object.entries(models).map(([name, { calls }]) => [name, calls.length] as const);
  const { results } = await embeddings.semanticSearch({ queryText: "payment card", ownerId: owner });
  expect(results[0]).toMatchObject({ entityId: ids[1] });
  return before.find(([name, count]) => models[name]?.calls.length === count + 1)?.[0];
}

test("with a candidate, what is written gets vectors of both models, and searches use the first", async () => {
  const { db } = database;
  const [old, next] = [embedderOf("old"), embedderOf("next", 96)];
  const embeddings = createEmbeddings({ db, embedder: old, candidate: next });
  expect(await embeddings.embedProject(ids[1] as string)).toMatchObject({ chunks: 1, embeddedChunks: 1 });
  await embeddings.enqueue({ source: "projects", ids: [ids[0] as string] });
  await embeddings.createWorker().runOnce();
  expect(await vectorsByModel(db)).toEqual([
    { name: "old", state: "active", vectors: 2 },
    { name: "next", state: "building", vectors: 2 },
  ]);
  expect(await searched(embeddings, { old, next })).toBe("old");
  // The second time neither is called.
  const calls = old.calls.length + next.calls.length;
  expect(await embeddings.embedProject(ids[0] as string)).toMatchObject({ status: "unchanged" });
  expect(old.calls.length + next.calls.length).toBe(calls);
});

test("a migration makes the missing vectors, compares, and all processes change over at once", async () => {
  const { db } = database;
  const { old, next, process, embeddings } = await oldAndNext();
  const other = process();
  const steps: string[] = [];
  const report = await embeddings.migrateModel({
    to: next,
    queries: ["payment", "bread"],
    batchSize: 2,
    onProgress: ({ step, done, total }) => steps.push(`${step} ${done}/${total}`),
  });
  expect(report).toEqual({
    status: "cut-over",
    reason: undefined,
    vectors: 5,
    tokens: 0,
    missing: 0,
    refused: [],
    indexed: false,
    comparison: {
      queries: 2,
      recallAt10: 1,
      overlapAt10: 1,
      rankAgreement: expect.any(Number),
      sameFirst: 1,
    },
  });
  expect(steps).toEqual([
    "vectors 0/5",
    "vectors 2/5",
    "vectors 4/5",
    "vectors 5/5",
    "index 0/1",
    "index 1/1",
    "compare 1/2",
    "compare 2/2",
    "cut-over 0/1",
    "cut-over 1/1",
  ]);
  expect(await vectorsByModel(db)).toEqual([
    { name: "old", state: "retired", vectors: 5 },
    { name: "next", state: "active", vectors: 5 },
  ]);
  expect(await searched(embeddings, { old, next })).toBe("next");
  expect(await searched(other, { old, next })).toBe("next");
  // A process that does not know the new model goes on with the old one, whose vectors are there.
  expect(await searched(createEmbeddings({ db, embedder: old }), { old, next })).toBe("old");

  // Written by both still, so that there is a way back.
  await withUser(db, owner, (tx) =>
    tx
      .update(projects)
      .set({ name: "Payment by credit card" })
      .where(eq(projects.id, ids[1] as string)),
  );
  await other.embedProject(ids[1] as string);
  expect(await embeddings.rollbackModel()).toEqual({
    active: { model: old.model, dimensions: 64, version: "1" },
  });
  expect(await vectorsByModel(db)).toMatchObject([{ state: "active" }, { state: "building" }]);
  expect(await searched(other, { old, next })).toBe("old");
  await expect(embeddings.rollbackModel()).rejects.toMatchObject({ code: "INVALID_INPUT" });

  // Nothing is left to make when it changes over again.
  expect(await other.migrateModel({ to: next, sampleQueries: 0 })).toMatchObject({
    status: "cut-over",
    vectors: 0,
    comparison: { queries: 0, overlapAt10: undefined },
  });
  expect(await searched(embeddings, { old, next })).toBe("next");
});

test("searches answer from the old model between all steps, and rows written meanwhile are not missed", async () => {
  const { db } = database;
  const { old, next, process, embeddings } = await oldAndNext();
  const [batch, comparing] = [next.holdNext(), next.holdNext()];
  const migrating = embeddings.migrateModel({ to: next, queries: ["payment"] });
  await batch.called;
  expect(await searched(process(), { old, next })).toBe("old");
  // By a process that does not know of the new model.
  const late = await seedProject(db, owner, { name: "Written late" });
  await createEmbeddings({ db, embedder: old }).embedProject(late);
  batch.release();
  // The second pass finds the late row.
  expect(await comparing.called).toEqual(["Written late"]);
  expect(await searched(process(), { old, next })).toBe("old");
  comparing.release();
  expect(await migrating).toMatchObject({ status: "cut-over", vectors: 6, missing: 0 });
  expect(await searched(process(), { old, next })).toBe("next");
});

test.each([
  {
    said: "what a host's own function says before a passage",
    contextPrefix: ({ source, entityId }: PassageContext) => `${source} of ${entityId}`,
    inputs: () => ids.map((id) => `projects of ${id}\n\nSold by the bag`),
  },
  {
    said: "nothing",
    contextPrefix: false as const,
    inputs: () => ids.map(() => "Sold by the bag"),
  },
])("the new model is given the same texts as the old one: $said", async ({ contextPrefix, inputs }) => {
  const { db } = database;
  const [old, next] = [embedderOf("old"), embedderOf("next", 96)];
  const source = defineSource({
    name: "projects",
    table: projects,
    id: projects.id,
    owner: projects.userId,
    title: projects.name,
    text: sql`'Sold by the bag'`,
    deletedAt: projects.deletedAt,
  });
  const common = { db, embedder: old, sources: [source], chunking: { contextPrefix } };
  await createEmbeddings(common).embedAll();
  const embeddings = createEmbeddings({ ...common, candidate: next });
  expect(await embeddings.migrateModel({ to: next, sampleQueries: 0 })).toMatchObject({
    status: "cut-over",
    vectors: 5,
  });
  expect(old.calls.flat().sort()).toEqual(inputs().sort());
  expect(next.calls.flat().sort()).toEqual(inputs().sort());
});

test("where both models are active, because each was once used by itself, the embedder answers", async () => {
  const { old, next, embeddings } = await oldAndNext();
  await createEmbeddings({ db: database.db, embedder: next }).embedAll({ sources: ["projects"] });
  expect(await vectorsByModel(database.db)).toMatchObject([{ state: "active" }, { state: "active" }]);
  expect(await searched(embeddings, { old, next })).toBe("old");
});

test("a search under way keeps the model that it began with", async () => {
  const { old, next, embeddings, process } = await oldAndNext();
  const question = old.holdNext();
  const searching = process().semanticSearch({ queryText: "payment card", ownerId: owner });
  await question.called;
  await embeddings.migrateModel({ to: next, sampleQueries: 0 });
  question.release();
  expect((await searching).results[0]).toMatchObject({ entityId: ids[1] });
});

test("a migration that was cut off goes on where it stopped", async () => {
  const { db } = database;
  const { next, process, embeddings } = await oldAndNext();
  const controller = new AbortController();
  await expect(
    embeddings.migrateModel({
      to: next,
      batchSize: 2,
      onProgress: ({ done }) => done === 4 && controller.abort(new Error("enough")),
      signal: controller.signal,
    }),
  ).rejects.toThrow("enough");
  expect(await vectorsByModel(db)).toMatchObject([{}, { state: "building", vectors: 4 }]);

  next.failNext(Object.assign(new Error("down"), { status: 503 }));
  await expect(process().migrateModel({ to: next })).rejects.toMatchObject({
    code: "EMBEDDER_FAILED",
    retryable: true,
  });
  expect(await process().migrateModel({ to: next, cutOver: false })).toMatchObject({
    status: "ready",
    vectors: 1,
  });
  expect(await vectorsByModel(db)).toMatchObject([{ state: "active" }, { state: "building" }]);
  expect(await process().migrateModel({ to: next })).toMatchObject({ status: "cut-over", vectors: 0 });
  // As after a crash behind the commit.
  expect(await process().migrateModel({ to: next })).toMatchObject({ status: "cut-over", vectors: 0 });
});

test("models that answer too differently are not exchanged", async () => {
  const { db } = database;
  const old = embedderOf("old");
  const next = recordEmbedder({
    ...hashingEmbedder({ dimensions: 64 }),
    model: `blind-${model}`,
    embed: async (texts) => ({
      embeddings: texts.map((text) =>
        Array.from({ length: 64 }, (_, at) => ((text.length * 7 + at) % 13) - 6),
      ),
      usage: { tokens: 1 },
    }),
  });
  for (let n = 0; n < 30; n++) await seedProject(db, owner, { name: `Project ${"x".repeat(n)} ${n}` });
  const embeddings = createEmbeddings({ db, embedder: old, candidate: next });
  await embeddings.embedAll({ sources: ["projects"] });
  const report = await embeddings.migrateModel({ to: next, minOverlap: 0.99 });
  expect(report).toMatchObject({
    status: "held",
    reason: expect.stringContaining("minOverlap asks for 0.99"),
  });
  expect(report.comparison.queries).toBe(35);
  expect(report.comparison.overlapAt10).toBeLessThan(0.99);
  expect(await searched(embeddings, { old, next })).toBe("old");
});

test("texts that the new model refuses are named, and hold the cut-over unless they are allowed for", async () => {
  const { old, next, process, embeddings } = await oldAndNext();
  const refusing: typeof next = {
    ...next,
    embed: async (texts, options) => {
      if (texts.includes("Bread oven")) throw Object.assign(new Error("no bread"), { status: 400 });
      return next.embed(texts, options);
    },
  };
  const picky = createEmbeddings({ db: database.db, embedder: old, candidate: refusing });
  const report = await picky.migrateModel({ to: refusing, queries: ["payment"] });
  expect(report).toMatchObject({
    status: "held",
    reason: expect.stringContaining("1 passages have no vector"),
    vectors: 4,
    missing: 1,
    refused: [{ source: "projects", entityId: ids[3], error: { code: "EMBEDDER_FAILED", status: 400 } }],
  });
  expect(await searched(embeddings, { old, next })).toBe("old");
  expect(await picky.migrateModel({ to: refusing, sampleQueries: 0, maxMissing: 1 })).toMatchObject({
    status: "cut-over",
  });
  expect(await searched(process(), { old, next })).toBe("next");
});

test("of two that migrate at once, one works and the other is told so", async () => {
  const { next, process, embeddings } = await oldAndNext();
  const held = next.holdNext();
  const first = embeddings.migrateModel({ to: next, sampleQueries: 0 });
  await held.called;
  await expect(process().migrateModel({ to: next })).rejects.toMatchObject({
    code: "MODEL_BUSY",
    retryable: true,
  });
  held.release();
  expect(await first).toMatchObject({ status: "cut-over", vectors: 5 });
});

test("the lease of one that died ends", async () => {
  const { db } = database;
  const { next, process, embeddings } = await oldAndNext();
  const controller = new AbortController();
  const held = next.holdNext();
  const dying = embeddings.migrateModel({ to: next, signal: controller.signal });
  await held.called;
  await withService(db, (tx) =>
    tx.execute(sql`update devora.embedding_models set leased_until = now() - interval '1 second'
      where lease_token is not null`),
  );
  expect(await process().migrateModel({ to: next, sampleQueries: 0 })).toMatchObject({ status: "cut-over" });
  controller.abort(new Error("dead"));
  await expect(dying).rejects.toThrow("dead");
});

test("a row that changes its owner while its vector is made leaves no vector to the old one", async () => {
  const { db } = database;
  const { old, next, embeddings } = await oldAndNext();
  const bob = await seedUser(db);
  const held = next.holdNext();
  const migrating = embeddings.migrateModel({ to: next, sampleQueries: 0 });
  await held.called;
  await withService(db, (tx) =>
    tx
      .update(projects)
      .set({ userId: bob })
      .where(eq(projects.id, ids[0] as string)),
  );
  await createEmbeddings({ db, embedder: old }).embedProject(ids[0] as string);
  held.release();
  await migrating;
  const strange = await asServiceRows(
    db,
    sql`select 1 from devora.embeddings e join devora.chunks c on c.id = e.chunk_id where c.owner_id <> e.owner_id`,
  );
  expect(strange).toEqual([]);
});

test("a rollback waits until the old model has all vectors again", async () => {
  const { db } = database;
  const { next, embeddings } = await oldAndNext();
  await embeddings.migrateModel({ to: next, sampleQueries: 0 });
  const late = await seedProject(db, owner, { name: "Late" });
  await createEmbeddings({ db, embedder: next }).embedProject(late);
  await expect(embeddings.rollbackModel()).rejects.toMatchObject({ code: "MODEL_INCOMPLETE" });
  await embeddings.embedAll({ sources: ["projects"] });
  await expect(embeddings.rollbackModel()).resolves.toMatchObject({ active: { dimensions: 64 } });
});

test("the new model must be the candidate", async () => {
  const { db } = database;
  const { old, next, embeddings } = await oldAndNext();
  const alone = createEmbeddings({ db, embedder: old });
  for (const call of [
    alone.migrateModel({ to: next }),
    embeddings.migrateModel({ to: old }),
    alone.rollbackModel(),
  ]) {
    await expect(call).rejects.toMatchObject({ code: "INVALID_INPUT" });
  }
  expect(() => createEmbeddings({ db, embedder: old, candidate: old })).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION" }),
  );
});

test("the same model is made anew under another version", async () => {
  const { db } = database;
  const { old } = await oldAndNext();
  const anew = { ...old, version: "2" };
  const embeddings = createEmbeddings({ db, embedder: old, candidate: anew });
  expect(
    await embeddings.migrateModel({ to: anew, queries: ["payment", "bread"], sampleQueries: 1 }),
  ).toMatchObject({
    status: "cut-over",
    vectors: 5,
    comparison: { queries: 1, overlapAt10: 1, rankAgreement: 1 },
  });
  expect(await vectorsByModel(db)).toMatchObject([
    { name: "old", state: "retired" },
    { name: "old", state: "active" },
  ]);
});

test("other dimensions than those stored are refused before the embedder is called, unless they were meant", async () => {
  const { db } = database;
  const { old, next } = await oldAndNext();
  const longer = recordEmbedder({ ...hashingEmbedder({ dimensions: 80 }), model: old.model });
  const wrong = createEmbeddings({ db, embedder: longer });
  const mismatch = {
    code: "DIMENSION_MISMATCH",
    message: expect.stringMatching(/stored with 64 dimensions, and the embedder makes 80/),
  };
  await expect(wrong.embedProject(ids[0] as string)).rejects.toMatchObject(mismatch);
  await expect(wrong.embedAll()).rejects.toMatchObject(mismatch);
  await expect(wrong.semanticSearch({ queryText: "tea", ownerId: owner })).rejects.toMatchObject(mismatch);
  await expect(wrong.retrieve({ query: "tea", ownerId: owner })).rejects.toMatchObject(mismatch);
  expect(longer.calls).toEqual([]);

  const meant = createEmbeddings({ db, embedder: old, candidate: longer });
  expect(await meant.migrateModel({ to: longer, sampleQueries: 0 })).toMatchObject({ status: "cut-over" });
  expect(await searched(wrong, { longer, next })).toBe("longer");
});

test("a model that nothing uses is dropped, in steps that may be cut off", async () => {
  const { db } = database;
  const { old, next, embeddings } = await oldAndNext();
  for (const written of [old, next]) {
    await expect(embeddings.dropModel(written)).rejects.toMatchObject({
      code: "MODEL_IN_USE",
      message: expect.stringContaining("writes its vectors"),
    });
  }
  const after = createEmbeddings({ db, embedder: next });
  await expect(after.dropModel(old)).rejects.toMatchObject({
    code: "MODEL_IN_USE",
    message: expect.stringContaining("searches use it"),
  });
  await embeddings.buildIndex();
  await embeddings.migrateModel({ to: next, sampleQueries: 0 });
  const indexes = () =>
    asServiceRows(db, sql`select 1 from pg_indexes where indexname like 'embeddings_model_%\\_hnsw_idx'`);
  expect(await indexes()).toHaveLength(2);

  const { model: name, dimensions } = old;
  const controller = new AbortController();
  controller.abort(new Error("enough"));
  await expect(after.dropModel({ model: name, dimensions, signal: controller.signal })).rejects.toThrow(
    "enough",
  );
  expect(await indexes()).toHaveLength(1);
  expect(await after.dropModel({ model: name, dimensions })).toEqual({ dropped: true, removedVectors: 5 });
  expect(await vectorsByModel(db)).toEqual([{ name: "next", state: "active", vectors: 5 }]);
  expect(await after.dropModel({ model: name, dimensions })).toEqual({ dropped: false, removedVectors: 0 });
  expect(await searched(after, { old, next })).toBe("next");
});
