import { useTestDatabase } from "@devora/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { createDeliveryWorker, type DeliveryRun, posthogDestination } from "../../../src/index.ts";
import { type PosthogReply, startPostHogServer } from "../../../src/testing.ts";
import { manualTimers, settle } from "../../support/manual-timers.ts";
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

/** A clock that stands far behind every pause. */
const jumping = () => {
  let ms = Date.now();
  return () => {
    ms += 3_600_000;
    return new Date(ms);
  };
};

describe("nothing is lost, and nothing is doubled but by an answer that was lost,", () => {
  test.each<[string, PosthogReply, string, number]>([
    ["when PostHog is down", { status: 503 }, "HTTP 503", 0],
    ["when it has enough", { status: 429, headers: { "retry-after": "7" } }, "HTTP 429", 0],
    ["when it refuses the key", { status: 401 }, "HTTP 401", 0],
    ["when it redirects", { status: 302, headers: { location: "/elsewhere" } }, "HTTP 302", 0],
    ["when the connection is cut before", { cut: "before" }, "UND_ERR_SOCKET", 0],
    ["when the connection is cut after it took all", { cut: "after" }, "UND_ERR_SOCKET", 20],
  ])("%s", async (_, reply, reason, doubled) => {
    const { db } = database;
    const ids = await captureEvents(db, 20);
    let isDown = true;
    await using server = await startPostHogServer({ apiKey, script: () => (isDown ? reply : undefined) });
    const worker = posthogWorker(db, server, { now: jumping() });
    for (let n = 1; n <= 3; n++) {
      const run = await deliver(worker);
      expect(run).toMatchObject({
        claimed: 20,
        sent: 0,
        released: 20,
        parked: 0,
        retried: 0,
        failure: { reason },
      });
      expect(await tally(db)).toMatchObject({ captured: 20, pending: 20, leased: 0 });
      expect((await deliver(worker)).claimed).toBe(0);
      await timePasses(db);
    }
    // Outages are no attempts of the events.
    expect((await outboxOf(db)).filter(({ attempts }) => attempts !== 0)).toEqual([]);
    isDown = false;
    expect(await deliver(worker)).toMatchObject({ sent: 20, failure: undefined });
    expect(await tally(db)).toMatchObject({ captured: 20, sent: 20, pending: 0, parked: 0 });
    expect(faultsOf(server, ids)).toEqual([]);
    expect(server.received.length).toBe(20 + 3 * doubled);
  });
});

test("a server that is not there at all loses nothing either", async () => {
  const { db } = database;
  const server = await startPostHogServer();
  await server.close();
  await captureEvents(db, 3);
  const run = await deliver(posthogWorker(db, server));
  expect(run).toMatchObject({ released: 3, failure: { blames: "destination", reason: "ECONNREFUSED" } });
  expect(await tally(db)).toMatchObject({ pending: 3, sent: 0 });
});

test("Retry-After keeps the events and the worker away", async () => {
  const { db } = database;
  await captureEvents(db, 2);
  await using server = await startPostHogServer();
  const clock = { now: Date.now() };
  const worker = posthogWorker(db, server, { now: () => new Date(clock.now) });
  server.replyNext({ status: 429, headers: { "retry-after": "90" } });
  expect(await deliver(worker)).toMatchObject({ released: 2, pausedMs: 90_000 });
  for (const { due_in } of await outboxOf(db)) expect(Number(due_in)).toBeGreaterThan(60);
  await timePasses(db);
  clock.now += 89_999;
  expect(await deliver(worker)).toMatchObject({ claimed: 0, pausedMs: 1 });
  clock.now += 1;
  expect(await deliver(worker)).toMatchObject({ sent: 2 });
});

test("after failures in a row one batch probes, and the rest waits", async () => {
  const { db } = database;
  const ids = await captureEvents(db, 60);
  let isDown = true;
  await using server = await startPostHogServer({ script: () => (isDown ? { status: 500 } : undefined) });
  const clock = { now: Date.now() };
  const worker = posthogWorker(db, server, { batchSize: 10, now: () => new Date(clock.now) });
  for (let n = 0; n < 3; n++) await deliver(worker);
  expect(server.requests).toHaveLength(3);
  const paused = await deliver(worker);
  expect(paused.claimed).toBe(0);
  expect(paused.pausedMs).toBeGreaterThanOrEqual(500);
  clock.now += 1_000;
  expect(await deliver(worker)).toMatchObject({ claimed: 10, released: 10 });
  expect(await deliver(worker)).toMatchObject({ claimed: 0 });
  expect(server.requests).toHaveLength(4);
  isDown = false;
  clock.now += 2_000;
  await timePasses(db);
  for (let n = 0; n < 6; n++) expect(await deliver(worker)).toMatchObject({ sent: 10, pausedMs: 0 });
  expect(faultsOf(server, ids)).toEqual([]);
  // It begins anew: a single failure pauses nothing.
  isDown = true;
  await captureEvents(db, 1);
  expect(await deliver(worker)).toMatchObject({ released: 1, pausedMs: 0 });
});

test("poison is put aside alone, with the code and no value", async () => {
  const { db } = database;
  const ids = await captureEvents(db, 100, (n) => (n === 41 ? "poison" : "fine"));
  const poison = ids[41] ?? "";
  await using server = await startPostHogServer({
    refuses: ({ properties }) => properties.$session_id === "poison",
  });
  const worker = posthogWorker(db, server);
  expect(await deliver(worker)).toMatchObject({ claimed: 100, sent: 99, parked: 1, retried: 0, stale: 0 });
  expect((await outboxOf(db)).filter(({ state }) => state === "parked")).toMatchObject([
    { id: poison, attempts: 1, last_error: "HTTP 400" },
  ]);
  await timePasses(db);
  expect((await deliver(worker)).claimed).toBe(0);
  expect(server.received).toHaveLength(99);
  expect(
    faultsOf(
      server,
      ids.filter((id) => id !== poison),
    ),
  ).toEqual([]);
});

