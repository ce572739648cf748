import { type Database, projects, rowsOf, withService, withUser } from "@devora/db-schema";
import { hasServer, seedProject, useTestDatabase } from "@devora/testing";
import { startEmbeddingsServer, vectorOf } from "@devora/testing/embeddings-server";
import { eq, sql } from "drizzle-orm";
import OpenAI from "openai";
import { beforeEach, expect, test } from "vitest";
import { createEmbeddings, type Embedder, hashingEmbedder, openaiEmbedder } from "../../src/index.ts";
import { lockEntitiesQuery } from "../../src/queries/write-chunks.ts";
import { recordEmbedder } from "../../src/testing.ts";
import { jobsOf, startAfresh } from "./rows.ts";
import { storedOf } from "./vectors.ts";

const database = useTestDatabase();
const reference = hashingEmbedder({ dimensions: 128 });
let owner: string;

beforeEach(async () => {
  owner = await startAfresh(database.db);
});

/** Projects named by number, queued. */
async function queueProjects(count: number): Promise<string[]> {
  const { db } = database;
  const ids: string[] = [];
  for (let at = 0; at < count; at++) ids.push(await seedProject(db, owner, { name: `Project ${at}` }));
  const embeddings = createEmbeddings({ db, embedder: reference });
  await embeddings.enqueue({ source: "projects", ids, ownerId: owner });
  return ids;
}

const passTime = () =>
  withService(database.db, (tx) =>
    tx.execute(sql`update devora.embedding_jobs set available_at = now() - interval '1 hour',
      leased_until = case when leased_until is not null then now() - interval '1 second' end`),
  );

/** Without ending the leases of workers that are at it. */
const endDelays = () =>
  withService(database.db, (tx) =>
    tx.execute(sql`update devora.embedding_jobs set available_at = now() where lease_token is null`),
  );

const failWith = (status: number) => Object.assign(new Error(`HTTP ${status}`), { status });

/** Works off what is there, and expects one right vector of each project's present text. */
async function expectRecovery(embedder: Embedder = reference, expected: Pick<Embedder, "embed"> = embedder) {
  const { db } = database;
  await passTime();
  const worker = createEmbeddings({ db, embedder }).createWorker();
  while ((await worker.runOnce()).claimed > 0);
  expect(await jobsOf(db)).toEqual([]);
  const rows = await withService(db, (tx) =>
    tx.select({ id: projects.id, name: projects.name }).from(projects),
  );
  const { texts, wrong } = await storedOf(db, "projects", expected);
  expect(texts).toEqual(rows.map(({ id, name }) => [id, name]).sort());
  expect(wrong).toBe(0);
}

test("an hour without the API costs no job, no attempt and, afterwards, one call", async () => {
  const { db } = database;
  const ids = await queueProjects(5);
  const embedder = recordEmbedder(reference);
  const worker = createEmbeddings({ db, embedder }).createWorker();
  for (let minute = 0; minute < 60; minute++) {
    embedder.failNext(Object.assign(new Error("connect"), { code: "ECONNREFUSED" }));
    await expect(worker.runOnce()).rejects.toMatchObject({ code: "EMBEDDER_FAILED", retryable: true });
    await passTime();
  }
  const waiting = { attempts: 0, leased: false, parked: false, last_error: null };
  expect(await jobsOf(db)).toMatchObject(ids.map(() => waiting));
  await withUser(db, owner, (tx) =>
    tx
      .update(projects)
      .set({ name: "Edited meanwhile" })
      .where(eq(projects.id, ids[0] as string)),
  );
  await expectRecovery(embedder, reference);
  expect(embedder.calls).toHaveLength(61);
});

test("a storm of 429 over several workers loses nothing, and embeds each row once", async () => {
  const { db } = database;
  await queueProjects(24);
  let refusals = 12;
  const embedded: string[] = [];
  const stormy: Embedder = {
    ...reference,
    async embed(texts, options) {
      if (refusals-- > 0) throw failWith(429);
      embedded.push(...texts);
      return reference.embed(texts, options);
    },
  };
  const workUntilDone = async () => {
    const worker = createEmbeddings({ db, embedder: stormy }).createWorker({ batchSize: 5 });
    for (;;) {
      await worker.runOnce().catch(endDelays);
      if ((await jobsOf(db)).length === 0) return;
    }
  };
  await Promise.all([workUntilDone(), workUntilDone(), workUntilDone()]);
  expect(embedded.sort()).toEqual(Array.from({ length: 24 }, (_, at) => `Project ${at}`).sort());
  await expectRecovery();
});

