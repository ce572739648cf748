import { type Database, projects, withService, withUser } from "@devora/db-schema";
import { deferred, seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { eq, sql } from "drizzle-orm";
import { beforeEach, expect, inject, onTestFinished, test, vi } from "vitest";
import { createEmbeddings, type Embedder, type WorkerRun } from "../../src/index.ts";
import { jobsOf, passagesOf, smallEmbedder } from "./rows.ts";

const database = useTestDatabase();
let owner: string;

beforeEach(async () => {
  const { db } = database;
  await withService(db, (tx) => tx.execute(sql`delete from devora.embedding_jobs`));
  owner = await seedUser(db);
});

const nothing: WorkerRun = {
  claimed: 0,
  embedded: 0,
  unchanged: 0,
  removed: 0,
  ignored: 0,
  stale: 0,
  waiting: 0,
  failed: 0,
  parked: 0,
  tokens: 0,
};

function setUp() {
  const embedder = smallEmbedder();
  const embeddings = createEmbeddings({ db: database.db, embedder });
  return { embedder, embeddings, worker: embeddings.createWorker() };
}

const rename = (id: string, name: string) => (tx: Database) =>
  tx.update(projects).set({ name }).where(eq(projects.id, id));

/** Makes waiting jobs due, and lets leases run out, as time would. */
const passTime = () =>
  withService(database.db, (tx) =>
    tx.execute(sql`update devora.embedding_jobs set available_at = now() - interval '1 hour',
      leased_until = case when leased_until is not null then now() - interval '1 second' end`),
  );

const failWith = (status: number) => Object.assign(new Error(`HTTP ${status}`), { status });

test("a thousand changes of one row are one job, and one call", async () => {
  const { db } = database;
  const { embedder, embeddings, worker } = setUp();
  const id = await seedProject(db, owner);
  for (let at = 0; at < 1_000; at += 100) {
    await withUser(db, owner, async (tx) => {
      for (let more = 0; more < 100; more++) {
        const result = await embeddings.enqueue({ source: "projects", ids: [id, id] }, { db: tx });
        expect(result).toEqual({ queued: 1 });
      }
    });
  }
  expect(await jobsOf(db)).toMatchObject([{ source: "projects", entity_id: id, version: 1_000 }]);
  expect(await worker.runOnce()).toEqual({ ...nothing, claimed: 1, embedded: 1 });
  expect(embedder.calls).toHaveLength(1);
  expect(await jobsOf(db)).toEqual([]);
  expect(await passagesOf(db, "projects", id)).toMatchObject([{ owner, vectors: 1 }]);
  expect(await worker.runOnce()).toEqual(nothing);
});

test("a job is there exactly when the caller's transaction commits", async () => {
  const { db } = database;
  const { embeddings } = setUp();
  const id = await seedProject(db, owner);
  const rolledBack = withUser(db, owner, async (tx) => {
    await embeddings.enqueue({ source: "projects", ids: [id] }, { db: tx });
    throw new Error("roll back");
  });
  await expect(rolledBack).rejects.toThrow("roll back");
  expect(await jobsOf(db)).toEqual([]);
  await embeddings.enqueue({ source: "projects", ids: [id], ownerId: owner });
  expect(await jobsOf(db)).toHaveLength(1);
});

test("a user cannot queue rows as another owner", async () => {
  const { db } = database;
  const { embeddings } = setUp();
  const other = await seedUser(db);
  const id = await seedProject(db, other);
  const stolen = withUser(db, owner, (tx) =>
    embeddings.enqueue({ source: "projects", ids: [id], ownerId: other }, { db: tx }),
  );
  await expect(stolen).rejects.toMatchObject({ code: "OWNER_MISMATCH" });
  expect(await jobsOf(db)).toEqual([]);
  await expect(embeddings.enqueue({ source: "projects", ids: ["not a uuid"] })).rejects.toMatchObject({
    code: "INVALID_ID",
  });
  expect(await embeddings.enqueue({ source: "projects", ids: [] })).toEqual({ queued: 0 });
});

test("who queues another's row costs one read, and keeps nobody's job away", async () => {
  const { db } = database;
  const { embedder, embeddings, worker } = setUp();
  const other = await seedUser(db);
  const id = await seedProject(db, other, { name: "Before" });
  await embeddings.enqueue({ source: "projects", ids: [id], ownerId: owner });
  expect(await worker.runOnce()).toEqual({ ...nothing, claimed: 1, ignored: 1 });
  expect(await passagesOf(db, "projects", id)).toEqual([]);

  await embeddings.enqueue({ source: "projects", ids: [id], ownerId: owner });
  await withUser(db, other, async (tx) => {
    await rename(id, "After")(tx);
    await embeddings.enqueue({ source: "projects", ids: [id] }, { db: tx });
  });
  expect(await jobsOf(db)).toHaveLength(2);
  // Done together: one call, by the job of who owns the row.
  expect(await worker.runOnce()).toEqual({ ...nothing, claimed: 2, embedded: 2 });
  expect(embedder.calls).toEqual([["After"]]);
  expect(await passagesOf(db, "projects", id)).toMatchObject([{ owner: other, text: "After" }]);
  expect(await jobsOf(db)).toEqual([]);
});

test("who queues another's row all the time does not keep it from being written", async () => {
  const { db } = database;
  const { embedder, embeddings, worker } = setUp();
  const other = await seedUser(db);
  const id = await seedProject(db, other);
  for (const ownerId of [owner, other]) await embeddings.enqueue({ source: "projects", ids: [id], ownerId });
  const held = embedder.holdNext();
  const running = worker.runOnce();
  await held.called;
  await embeddings.enqueue({ source: "projects", ids: [id], ownerId: owner });
  held.release();
  expect(await running).toMatchObject({ claimed: 2, embedded: 2 });
  expect(await passagesOf(db, "projects", id)).toHaveLength(1);
  expect(await jobsOf(db)).toMatchObject([{ version: 2, leased: false }]);
  expect(await worker.runOnce()).toMatchObject({ claimed: 1, ignored: 1 });
});

test("a row unchanged since it was embedded costs no call", async () => {
  const { db } = database;
  const { embedder, embeddings, worker } = setUp();
  const id = await seedProject(db, owner);
  await embeddings.embedProject(id);
  await embeddings.enqueue({ source: "projects", ids: [id], ownerId: owner });
  expect(await worker.runOnce()).toEqual({ ...nothing, claimed: 1, unchanged: 1 });
  expect(embedder.calls).toHaveLength(1);
  expect(await jobsOf(db)).toEqual([]);
});

test("a row deleted before its turn loses its passages and its job", async () => {
  const { db } = database;
  const { embeddings, worker } = setUp();
  const id = await seedProject(db, owner);
  await embeddings.embedProject(id);
  await withUser(db, owner, async (tx) => {
    await tx.update(projects).set({ deletedAt: new Date() }).where(eq(projects.id, id));
    await embeddings.enqueue({ source: "projects", ids: [id] }, { db: tx });
  });
  expect(await worker.runOnce()).toEqual({ ...nothing, claimed: 1, removed: 1 });
  expect(await passagesOf(db, "projects", id)).toEqual([]);
  expect(await jobsOf(db)).toEqual([]);
});

test.each([
  ["and queued again", true],
  ["without being queued", false],
])("nothing is written for a row that changed while it was embedded, %s", async (_, queuedAgain) => {
  const { db } = database;
  const { embedder, embeddings, worker } = setUp();
  const id = await seedProject(db, owner, { name: "Before" });
  await embeddings.enqueue({ source: "projects", ids: [id], ownerId: owner });

  const held = embedder.holdNext();
  const running = worker.runOnce();
  await held.called;
  await withUser(db, owner, async (tx) => {
    await rename(id, "After")(tx);
    if (queuedAgain) await embeddings.enqueue({ source: "projects", ids: [id] }, { db: tx });
  });
  held.release();
  expect(await running).toEqual({ ...nothing, claimed: 1, stale: 1 });
  expect(await passagesOf(db, "projects", id)).toEqual([]);
  // The job waits, as if this attempt had not been.
  expect(await jobsOf(db)).toMatchObject([{ entity_id: id, attempts: 0, leased: false, due: true }]);
  expect(await worker.runOnce()).toMatchObject({ embedded: 1 });
  expect(await passagesOf(db, "projects", id)).toMatchObject([{ text: "After" }]);
});

test("a row queued again, with the same text, while it is embedded keeps its job", async () => {
  const { db } = database;
  const { embedder, embeddings, worker } = setUp();
  const id = await seedProject(db, owner);
  await embeddings.enqueue({ source: "projects", ids: [id], ownerId: owner });
  const held = embedder.holdNext();
  const running = worker.runOnce();
  await held.called;
  await embeddings.enqueue({ source: "projects", ids: [id], ownerId: owner });
  held.release();
  expect(await running).toMatchObject({ stale: 1, embedded: 0 });
  expect(await jobsOf(db)).toHaveLength(1);
});

// PGlite has one connection, so a transaction cannot stay open beside the worker's.
test.runIf(inject("testTemplate").kind === "database")(
  "a row just being queued again is neither waited for nor written",
  async () => {
    const { db } = database;
    const { embeddings, worker } = setUp();
    const [id, other] = [await seedProject(db, owner, { name: "Before" }), await seedProject(db, owner)];
    await embeddings.enqueue({ source: "projects", ids: [id, other], ownerId: owner });
    const { embedder: waiting, worker: late } = setUp();
    const held = waiting.holdNext();
    const running = late.runOnce();
    await held.called;
    await withUser(db, owner, async (tx) => {
      await rename(id, "After")(tx);
      await embeddings.enqueue({ source: "projects", ids: [id] }, { db: tx });
      held.release();
      // It ends while this transaction still holds the job.
      expect(await running).toMatchObject({ claimed: 2, embedded: 1, stale: 1 });
    });
    expect(await passagesOf(db, "projects", id)).toEqual([]);
    await passTime();
    expect(await worker.runOnce()).toMatchObject({ claimed: 1, embedded: 1 });
    expect(await passagesOf(db, "projects", id)).toMatchObject([{ text: "After" }]);
  },
);

test("a worker that outlived its lease writes nothing; the one that took over does", async () => {
  const { db } = database;
  const [slow, quick] = [setUp(), setUp()];
  const id = await seedProject(db, owner);
  await slow.embeddings.enqueue({ source: "projects", ids: [id], ownerId: owner });
  const held = slow.embedder.holdNext();
  const running = slow.worker.runOnce();
  await held.called;
  expect(await quick.worker.runOnce()).toEqual(nothing);
  await passTime();
  const takingOver = quick.embedder.holdNext();
  const second = quick.worker.runOnce();
  await takingOver.called;
  held.release();
  expect(await running).toMatchObject({ stale: 1, embedded: 0 });
  expect(await passagesOf(db, "projects", id)).toEqual([]);
  takingOver.release();
  expect(await second).toMatchObject({ embedded: 1 });
  expect(await jobsOf(db)).toEqual([]);
});

test("several workers at once do each job once", async () => {
  const { db } = database;
  const names = Array.from({ length: 60 }, (_, at) => `Project number ${at}`);
  const ids: string[] = [];
  for (const name of names) ids.push(await seedProject(db, owner, { name }));
  const workers = Array.from({ length: 4 }, setUp);
  await workers[0]?.embeddings.enqueue({ source: "projects", ids, ownerId: owner });

  const drain = async ({ embeddings }: ReturnType<typeof setUp>): Promise<number> => {
    const worker = embeddings.createWorker({ batchSize: 7 });
    let embedded = 0;
    for (;;) {
      const run = await worker.runOnce();
      if (run.claimed === 0) return embedded;
      embedded += run.embedded;
    }
  };
  const done = await Promise.all(workers.map(drain));
  expect(done.reduce((sum, count) => sum + count, 0)).toBe(60);
  const texts = workers.flatMap(({ embedder }) => embedder.calls.flat());
  expect(texts.sort()).toEqual([...names].sort());
  expect(await jobsOf(db)).toEqual([]);
});

test("a poisoned text is put back, then aside, and keeps nobody else waiting", async () => {
  const { db } = database;
  const { embedder } = setUp();
  const ids: string[] = [];
  for (const name of ["one", "two", "POISON", "four"]) ids.push(await seedProject(db, owner, { name }));
  const embeddings = createEmbeddings({
    db,
    embedder: {
      ...embedder,
      embed: async (texts) => {
        if (texts.some((text) => text.includes("POISON"))) throw failWith(400);
        return embedder.embed(texts);
      },
    },
  });
  await embeddings.enqueue({ source: "projects", ids, ownerId: owner });
  const worker = embeddings.createWorker({ maxAttempts: 3 });
  expect(await worker.runOnce()).toEqual({ ...nothing, claimed: 4, embedded: 3, failed: 1 });
  expect(await jobsOf(db)).toMatchObject([
    {
      entity_id: ids[2],
      attempts: 1,
      due: false,
      parked: false,
      last_error: expect.stringMatching(/HTTP 400/),
    },
  ]);
  expect(await worker.runOnce()).toEqual(nothing);

  await passTime();
  expect(await worker.runOnce()).toMatchObject({ failed: 1 });
  await passTime();
  expect(await worker.runOnce()).toMatchObject({ parked: 1 });
  await passTime();
  expect(await worker.runOnce()).toEqual(nothing);
  expect(await jobsOf(db)).toMatchObject([{ parked: true, attempts: 3, leased: false }]);

  // Changing the row gives it new attempts.
  await withUser(db, owner, async (tx) => {
    await rename(ids[2] as string, "cured")(tx);
    await embeddings.enqueue({ source: "projects", ids: [ids[2] as string] }, { db: tx });
  });
  expect(await worker.runOnce()).toMatchObject({ embedded: 1 });
  expect(await jobsOf(db)).toEqual([]);
});

test.each([429, 401, 503])(
  "an embedder that answers HTTP %i gives the jobs back without blaming them",
  async (status) => {
    const { db } = database;
    const { embedder, embeddings, worker } = setUp();
    const ids = [await seedProject(db, owner), await seedProject(db, owner)];
    await embeddings.enqueue({ source: "projects", ids, ownerId: owner });
    embedder.failNext(failWith(status));
    await expect(worker.runOnce()).rejects.toMatchObject({ code: "EMBEDDER_FAILED", status });
    expect(embedder.calls).toHaveLength(1);
    const waiting = { attempts: 0, leased: false, parked: false, last_error: null };
    expect(await jobsOf(db)).toMatchObject([waiting, waiting]);
    await passTime();
    expect(await worker.runOnce()).toMatchObject({ embedded: 2 });
  },
);

test("a row during which every process dies is put aside in the end", async () => {
  const { db } = database;
  const { embedder, embeddings } = setUp();
  const id = await seedProject(db, owner);
  await embeddings.enqueue({ source: "projects", ids: [id], ownerId: owner });
  const worker = embeddings.createWorker({ maxAttempts: 2 });
  for (let crash = 0; crash < 2; crash++) {
    // What a process that died after claiming leaves behind.
    await withService(db, (tx) =>
      tx.execute(sql`update devora.embedding_jobs set attempts = attempts + 1,
        lease_token = gen_random_uuid(), leased_until = now() - interval '1 second'`),
    );
  }
  expect(await worker.runOnce()).toEqual({ ...nothing, claimed: 1, parked: 1 });
  expect(embedder.calls).toEqual([]);
  expect(await jobsOf(db)).toMatchObject([{ parked: true, leased: false }]);
});

test("jobs of sources that this worker does not know are left to others, and odd ids do no harm", async () => {
  const { db } = database;
  const { embeddings, worker } = setUp();
  const id = await seedProject(db, owner);
  await withService(db, async (tx) => {
    await tx.execute(sql`select devora.enqueue_embeddings('planets', array['mars'], null)`);
    await tx.execute(
      sql`select devora.enqueue_embeddings('projects', array['no uuid', upper(${id}::text)], null)`,
    );
  });
  expect(await worker.runOnce()).toEqual({ ...nothing, claimed: 2, removed: 1, embedded: 1 });
  expect(await jobsOf(db)).toMatchObject([{ source: "planets" }]);
  expect(await passagesOf(db, "projects", id)).toHaveLength(1);
  expect(embeddings).toBeDefined();
});

test("a started worker works until it is stopped, and ends the run under way", async () => {
  const { db } = database;
  const { embedder, embeddings } = setUp();
  const ids = [await seedProject(db, owner), await seedProject(db, owner)];
  const [first, second] = ids as [string, string];
  await embeddings.enqueue({ source: "projects", ids: [first], ownerId: owner });
  const held = embedder.holdNext();
  const runs: WorkerRun[] = [];
  const worker = embeddings.createWorker({ pollMs: 1, onRun: (run) => runs.push(run) });
  worker.start();
  worker.start();
  await held.called;
  const stopped = worker.stop();
  await embeddings.enqueue({ source: "projects", ids: [second], ownerId: owner });
  held.release();
  await stopped;
  expect(runs).toEqual([{ ...nothing, claimed: 1, embedded: 1 }]);
  expect(await jobsOf(db)).toMatchObject([{ entity_id: second, leased: false }]);

  const again = embedder.holdNext();
  worker.start();
  again.release();
  await again.called;
  await worker.stop();
  expect(await jobsOf(db)).toEqual([]);
});

test("a started worker tells of failures and goes on", async () => {
  const { db } = database;
  const { embedder, embeddings } = setUp();
  await embeddings.enqueue({ source: "projects", ids: [await seedProject(db, owner)], ownerId: owner });
  embedder.failNext(failWith(500));
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<unknown>((resolve) => {
    fail = resolve;
  });
  const worker = embeddings.createWorker({ pollMs: 1, onError: fail });
  worker.start();
  expect(await failed).toMatchObject({ code: "EMBEDDER_FAILED", status: 500 });
  const held = embedder.holdNext();
  await passTime();
  held.release();
  await held.called;
  await worker.stop();
  expect(await jobsOf(db)).toEqual([]);
});

test("an aborted run gives its jobs back at once", async () => {
  const { db } = database;
  const { embedder, embeddings, worker } = setUp();
  await embeddings.enqueue({ source: "projects", ids: [await seedProject(db, owner)], ownerId: owner });
  const held = embedder.holdNext();
  const controller = new AbortController();
  const running = worker.runOnce({ signal: controller.signal });
  await held.called;
  controller.abort(new Error("shutdown"));
  await expect(running).rejects.toThrow("shutdown");
  expect(await jobsOf(db)).toMatchObject([{ leased: false, due: true, attempts: 0 }]);
});

test("a lease is renewed while the embedder works, so that it may be short", async () => {
  const { db } = database;
  const { embedder, embeddings } = setUp();
  await embeddings.enqueue({ source: "projects", ids: [await seedProject(db, owner)], ownerId: owner });
  const worker = embeddings.createWorker({ leaseMs: 3_000 });
  const held = embedder.holdNext();
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const running = worker.runOnce();
  await held.called;
  await passTime();
  expect(await embeddings.queueStats()).toMatchObject({ due: 1, leased: 0 });
  vi.advanceTimersByTime(1_000);
  // On one connection the renewal is done before this; on several it is soon.
  await expect.poll(async () => (await embeddings.queueStats()).leased).toBe(1);
  held.release();
  expect(await running).toMatchObject({ embedded: 1 });
  expect(vi.getTimerCount()).toBe(0);
});

test("a call that never ends is cut off, and its jobs are given back", async () => {
  const { db } = database;
  const { embedder, embeddings } = setUp();
  await embeddings.enqueue({ source: "projects", ids: [await seedProject(db, owner)], ownerId: owner });
  const cutOff = new AbortController();
  const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValueOnce(cutOff.signal);
  onTestFinished(() => timeout.mockRestore());
  const held = embedder.holdNext();
  const running = embeddings.createWorker({ runTimeoutMs: 5_000 }).runOnce();
  await held.called;
  expect(timeout).toHaveBeenCalledWith(5_000);
  cutOff.abort(new DOMException("too long", "TimeoutError"));
  await expect(running).rejects.toMatchObject({ name: "TimeoutError" });
  expect(await jobsOf(db)).toMatchObject([{ leased: false, attempts: 0, parked: false }]);
});

test("what a worker may not spend waits until tomorrow, and nothing is lost", async () => {
  const { db } = database;
  const { embedder } = setUp();
  const perText = 20;
  const billed: Embedder = {
    ...embedder,
    async embed(texts, options) {
      const result = await embedder.embed(texts, options);
      return { ...result, usage: { ...result.usage, tokens: perText * texts.length } };
    },
  };
  const embeddings = createEmbeddings({ db, embedder: billed });
  const ids: string[] = [];
  for (const name of ["one", "two", "three"]) ids.push(await seedProject(db, owner, { name }));
  for (const id of ids) await embeddings.enqueue({ source: "projects", ids: [id], ownerId: owner });
  const worker = embeddings.createWorker({ batchSize: 1, maxTokensPerDay: 2 * perText });
  expect(await worker.runOnce()).toMatchObject({ embedded: 1, tokens: perText });
  expect(await worker.runOnce()).toMatchObject({ embedded: 1, tokens: perText });
  expect(await worker.runOnce()).toEqual(nothing);
  expect(await embeddings.queueStats()).toMatchObject({ due: 1, leased: 0 });
  expect(embedder.calls).toHaveLength(2);
  // Another worker has a budget of its own.
  expect(await embeddings.createWorker().runOnce()).toMatchObject({ embedded: 1 });
});

test("rows that the rest of the budget does not cover wait while others go", async () => {
  const { db } = database;
  const { embedder, embeddings } = setUp();
  const words = (count: number) => Array.from({ length: count }, (_, at) => `word${at}`).join(" ");
  const [long, short] = [
    await seedProject(db, owner, { name: "long", description: words(60) }),
    await seedProject(db, owner, { name: "short", description: "few" }),
  ];
  const longer = await seedProject(db, owner, { name: "longer", description: words(150) });
  for (const id of [long, longer, short]) {
    await embeddings.enqueue({ source: "projects", ids: [id], ownerId: owner });
  }
  const worker = embeddings.createWorker({ maxTokensPerDay: 300 });
  expect(await worker.runOnce()).toMatchObject({ claimed: 3, embedded: 2, waiting: 1 });
  expect(embedder.calls.flat()).toHaveLength(2);
  expect(await jobsOf(db)).toMatchObject([
    { entity_id: longer, leased: false, due: false, attempts: 0, parked: false },
  ]);
  expect(await embeddings.queueStats()).toMatchObject({ due: 0, waiting: 1 });
});

test("a notice wakes a worker that pauses, and the host's subscription ends with it", async () => {
  const { db } = database;
  const { embedder, embeddings } = setUp();
  const [subscribed, unsubscribed] = [deferred<() => void>(), deferred()];
  const worker = embeddings.createWorker({
    pollMs: 3_600_000,
    wake: async (onWake) => {
      subscribed.resolve(onWake);
      return () => unsubscribed.resolve();
    },
  });
  const first = embedder.holdNext();
  const second = embedder.holdNext();
  worker.start();
  const onWake = await subscribed.promise;
  for (const held of [first, second]) {
    await embeddings.enqueue({ source: "projects", ids: [await seedProject(db, owner)], ownerId: owner });
    onWake();
    await held.called;
    held.release();
  }
  await worker.stop();
  await unsubscribed.promise;
  expect(await jobsOf(db)).toEqual([]);
});

test("a subscription that fails is told, and the worker polls", async () => {
  const { db } = database;
  const { embedder, embeddings } = setUp();
  await embeddings.enqueue({ source: "projects", ids: [await seedProject(db, owner)], ownerId: owner });
  const errors: unknown[] = [];
  const held = embedder.holdNext();
  const worker = embeddings.createWorker({
    wake: () => {
      throw new Error("no listen here");
    },
    onError: (error) => errors.push(error),
  });
  worker.start();
  await held.called;
  held.release();
  await worker.stop();
  expect(errors).toMatchObject([{ message: "no listen here" }]);
  expect(await jobsOf(db)).toEqual([]);
});

test("a worker stopped with no grace cuts its call off and gives the jobs back", async () => {
  const { db } = database;
  const { embedder, embeddings } = setUp();
  await embeddings.enqueue({ source: "projects", ids: [await seedProject(db, owner)], ownerId: owner });
  const errors: unknown[] = [];
  const held = embedder.holdNext();
  const worker = embeddings.createWorker({ onError: (error) => errors.push(error) });
  worker.start();
  await held.called;
  await worker.stop({ graceMs: 0 });
  expect(errors).toEqual([]);
  expect(await jobsOf(db)).toMatchObject([{ leased: false, due: true, attempts: 0 }]);
});

test("the queue in numbers, what was put aside, and new attempts for it", async () => {
  const { db } = database;
  const { embeddings } = setUp();
  expect(await embeddings.queueStats()).toEqual({
    due: 0,
    waiting: 0,
    leased: 0,
    parked: 0,
    oldestDueSeconds: undefined,
  });
  const ids = [await seedProject(db, owner), await seedProject(db, owner), await seedProject(db, owner)];
  const [first, second] = ids as [string, string];
  await embeddings.enqueue({ source: "projects", ids, ownerId: owner });
  await withService(db, (tx) =>
    tx.execute(sql`update devora.embedding_jobs set available_at = now() - interval '1 minute',
      parked_at = case when entity_id <> ${first} then now() - interval '1 hour' end,
      last_error = 'EMBEDDER_FAILED: HTTP 400', attempts = 5`),
  );
  const stats = await embeddings.queueStats();
  expect(stats).toMatchObject({ due: 1, parked: 2 });
  expect(stats.oldestDueSeconds).toBeGreaterThanOrEqual(60);
  const parked = await embeddings.parkedJobs({ limit: 1 });
  expect(parked).toMatchObject([
    { source: "projects", ownerId: owner, attempts: 5, error: "EMBEDDER_FAILED: HTTP 400" },
  ]);
  expect(Date.now() - (parked[0]?.parkedAt.getTime() ?? 0)).toBeGreaterThan(3_000_000);
  expect(await embeddings.retryParked({ source: "files" })).toEqual({ retried: 0 });
  expect(await embeddings.retryParked({ source: "projects", ids: [first, second] })).toEqual({ retried: 1 });
  expect(await embeddings.retryParked()).toEqual({ retried: 1 });
  expect(await embeddings.createWorker().runOnce()).toMatchObject({ claimed: 3 });
  await expect(embeddings.retryParked({ ids })).rejects.toMatchObject({ code: "INVALID_INPUT" });
});

test.each([
  { batchSize: 0 },
  { leaseMs: 10 },
  { maxAttempts: 0 },
  { pollMs: Number.NaN },
  { runTimeoutMs: 0 },
  { maxTokensPerDay: 0 },
])("worker options %j are refused", (options) => {
  expect(() => setUp().embeddings.createWorker(options)).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION" }),
  );
});
