import { type Database, newId, rowsOf, withService } from "@devora/db-schema";
import { deferred, useTestDatabase } from "@devora/testing";
import { type SQL, sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import {
  createAnalytics,
  createDeliveryQueue,
  type DestinationReader,
  posthogReader,
  type ReplayProgress,
} from "../../../src/index.ts";
import { ledgerPageQuery, requeueQuery } from "../../../src/queries/reconcile.ts";
import { replayPageQuery } from "../../../src/queries/replay.ts";
import { type PosthogServer, startPostHogServer } from "../../../src/testing.ts";
import { deliver, faultsOf, outboxOf, posthogWorker, startAfresh, tally, timePasses } from "./deliveries.ts";

const database = useTestDatabase();
beforeEach(() => startAfresh(database.db));

const dayMs = 86_400_000;
/** Three days ago: whole, and within what capture believes. */
const midnight = new Date(Math.floor(Date.now() / dayMs) * dayMs - 3 * dayMs);
const day = midnight.toISOString().slice(0, 10);
const at = (ms: number) => new Date(midnight.getTime() + ms);

/** Captures events of the day, a second apart from noon on; answers their ids. */
async function captureAt(
  db: Database,
  times: readonly Date[],
  { destinations = ["posthog"], ids = [] as string[], userId = "u" } = {},
): Promise<string[]> {
  const results = await createAnalytics({ db, destinations, mode: "strict" }).captureMany(
    times.map((occurredAt, n) => ({
      event: n % 10 === 9 ? "user_logged_out" : "user_logged_in",
      userId,
      occurredAt,
      ...(ids[n] === undefined ? {} : { id: ids[n] }),
    })),
  );
  return results.map(({ id }) => id);
}

const noon = (count: number) => Array.from({ length: count }, (_, n) => at(dayMs / 2 + n * 1_000));

async function deliverAll(db: Database, server: PosthogServer): Promise<void> {
  const worker = posthogWorker(db, server, { batchSize: 500 });
  while ((await deliver(worker)).claimed > 0);
}

const readerOf = (server: PosthogServer): DestinationReader =>
  posthogReader({ host: server.url, projectId: 1, personalApiKey: "phx_of_the_test", sleep: async () => {} });

/** A reader of a list, all of it at once. */
const listing = (...ids: string[]): DestinationReader => ({
  listIds: async ({ after }) => (after === undefined ? [...ids].sort() : []),
});

const execute = (db: Database, query: SQL) => withService(db, (tx) => rowsOf(tx, query));
const setState = (db: Database, id: string | undefined, assignments: SQL) =>
  execute(
    db,
    sql`update devora.analytics_outbox set ${assignments} where event_id = ${id}::uuid returning event_id`,
  );

describe("reconcile", () => {
  test("finds exactly what PostHog threw away behind its 200, sends it again, and is then content", async () => {
    const { db } = database;
    const ids = await captureAt(db, noon(1_000));
    const lost = new Set(ids.filter((_, n) => n % 27 === 5));
    expect(lost.size).toBe(37);
    let isLying = true;
    await using server = await startPostHogServer({
      drops: ({ uuid }) => isLying && lost.has(uuid),
      // Pages that are smaller than asked for are no end.
      query: { personalApiKey: "phx_of_the_test", maxRows: 300 },
    });
    await deliverAll(db, server);
    expect(await tally(db)).toMatchObject({ captured: 1_000, sent: 1_000 });
    isLying = false;

    const queue = createDeliveryQueue({ db });
    const options = { day, destination: "posthog", reader: readerOf(server), lagMinutes: 0 };
    const progress: unknown[] = [];
    const planned = await queue.reconcile({
      ...options,
      dryRun: true,
      onProgress: (told) => progress.push(told),
    });
    expect(planned).toMatchObject({ captured: 1_000, sent: 1_000, missing: 37, requeued: 0 });
    expect(await tally(db)).toMatchObject({ sent: 1_000, pending: 0 });
    expect(server.queries).toHaveLength(5);

    const found = await queue.reconcile(options);
    expect(found).toEqual({
      from: midnight,
      to: at(dayMs),
      captured: 1_000,
      sent: 1_000,
      pending: 0,
      leased: 0,
      parked: 0,
      unqueued: 0,
      missing: 37,
      requeued: 37,
      unjudged: 0,
      refused: 0,
      unexpected: 0,
      complete: false,
      missingIds: [...lost].sort(),
      unexpectedIds: [],
    });
    expect((await outboxOf(db)).filter(({ was_sent }) => was_sent === false)).toMatchObject(
      ids
        .filter((id) => lost.has(id))
        .map((id) => ({ id, state: "pending", attempts: 0, last_error: "MISSING" })),
    );

    // Once queued it waits, and is queued no second time.
    expect(await queue.reconcile(options)).toMatchObject({ sent: 963, pending: 37, missing: 0, requeued: 0 });
    const before = server.received.length;
    await deliverAll(db, server);
    expect(server.received).toHaveLength(before + 37);
    expect(faultsOf(server, ids)).toEqual([]);
    expect(await queue.reconcile(options)).toMatchObject({
      captured: 1_000,
      sent: 1_000,
      missing: 0,
      unexpected: 0,
      complete: true,
    });
  });

  test("two at once queue nothing twice, and what was sent again meanwhile is no longer missing", async () => {
    const { db } = database;
    const ids = await captureAt(db, noon(40));
    await using server = await startPostHogServer({ drops: () => true });
    await deliverAll(db, server);
    const queue = createDeliveryQueue({ db });
    const asked = [deferred<void>(), deferred<void>()];
    const answered = deferred<void>();
    const both = asked.map((arrival) =>
      queue.reconcile({
        day,
        destination: "posthog",
        lagMinutes: 0,
        reader: {
          async listIds() {
            arrival.resolve();
            await answered.promise;
            return [];
          },
        },
      }),
    );
    await Promise.all(asked.map(({ promise }) => promise));
    answered.resolve();
    const found = await Promise.all(both);
    expect((found[0]?.requeued ?? 0) + (found[1]?.requeued ?? 0)).toBe(40);

    const late = deferred<void>();
    const started = deferred<void>();
    await deliverAll(db, server);
    const slow = queue.reconcile({
      day,
      destination: "posthog",
      lagMinutes: 0,
      reader: {
        async listIds() {
          started.resolve();
          await late.promise;
          return [];
        },
      },
    });
    await started.promise;
    await queue.replay({ from: midnight, to: at(dayMs), destination: "posthog", again: true });
    await deliverAll(db, server);
    late.resolve();
    expect(await slow).toMatchObject({ captured: 40, requeued: 0, complete: false });
    expect(await tally(db)).toMatchObject({ sent: 40, pending: 0 });
    expect(server.requests.flatMap(({ batch }) => batch?.batch ?? [])).toHaveLength(3 * ids.length);
  });

  test("tells states apart, judges nothing too early, and spares people who opted out since", async () => {
    const { db } = database;
    const [sent, recent, pending, leased, parked, there] = await captureAt(db, noon(6));
    const [unqueued] = await captureAt(db, [at(5)], { destinations: [] });
    const [refused] = await captureAt(db, [at(6)], { userId: "opted-out" });
    const longAgo = sql`state = 'sent', sent_at = now() - interval '1 hour'`;
    for (const id of [sent, there, refused]) await setState(db, id, longAgo);
    await setState(db, recent, sql`state = 'sent', sent_at = now() - interval '14 minutes'`);
    const lease = sql`state = 'leased', lease_token = gen_random_uuid(), leased_until = now() + interval '1 hour'`;
    await setState(db, leased, lease);
    await setState(db, parked, sql`state = 'parked'`);
    await createAnalytics({ db }).setConsent({ distinctId: "opted-out", optedOut: true });

    const queue = createDeliveryQueue({ db });
    const reader = listing(String(there));
    const found = await queue.reconcile({ day, destination: "posthog", reader });
    expect(found).toMatchObject({
      captured: 8,
      sent: 4,
      pending: 1,
      leased: 1,
      parked: 1,
      unqueued: 1,
      missing: 1,
      requeued: 1,
      unjudged: 1,
      refused: 1,
      missingIds: [sent],
      complete: false,
    });
    const states = new Map((await outboxOf(db)).map(({ id, state }) => [id, state]));
    expect(states).toEqual(
      new Map([
        [sent, "pending"],
        [recent, "sent"],
        [pending, "pending"],
        [leased, "leased"],
        [parked, "parked"],
        [there, "sent"],
        [refused, "sent"],
      ]),
    );
    expect(await queue.reconcile({ day, destination: "elsewhere", reader })).toMatchObject({ unqueued: 8 });
    // What is there is there, whatever the queue believes.
    const all = listing(...[sent, recent, pending, leased, parked, there, unqueued].map(String));
    expect(await queue.reconcile({ day, destination: "posthog", reader: all })).toMatchObject({
      pending: 2,
      refused: 1,
      complete: true,
    });
    await createAnalytics({ db }).setConsent({ distinctId: "opted-out", optedOut: false });
  });

  test("names what the destination has and we have not: strangers, and what was erased here", async () => {
    const { db } = database;
    const [kept = "", erased = ""] = await captureAt(db, noon(2));
    // Of the day before, which has its own reconciliation, whether they are still here or not.
    const [neighbour = "", past = ""] = await captureAt(db, [at(-1), at(-2)]);
    const gone = sql`array[${erased}::uuid, ${past}::uuid]`;
    await execute(db, sql`delete from devora.analytics_events where id = any(${gone}) returning id`);
    const stranger = newId();
    const found = await createDeliveryQueue({ db }).reconcile({
      day,
      destination: "posthog",
      reader: {
        listIds: async ({ after }) =>
          after === undefined
            ? [kept, erased, neighbour, past, stranger].sort().map((id) => id.toUpperCase())
            : [],
      },
    });
    expect(found).toMatchObject({ captured: 1, unexpected: 2, unexpectedIds: [erased, stranger].sort() });
  });

  test("a day is one of its time zone, and PostHog may move an event over its end", async () => {
    const { db } = database;
    const hour = 3_600_000;
    const [last = "", first = ""] = await captureAt(db, [at(dayMs - 1), at(dayMs)]);
    await using server = await startPostHogServer({ query: { shiftMs: 4_000 } });
    await deliverAll(db, server);
    const queue = createDeliveryQueue({ db });
    const options = { destination: "posthog", reader: readerOf(server), lagMinutes: 0 };
    expect(await queue.reconcile({ ...options, day })).toMatchObject({
      captured: 1,
      complete: true,
      unexpected: 0,
    });
    // New Delhi is ahead by 5:30.
    const india = await queue.reconcile({ ...options, day, timeZone: "Asia/Kolkata" });
    expect(india).toMatchObject({ from: at(-5.5 * hour), to: at(18.5 * hour), captured: 0 });
    const next = await queue.reconcile({
      ...options,
      day: at(dayMs).toISOString().slice(0, 10),
      timeZone: "Asia/Kolkata",
    });
    expect(next).toMatchObject({ captured: 2, complete: true });
    expect([...server.events.keys()].sort()).toEqual([last, first].sort());
    // The clocks of Paris went forward.
    const spring = await queue.reconcile({ ...options, day: "2026-03-29", timeZone: "Europe/Paris" });
    expect(spring.to.getTime() - spring.from.getTime()).toBe(23 * hour);
  });

  test("queues nothing on the word of a destination that fails, or of a list in disorder", async () => {
    const { db } = database;
    const ids = (await captureAt(db, noon(3))).sort();
    await using server = await startPostHogServer();
    await deliverAll(db, server);
    const queue = createDeliveryQueue({ db });
    const options = { day, destination: "posthog", lagMinutes: 0 };
    server.replyNextQuery({ status: 403 });
    const refusal = queue.reconcile({ ...options, reader: readerOf(server) });
    await expect(refusal).rejects.toMatchObject({ code: "READ_FAILED", delivery: { reason: "HTTP 403" } });
    const repeating = { listIds: async () => ids };
    for (const reader of [
      listing(...ids.map((id) => `${id}x`)),
      { listIds: async () => [...ids].reverse() },
      repeating,
    ]) {
      await expect(queue.reconcile({ ...options, reader })).rejects.toMatchObject({ code: "READ_FAILED" });
    }
    const aborted = queue.reconcile(
      { ...options, reader: repeating },
      { signal: AbortSignal.abort("enough") },
    );
    await expect(aborted).rejects.toBe("enough");
    expect(await tally(db)).toMatchObject({ sent: 3, pending: 0 });
    for (const wrong of [
      { day: "2026-02-30" },
      { timeZone: "+05:30" },
      { timeZone: "Mars/Olympus" },
      { destination: "Post Hog" },
      { lagMinutes: -1 },
      { reader: {} as DestinationReader },
    ]) {
      const call = queue.reconcile({ ...options, reader: repeating, ...wrong });
      await expect(call).rejects.toMatchObject({ code: "INVALID_OPTION" });
    }
  });
});

describe("replay", () => {
  const range = { from: midnight, to: at(dayMs), destination: "posthog" };

  test("queues for a new destination what was captured before, once, with the events' own times", async () => {
    const { db } = database;
    const ids = await captureAt(db, noon(50), { destinations: [] });
    const outside = [at(-1), at(dayMs)];
    await captureAt(db, outside, { destinations: [] });
    const queue = createDeliveryQueue({ db });
    const plan = { read: 50, queued: 50, again: 0, refused: 0 };
    expect(await queue.replay({ ...range, dryRun: true })).toEqual(plan);
    expect(await tally(db)).toMatchObject({ pending: 0 });
    expect(await queue.replay({ ...range, batchSize: 20 })).toEqual(plan);
    expect(await queue.replay(range)).toEqual({ ...plan, queued: 0 });
    await using server = await startPostHogServer();
    await deliverAll(db, server);
    expect(faultsOf(server, ids)).toEqual([]);
    expect([...server.events.values()].map(({ timestamp }) => timestamp).sort()).toEqual(
      noon(50).map((time) => time.toISOString()),
    );
    expect(await queue.replay(range)).toEqual({ ...plan, queued: 0 });
    expect(await tally(db)).toMatchObject({ sent: 50, pending: 0 });
  });

  test("takes some kinds of events alone", async () => {
    const { db } = database;
    await captureAt(db, noon(20), { destinations: [] });
    const queue = createDeliveryQueue({ db });
    const events = ["user_logged_out", "never_seen"];
    expect(await queue.replay({ ...range, events })).toMatchObject({ read: 2, queued: 2 });
  });

  test("with `again` sent events go once more, and what waits, is leased or parked stays as it is", async () => {
    const { db } = database;
    const [sent, pending, leased, parked] = await captureAt(db, noon(4));
    await setState(db, sent, sql`state = 'sent', sent_at = now() - interval '1 hour', attempts = 2`);
    const lease = sql`state = 'leased', lease_token = gen_random_uuid(), leased_until = now() + interval '1 hour'`;
    await setState(db, leased, lease);
    await setState(db, parked, sql`state = 'parked', attempts = 5`);
    await setState(db, pending, sql`attempts = 3`);
    const untouched = (await outboxOf(db)).slice(1).map(({ due_in: _, ...row }) => row);
    const queue = createDeliveryQueue({ db });
    expect(await queue.replay(range)).toMatchObject({ read: 4, queued: 0, again: 0 });
    expect(await queue.replay({ ...range, again: true, dryRun: true })).toMatchObject({ again: 1 });
    expect(await queue.replay({ ...range, again: true })).toEqual({
      read: 4,
      queued: 0,
      again: 1,
      refused: 0,
    });
    const rows = (await outboxOf(db)).map(({ due_in: _, ...row }) => row);
    expect(rows[0]).toMatchObject({
      id: sent,
      state: "pending",
      attempts: 0,
      was_sent: false,
      last_error: null,
    });
    expect(rows.slice(1)).toEqual(untouched);
  });

  test("goes on from a cursor, and sends again only what was sent before it began", async () => {
    const { db } = database;
    const ids = (await captureAt(db, noon(30))).sort();
    await using server = await startPostHogServer();
    await deliverAll(db, server);
    const queue = createDeliveryQueue({ db });
    const told: ReplayProgress[] = [];
    const enough = new Error("enough");
    const first = queue.replay({
      ...range,
      again: true,
      batchSize: 10,
      onProgress(progress) {
        told.push(progress);
        if (told.length === 2) throw enough;
      },
    });
    await expect(first).rejects.toBe(enough);
    expect(told).toMatchObject([
      { read: 10, again: 10, total: 30 },
      { read: 20, again: 20, total: 30 },
    ]);
    expect(told[1]?.cursor).toContain(ids[19]);
    await deliverAll(db, server);
    // From the first batch on: the second one was sent since.
    const cursor = String(told[0]?.cursor);
    expect(await queue.replay({ ...range, again: true, batchSize: 10, cursor })).toMatchObject({
      read: 20,
      again: 10,
    });
    await deliverAll(db, server);
    expect(server.received).toHaveLength(60);
    const foreign = queue.replay({ ...range, cursor: "somewhere" });
    await expect(foreign).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });

  test("two at once queue each event once", async () => {
    const { db } = database;
    await captureAt(db, noon(60), { destinations: [] });
    const queue = createDeliveryQueue({ db });
    const results = await Promise.all([1, 2].map(() => queue.replay({ ...range, batchSize: 7 })));
    expect((results[0]?.queued ?? 0) + (results[1]?.queued ?? 0)).toBe(60);
    expect(await tally(db)).toMatchObject({ pending: 60 });
  });

  test("leaves out people who opted out since, and events that are gone", async () => {
    const { db } = database;
    const [gone] = await captureAt(db, noon(2), { destinations: [] });
    await captureAt(db, [at(3)], { destinations: [], userId: "went" });
    const analytics = createAnalytics({ db });
    await analytics.setConsent({ distinctId: "went", optedOut: true });
    await execute(db, sql`delete from devora.analytics_events where id = ${gone}::uuid returning id`);
    const queue = createDeliveryQueue({ db });
    const expected = { read: 2, queued: 1, again: 0, refused: 1 };
    expect(await queue.replay({ ...range, dryRun: true })).toEqual(expected);
    expect(await queue.replay(range)).toEqual(expected);
    await setState(
      db,
      (await outboxOf(db)).map(({ id }) => String(id))[0],
      sql`state = 'sent', sent_at = now()`,
    );
    await analytics.setConsent({ distinctId: "u", optedOut: true });
    expect(await queue.replay({ ...range, again: true })).toMatchObject({ again: 0, refused: 2 });
    for (const distinctId of ["u", "went"]) await analytics.setConsent({ distinctId, optedOut: false });
  });

  test.each([
    ["a time that is none", { from: new Date(Number.NaN) }],
    ["a range without length", { to: midnight }],
    ["no event", { events: [] }],
    ["a batch too large", { batchSize: 10_001 }],
    ["a name that no destination has", { destination: "Post Hog" }],
  ])("refuses %s", async (_, wrong) => {
    const call = createDeliveryQueue({ db: database.db }).replay({ ...range, ...wrong });
    await expect(call).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });
});

test("a queue of any size is asked by key alone", async () => {
  const { db } = database;
  await captureAt(db, noon(10));
  await timePasses(db);
  await withService(db, (tx) =>
    tx.execute(sql`
      insert into devora.analytics_outbox (event_id, destination, occurred_at, state, sent_at)
      select gen_random_uuid(), 'posthog', now(), 'sent', now() from generate_series(1, 60000)`),
  );
  await db.execute(sql`analyze devora.analytics_outbox`);
  const range = { from: midnight, to: at(dayMs) };
  const page = { after: newId(), limit: 5_000 };
  const time = new Date().toISOString();
  for (const query of [
    ledgerPageQuery("posthog", time, range, page),
    replayPageQuery({ destination: "posthog", sentBy: time }, range, page),
    requeueQuery("posthog", Array.from({ length: 1_000 }, newId), time),
  ]) {
    const rows = await execute(db, sql`explain (costs off) ${query}`);
    const plan = rows.map((row) => Object.values(row)[0]).join("\n");
    expect(plan).not.toMatch(/Seq Scan on analytics_outbox/);
    expect(plan).toMatch(/analytics_outbox_pkey/);
  }
});
