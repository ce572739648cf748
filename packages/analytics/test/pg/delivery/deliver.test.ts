import { type Database, newId, projects, rowsOf, withService, withUser } from "@devora/db-schema";
import { deferred, seedUser, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import {
  createAnalytics,
  createDeliveryQueue,
  createDeliveryWorker,
  type DeliveredEvent,
  type Destination,
  defineCatalogue,
  drop,
  hash,
  keep,
  posthogDestination,
} from "../../../src/index.ts";
import { startPostHogServer } from "../../../src/testing.ts";
import { settle } from "../../support/manual-timers.ts";
import {
  apiKey,
  captureEvents,
  deliver,
  faultsOf,
  outboxOf,
  posthogWorker,
  startAfresh,
  tally,
  timePasses,
} from "./deliveries.ts";

const database = useTestDatabase();
beforeEach(() => startAfresh(database.db));

/** A destination of the host's own that keeps what it is sent. */
function recorder(): Destination & { events: DeliveredEvent[] } {
  const events: DeliveredEvent[] = [];
  return { events, send: async (batch) => void events.push(...batch) };
}

test("an event is queued with every way of capturing it, and a rollback queues nothing", async () => {
  const { db } = database;
  const analytics = createAnalytics({ db, destinations: ["posthog", "web-hook_2"] });
  const userId = await seedUser(db);
  const event = { event: "user_logged_in", userId } as const;
  await analytics.capture(event);
  await analytics.captureMany([event, event]);
  analytics.captureBuffered(event);
  await analytics.flush();
  await withUser(db, userId, async (tx) => {
    await tx.insert(projects).values({ userId, name: "n" });
    await analytics.capture(event, { db: tx });
  });
  const rolledBack = withUser(db, userId, async (tx) => {
    await analytics.capture(event, { db: tx });
    throw new Error("payment refused");
  });
  await expect(rolledBack).rejects.toThrow("payment refused");
  const id = newId();
  await analytics.capture({ ...event, id });
  await analytics.capture({ ...event, id });
  await analytics.setConsent({ distinctId: userId, optedOut: true });
  await analytics.capture(event);
  expect(await outboxOf(db)).toHaveLength(6);
  expect(await outboxOf(db, "web-hook_2")).toHaveLength(6);
  expect(await tally(db)).toMatchObject({ captured: 6, pending: 12 });
});

test("what is queued arrives, oldest first, with its id and time, and is marked after the answer", async () => {
  const { db } = database;
  await using server = await startPostHogServer({ apiKey });
  const ids = await captureEvents(db, 5);
  const answered = deferred<void>();
  server.replyNext({ after: answered.promise });
  const worker = posthogWorker(db, server);
  const running = deliver(worker);
  await server.arrived(1);
  expect(await tally(db)).toMatchObject({ sent: 0, leased: 5 });
  answered.resolve();
  expect(await running).toEqual({
    claimed: 5,
    sent: 5,
    retried: 0,
    parked: 0,
    removed: 0,
    released: 0,
    stale: 0,
    requests: 1,
    failure: undefined,
    pausedMs: 0,
  });
  expect(await tally(db)).toEqual({ captured: 5, sent: 5, leased: 0, pending: 0, parked: 0 });
  expect(await outboxOf(db)).toMatchObject(
    ids.map((id) => ({
      id,
      state: "sent",
      was_sent: true,
      attempts: 0,
      lease_token: null,
      last_error: null,
    })),
  );
  const rows = await withService(db, (tx) =>
    rowsOf(tx, sql`select id::text, occurred_at::timestamptz(3)::text as at from devora.analytics_events`),
  );
  for (const { id, at } of rows) {
    expect(server.events.get(String(id))?.timestamp).toBe(new Date(String(at)).toISOString());
  }
  expect(faultsOf(server, ids)).toEqual([]);
  expect((await deliver(worker)).claimed).toBe(0);
  expect(server.requests).toHaveLength(1);
});

test("what was dropped leaves in no request, what was hashed by the key alone", async () => {
  const { db } = database;
  const catalogue = defineCatalogue({
    book_borrowed: {
      description: "d",
      properties: { book: keep(z.string()), reader_email: hash(z.string()), note: drop(z.string()) },
    },
  });
  const analytics = createAnalytics({ db, catalogue, destinations: ["posthog"], context: { region: "eu" } });
  const properties = { book: "Ulysses", reader_email: "ann@example.com", note: "of my mother" };
  const extra = { undeclared: "a diary" } as object;
  await analytics.capture({ event: "book_borrowed", userId: "u", properties: { ...properties, ...extra } });
  await using server = await startPostHogServer();
  const worker = posthogWorker(db, server, { catalogue, hashKey: "a key of the test's own" });
  server.replyNext({ status: 503 });
  await deliver(worker);
  await timePasses(db);
  await deliver(worker);
  const texts = server.requests.map(({ text }) => text).join("");
  expect(server.requests).toHaveLength(2);
  expect(texts).not.toMatch(/ann@example|of my mother|a diary|undeclared|note/);
  const [event] = [...server.events.values()];
  expect(event?.properties).toMatchObject({
    book: "Ulysses",
    region: "eu",
    reader_email: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(Object.keys(event?.properties ?? {})).not.toContain("$invalid");
});

test("an event that the worker's catalogue does not know waits aside, and goes when it does", async () => {
  const { db } = database;
  const catalogue = defineCatalogue({ brand_new: { description: "d", properties: { a: keep(z.string()) } } });
  const analytics = createAnalytics({ db, catalogue, destinations: ["posthog"] });
  const { id } = await analytics.capture({ event: "brand_new", userId: "u", properties: { a: "1" } });
  await using server = await startPostHogServer();
  expect(await deliver(posthogWorker(db, server))).toMatchObject({ claimed: 1, parked: 1, requests: 0 });
  const queue = createDeliveryQueue({ db });
  const [parked] = await queue.parkedEvents({ destination: "posthog" });
  expect(parked).toMatchObject({ id, event: "brand_new", reason: "UNKNOWN_EVENT" });
  expect(await queue.retryParked({ destination: "posthog" })).toEqual({ retried: 1 });
  expect(await deliver(posthogWorker(db, server, { catalogue }))).toMatchObject({ sent: 1 });
  expect(server.events.get(id)?.properties).toMatchObject({ a: "1" });
});

test("an event that is gone leaves the queue, and nothing of it is sent", async () => {
  const { db } = database;
  const [gone = "", ...kept] = await captureEvents(db, 3);
  await withService(db, (tx) =>
    tx.execute(sql`delete from devora.analytics_events where id = ${gone}::uuid`),
  );
  await using server = await startPostHogServer();
  expect(await deliver(posthogWorker(db, server))).toMatchObject({
    claimed: 3,
    sent: 2,
    removed: 1,
    stale: 0,
  });
  expect(faultsOf(server, kept)).toEqual([]);
  expect(await tally(db)).toMatchObject({ captured: 2, sent: 2, leased: 0 });
});

test("each destination has its own state: one that is down holds up no other", async () => {
  const { db } = database;
  const analytics = createAnalytics({ db, destinations: ["posthog", "mine"] });
  const { id } = await analytics.capture({ event: "user_logged_in", userId: "u" });
  await using server = await startPostHogServer({ script: () => ({ status: 503 }) });
  const mine = recorder();
  const posthog = posthogDestination({ host: server.url, apiKey });
  const runs = await createDeliveryWorker({ db, destinations: { posthog, mine } }).runOnce();
  expect(runs.posthog).toMatchObject({ sent: 0, released: 1, failure: { reason: "HTTP 503" } });
  expect(runs.mine).toMatchObject({ sent: 1, failure: undefined });
  expect(mine.events).toMatchObject([{ id, distinctId: "u", sessionId: null }]);
  expect(await outboxOf(db)).toMatchObject([{ state: "pending", attempts: 0, last_error: "HTTP 503" }]);
  expect(await outboxOf(db, "mine")).toMatchObject([{ state: "sent" }]);
});

test("two workers side by side send each event once", async () => {
  const { db } = database;
  const ids = await captureEvents(db, 400);
  await using server = await startPostHogServer();
  const workers = [1, 2].map(() => posthogWorker(db, server, { batchSize: 50 }));
  const work = async (worker: (typeof workers)[number]) => {
    let sent = 0;
    for (let run = await deliver(worker); run.claimed > 0; run = await deliver(worker)) sent += run.sent;
    return sent;
  };
  const sent = await Promise.all(workers.map(work));
  expect((sent[0] ?? 0) + (sent[1] ?? 0)).toBe(400);
  expect(server.received).toHaveLength(400);
  expect(faultsOf(server, ids)).toEqual([]);
  expect(await tally(db)).toMatchObject({ sent: 400, leased: 0, pending: 0 });
});

test("what was claimed is nobody else's until its lease ends, which the worker puts off", async () => {
  const { db } = database;
  await captureEvents(db, 2);
  await using server = await startPostHogServer();
  const answered = deferred<void>();
  server.replyNext({ after: answered.promise });
  const running = deliver(posthogWorker(db, server, { leaseMs: 1_000 }));
  await server.arrived(1);
  expect((await deliver(posthogWorker(db, server))).claimed).toBe(0);
  await timePasses(db);
  // The worker says three times a lease that it lives.
  const renewed = sql`select count(*)::int as count from devora.analytics_outbox where leased_until > now()`;
  const isRenewed = async () => Number((await withService(db, (tx) => rowsOf(tx, renewed)))[0]?.count) === 2;
  while (!(await isRenewed())) await settle();
  answered.resolve();
  expect(await running).toMatchObject({ sent: 2, stale: 0 });
});

test("who lost its lease settles nothing; both sent the same event", async () => {
  const { db } = database;
  const [id = ""] = await captureEvents(db, 1);
  const answered = deferred<void>();
  const started = deferred<void>();
  const first = createDeliveryWorker({
    db,
    destinations: {
      posthog: {
        send() {
          started.resolve();
          return answered.promise;
        },
      },
    },
  });
  const running = deliver(first);
  await started.promise;
  await timePasses(db);
  const taken = deferred<void>();
  const second = createDeliveryWorker({
    db,
    destinations: {
      posthog: {
        async send() {
          answered.resolve();
          await taken.promise;
        },
      },
    },
  });
  const other = deliver(second);
  expect(await running).toMatchObject({ claimed: 1, sent: 0, stale: 1 });
  expect(await outboxOf(db)).toMatchObject([{ id, state: "leased" }]);
  taken.resolve();
  expect(await other).toMatchObject({ sent: 1, stale: 0 });
});

test("a host's own destination is judged by what it throws", async () => {
  const { db } = database;
  const [bad = ""] = await captureEvents(db, 3);
  const taken: string[] = [];
  const destination: Destination = {
    maxEvents: 2,
    async send(events) {
      expect(events.length).toBeLessThanOrEqual(2);
      const refused = events.some(({ id }) => id === bad);
      if (refused) throw Object.assign(new Error("no"), { delivery: { blames: "events", reason: "NO" } });
      taken.push(...events.map(({ id }) => id));
    },
  };
  const run = await deliver(createDeliveryWorker({ db, destinations: { posthog: destination } }));
  expect(run).toMatchObject({ sent: 2, parked: 1 });
  expect(taken).toHaveLength(2);
  const throwing: Destination = {
    send() {
      throw new Error("alice@example.com");
    },
  };
  await captureEvents(db, 1);
  const failed = await deliver(createDeliveryWorker({ db, destinations: { posthog: throwing } }));
  expect(failed).toMatchObject({ released: 1, failure: { reason: "UNKNOWN_ERROR" } });
  expect(JSON.stringify(await outboxOf(db))).not.toContain("alice");
});

const plain = (db: Database) => createDeliveryQueue({ db });

test("the queue tells what it holds, and forgets what was sent when it is told to", async () => {
  const { db } = database;
  const queue = plain(db);
  expect(await queue.stats()).toEqual([]);
  const ids = await captureEvents(db, 6);
  await withService(db, async (tx) => {
    await tx.execute(sql`
      with numbered as (select event_id, row_number() over (order by occurred_at) as n from devora.analytics_outbox)
      update devora.analytics_outbox as o
      set state = (array['pending', 'leased', 'sent', 'sent', 'parked', 'parked'])[n],
          lease_token = case when n = 2 then gen_random_uuid() end,
          leased_until = case when n = 2 then now() + interval '1 hour' end,
          sent_at = case n when 3 then now() when 4 then now() - interval '40 days' end,
          created_at = now() - n * interval '1 hour',
          last_error = case when n > 4 then 'HTTP 400' end, attempts = 3
      from numbered where numbered.event_id = o.event_id`);
  });
  const [stats, ...rest] = await queue.stats();
  expect(rest).toEqual([]);
  expect(stats).toMatchObject({ destination: "posthog", pending: 1, leased: 1, sentLastDay: 1, parked: 2 });
  expect(Math.round((stats?.oldestPendingAgeSeconds ?? 0) / 60)).toBe(120);

  const parked = await queue.parkedEvents({ destination: "posthog" });
  expect(parked.map(({ id }) => id)).toEqual([ids[5], ids[4]]);
  expect(parked[0]).toEqual({
    id: ids[5],
    event: "user_logged_in",
    occurredAt: expect.any(Date),
    queuedAt: expect.any(Date),
    attempts: 3,
    reason: "HTTP 400",
  });
  expect(await queue.parkedEvents({ destination: "posthog", limit: 1 })).toHaveLength(1);
  expect(await queue.parkedEvents({ destination: "other" })).toEqual([]);

  expect(await queue.retryParked({ destination: "other" })).toEqual({ retried: 0 });
  const one = { destination: "posthog", ids: [ids[4] ?? "", ids[2] ?? ""] };
  expect(await queue.retryParked(one)).toEqual({ retried: 1 });
  expect((await outboxOf(db)).map(({ state, attempts }) => `${state} ${attempts}`)).toEqual([
    "pending 3",
    "leased 3",
    "sent 3",
    "sent 3",
    "pending 0",
    "parked 3",
  ]);

  expect(await queue.purgeSent({ destination: "other", olderThanDays: 0 })).toEqual({ purged: 0 });
  expect(await queue.purgeSent({ destination: "posthog", olderThanDays: 30 })).toEqual({ purged: 1 });
  expect(await tally(db)).toMatchObject({ captured: 6, sent: 1, parked: 1, pending: 2, leased: 1 });
});
