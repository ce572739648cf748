import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { analyticsMetrics, createDeliveryQueue } from "../../../src/index.ts";
import { startPostHogServer } from "../../../src/testing.ts";
import { parseExposition } from "../../support/parse-exposition.ts";
import { captureEvents, deliver, posthogWorker, startAfresh, timePasses } from "./deliveries.ts";

const database = useTestDatabase();
beforeEach(() => startAfresh(database.db));

test("counters of the worker only grow, whatever is purged; gauges tell what the queue holds", async () => {
  const { db } = database;
  await captureEvents(db, 12, (n) => (n === 3 ? "poison" : "fine"));
  await using server = await startPostHogServer({
    refuses: ({ properties }) => properties.$session_id === "poison",
  });
  const worker = posthogWorker(db, server);
  const metrics = analyticsMetrics({ db, worker });
  const read = async () => parseExposition(await metrics.prometheus());
  const figureOf = (families: Awaited<ReturnType<typeof read>>, name: string, state = "") =>
    families.get(`devora_analytics_${name}`)?.samples.get(`destination=posthog${state}`);

  const before = await read();
  expect(figureOf(before, "deliveries_sent_total")).toBe(0);
  expect(figureOf(before, "queue_deliveries", ",state=pending")).toBe(12);
  expect(figureOf(before, "queue_oldest_pending_age_seconds")).toBeGreaterThanOrEqual(0);

  server.replyNext({ status: 503 });
  await deliver(worker);
  await timePasses(db);
  await deliver(worker);
  await createDeliveryQueue({ db }).purgeSent({ destination: "posthog", olderThanDays: 0 });
  const after = await read();
  expect(figureOf(after, "deliveries_claimed_total")).toBe(24);
  expect(figureOf(after, "deliveries_sent_total")).toBe(11);
  expect(figureOf(after, "deliveries_released_total")).toBe(12);
  expect(figureOf(after, "deliveries_parked_total")).toBe(1);
  expect(figureOf(after, "deliveries_retried_total")).toBe(0);
  expect(figureOf(after, "delivery_failures_total")).toBe(1);
  expect(figureOf(after, "delivery_requests_total")).toBe(server.requests.length);
  expect(figureOf(after, "queue_deliveries", ",state=pending")).toBe(0);
  expect(figureOf(after, "queue_deliveries", ",state=parked")).toBe(1);
  expect(figureOf(after, "queue_sent_last_day")).toBe(0);
  expect(figureOf(after, "queue_oldest_pending_age_seconds")).toBe(0);
  expect(after.get("devora_analytics_database_up")?.samples.get("")).toBe(1);
});

test("a run that is cut off is counted as far as it came", async () => {
  const { db } = database;
  await captureEvents(db, 4);
  await using server = await startPostHogServer();
  server.replyNext({});
  server.replyNext({ after: new Promise(() => {}) });
  const worker = posthogWorker(db, server, {
    destinations: {
      posthog: {
        maxEvents: 2,
        send: async (events, { signal }) => sendTwo(server.url, events.length, signal),
      },
    },
  });
  const stop = new AbortController();
  const running = worker.runOnce({ signal: stop.signal });
  await server.arrived(2);
  stop.abort();
  await expect(running).rejects.toThrow();
  expect(worker.stats().posthog).toMatchObject({ claimed: 4, sent: 2, requests: 2, failures: 0 });
});

const sendTwo = async (url: string, count: number, signal: AbortSignal) => {
  expect(count).toBe(2);
  await fetch(`${url}/batch/`, { method: "POST", body: "x", signal });
};

test("without its database a process still tells what it did", async () => {
  const { db } = database;
  const broken = new Proxy(db, {
    get: (target, name) =>
      name === "transaction" || name === "execute"
        ? () => db.execute(sql`select * from devora.there_is_no_such_table`)
        : Reflect.get(target, name),
  });
  await using server = await startPostHogServer();
  const worker = posthogWorker(db, server);
  const families = parseExposition(await analyticsMetrics({ db: broken, worker }).prometheus());
  expect(families.get("devora_analytics_database_up")?.samples.get("")).toBe(0);
  expect(families.has("devora_analytics_deliveries_sent_total")).toBe(true);
  expect(families.has("devora_analytics_queue_deliveries")).toBe(false);
});