const answers: [string, (vectors: number[][]) => number[][]][] = [
  ["too few vectors", (vectors) => vectors.slice(1)],
  ["too many vectors", (vectors) => [...vectors, vectors[0] ?? []]],
  ["vectors that are too short", (vectors) => vectors.map((vector) => vector.slice(1))],
  ["NaN", (vectors) => vectors.map((vector) => vector.with(0, Number.NaN))],
  ["infinity", (vectors) => vectors.map((vector) => vector.with(0, Number.POSITIVE_INFINITY))],
  ["numbers beyond half precision", (vectors) => vectors.map((vector) => vector.with(0, 70_000))],
  ["zeros", (vectors) => vectors.map((vector) => vector.map(() => 0))],
];
test.each(answers)("%s are not stored, and blamed on no row", async (_, spoil) => {
  const { db } = database;
  const ids = await queueProjects(3);
  const spoilt: Embedder = {
    ...reference,
    async embed(texts, options) {
      const { embeddings, usage } = await reference.embed(texts, options);
      return { embeddings: spoil(embeddings), usage };
    },
  };
  const worker = createEmbeddings({ db, embedder: spoilt }).createWorker({ maxAttempts: 1 });
  for (let run = 0; run < 3; run++) {
    await expect(worker.runOnce()).rejects.toMatchObject({ code: "INVALID_EMBEDDING" });
    await passTime();
  }
  expect((await storedOf(db, "projects", reference)).texts).toEqual([]);
  expect(await jobsOf(db)).toMatchObject(ids.map(() => ({ attempts: 0, parked: false })));
  await expectRecovery();
});

test("an API that answers in another order, or half, stores each vector with its own text", async () => {
  const { db } = database;
  await queueProjects(6);
  await using server = await startEmbeddingsServer({ script: () => ({ order: "reversed" }) });
  const client = new OpenAI({ apiKey: "test", baseURL: server.url, maxRetries: 0 });
  const embedder = openaiEmbedder(client, { dimensions: 64 });
  server.replyNext({ body: { object: "list", model: "x", data: [{ index: 0, embedding: [] }], usage: {} } });
  const worker = createEmbeddings({ db, embedder }).createWorker();
  await expect(worker.runOnce()).rejects.toMatchObject({ name: "EmbeddingsError" });
  expect(await jobsOf(db)).toHaveLength(6);
  await expectRecovery(embedder, {
    embed: async (texts) => ({ embeddings: texts.map((text) => vectorOf(text, 64)), usage: { tokens: 0 } }),
  });
});

test("a row edited during each of several calls is never stored with a text that it had", async () => {
  const { db } = database;
  const [id] = (await queueProjects(1)) as [string];
  const embedder = recordEmbedder(reference);
  const embeddings = createEmbeddings({ db, embedder });
  const worker = embeddings.createWorker();
  for (const name of ["First edit", "Second edit", "Third edit"]) {
    const held = embedder.holdNext();
    const running = worker.runOnce();
    await held.called;
    await withUser(db, owner, async (tx) => {
      await tx.update(projects).set({ name }).where(eq(projects.id, id));
      await embeddings.enqueue({ source: "projects", ids: [id] }, { db: tx });
    });
    held.release();
    expect(await running).toMatchObject({ stale: 1, embedded: 0 });
    expect((await storedOf(db, "projects", reference)).texts).toEqual([]);
  }
  await expectRecovery();
});

/** Ends the other connections that match, and waits until they are gone; answers which. */
const endConnections = (db: Database, where: ReturnType<typeof sql>) =>
  rowsOf(
    db,
    sql`select pid, pg_terminate_backend(pid, 10000) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and ${where}`,
  );

/** The pool has noticed which of its connections are gone. */
async function reconnect(db: Database): Promise<void> {
  for (;;) {
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => db.execute(sql`select 1`)));
    if (tries.every(({ status }) => status === "fulfilled")) return;
  }
}

test.skipIf(!hasServer())(
  "connections that end during the call cost nothing (skipped on PGlite: it has no server)",
  async () => {
    const { db } = database;
    await queueProjects(3);
    const embedder = recordEmbedder(reference);
    const held = embedder.holdNext();
    const running = createEmbeddings({ db, embedder }).createWorker().runOnce();
    await held.called;
    expect((await endConnections(db, sql`true`)).length).toBeGreaterThan(0);
    held.release();
    await running.catch(() => {});
    await reconnect(db);
    await expectRecovery();
  },
);

test.skipIf(!hasServer())(
  "a connection that ends within the transaction that writes leaves nothing half done (skipped on PGlite: it has no server)",
  async () => {
    const { db } = database;
    const ids = await queueProjects(3);
    const waiting = sql`wait_event_type = 'Lock' and wait_event = 'advisory'`;
    // Its run waits for the rows' lock in the midst of its transaction.
    const running = await db.transaction(async (tx) => {
      await tx.execute(lockEntitiesQuery("projects", ids));
      const run = createEmbeddings({ db, embedder: reference })
        .createWorker()
        .runOnce()
        .then(
          () => "done",
          () => "failed",
        );
      while ((await endConnections(db, waiting)).length === 0);
      return { run };
    });
    expect(await running.run).toBe("failed");
    await reconnect(db);
    expect((await storedOf(db, "projects", reference)).texts).toEqual([]);
    expect(await jobsOf(db)).toHaveLength(3);
    await expectRecovery();
  },
);