test("a lone event that is refused is tried again with growing pauses, and put aside after maxAttempts", async () => {
  const { db } = database;
  await captureEvents(db, 1, () => "poison");
  await using server = await startPostHogServer({ refuses: () => true });
  const worker = posthogWorker(db, server, { maxAttempts: 3 });
  expect(await deliver(worker)).toMatchObject({ retried: 1, parked: 0, failure: undefined });
  expect(await outboxOf(db)).toMatchObject([{ state: "pending", attempts: 1, last_error: "HTTP 400" }]);
  await timePasses(db);
  expect(await deliver(worker)).toMatchObject({ retried: 1, parked: 0 });
  await timePasses(db);
  expect(await deliver(worker)).toMatchObject({ retried: 0, parked: 1 });
  expect(await tally(db)).toMatchObject({ captured: 1, parked: 1 });
});

test("a server that refuses everything is blamed itself: events wait, and go when it is mended", async () => {
  const { db } = database;
  const ids = await captureEvents(db, 200);
  let isBroken = true;
  await using server = await startPostHogServer({ refuses: () => isBroken });
  const worker = posthogWorker(db, server, { now: jumping() });
  expect(await deliver(worker)).toMatchObject({
    parked: 0,
    retried: 5,
    released: 195,
    failure: { blames: "destination", reason: "HTTP 400 for every event" },
  });
  isBroken = false;
  await timePasses(db);
  expect(await deliver(worker)).toMatchObject({ sent: 200 });
  expect(faultsOf(server, ids)).toEqual([]);
});

test("batches that are too large get smaller, and stay so", async () => {
  const { db } = database;
  const ids = await captureEvents(db, 400);
  await using server = await startPostHogServer({ maxBytes: 40_000 });
  const worker = posthogWorker(db, server, { batchSize: 200 });
  const first = await deliver(worker);
  expect(first).toMatchObject({ sent: 200, parked: 0 });
  const second = await deliver(worker);
  expect(second).toMatchObject({ sent: 200 });
  expect(second.requests).toBeLessThan(first.requests);
  expect(server.received).toHaveLength(400);
  expect(faultsOf(server, ids)).toEqual([]);
});

test("a server that answers 200 and keeps nothing is believed: 2xx is all that PostHog says", async () => {
  const { db } = database;
  await captureEvents(db, 3);
  await using server = await startPostHogServer({ script: () => ({ drop: true }) });
  expect(await deliver(posthogWorker(db, server))).toMatchObject({ sent: 3 });
  expect(await tally(db)).toMatchObject({ captured: 3, sent: 3 });
  expect(server.events.size).toBe(0);
});

test("start delivers until stop, in pauses that grow while PostHog is down, and tells of both", async () => {
  const { db } = database;
  const ids = await captureEvents(db, 25);
  const timers = manualTimers();
  const runs: DeliveryRun[] = [];
  const errors: unknown[] = [];
  let isDown = true;
  await using server = await startPostHogServer({ script: () => (isDown ? { status: 503 } : undefined) });
  const clock = { now: Date.now() };
  const until = async (reached: () => boolean | Promise<boolean>) => {
    while (!(await reached())) await settle();
  };
  await using worker = createDeliveryWorker({
    db,
    destinations: { posthog: posthogDestination({ host: server.url, apiKey }) },
    batchSize: 10,
    sleep: timers.sleep,
    now: () => new Date(clock.now),
    onRun(run) {
      runs.push(run);
      throw new Error("the host's own");
    },
    onError(error) {
      errors.push(error);
      throw new Error("the host's own");
    },
  });
  worker.start();
  worker.start();
  for (let n = 1; n <= 3; n++) {
    await until(() => timers.running().length === 1);
    expect(errors).toHaveLength(n);
    if (n < 3) {
      expect(timers.running()).toEqual([1_000]);
      timers.fire();
      await until(() => errors.length === n + 1);
    }
  }
  expect(errors[2]).toMatchObject({ code: "DELIVERY_FAILED", delivery: { reason: "HTTP 503" } });
  isDown = false;
  clock.now += 60_000;
  await timePasses(db);
  timers.fire();
  await until(async () => (await tally(db)).sent === 25);
  await until(() => timers.running().length === 1);
  expect(runs.slice(3).map(({ sent }) => sent)).toEqual([10, 10, 5]);
  await worker.stop();
  await captureEvents(db, 1);
  await settle();
  expect(await tally(db)).toMatchObject({ captured: 26, sent: 25, pending: 1 });
  expect(faultsOf(server, ids)).toEqual([]);
});

test("stop waits for what is under way, or gives it back when its grace is over", async () => {
  const { db } = database;
  const ids = await captureEvents(db, 2);
  await using server = await startPostHogServer();
  const forever = new Promise(() => {});
  server.replyNext({ after: forever });
  const errors: unknown[] = [];
  const worker = posthogWorker(db, server, { onError: (error) => errors.push(error) });
  worker.start();
  await server.arrived(1);
  await worker.stop({ graceMs: 0 });
  expect(errors).toEqual([]);
  const rows = await outboxOf(db);
  expect(rows).toMatchObject(ids.map((id) => ({ id, state: "pending", attempts: 0, lease_token: null })));
  for (const { due_in } of rows) expect(Number(due_in)).toBeLessThanOrEqual(0);
  worker.start();
  await server.arrived(2);
  await worker.stop();
  expect(await tally(db)).toMatchObject({ sent: 2 });
});
