import type { Database } from "@devora/db-schema";
import { expect, test } from "vitest";
import { createAnalytics, createDeliveryQueue, createDeliveryWorker } from "../../../src/index.ts";

const db = { execute: () => {} } as unknown as Database;
const destinations = { posthog: { send: async () => {} } };
const refused = (text: string) =>
  expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(text) });

test.each<[string, object]>([
  ["db", { db: {} }],
  ["destinations", { destinations: {} }],
  ["destinations", { destinations: { PostHog: { send: () => {} } } }],
  ["destinations", { destinations: { posthog: {} } }],
  ["destinations.posthog.maxEvents", { destinations: { posthog: { send: () => {}, maxEvents: 0 } } }],
  ["destinations.posthog.maxBytes", { destinations: { posthog: { send: () => {}, maxBytes: 1.5 } } }],
  ["batchSize", { batchSize: 1001 }],
  ["leaseMs", { leaseMs: 10 }],
  ["maxAttempts", { maxAttempts: 0 }],
  ["pollMs", { pollMs: 0 }],
  ["onError", { onError: "log" }],
  ["onRun", { onRun: 1 }],
  ["now", { now: 1 }],
  ["sleep", { sleep: 1 }],
  ["hashKey", { hashKey: "short" }],
])("a worker's option %s is checked: %j", (option, options) => {
  expect(() => createDeliveryWorker({ db, destinations, ...options } as never)).toThrow(
    refused(`createDeliveryWorker: option ${option} is`),
  );
});

test.each([
  [["PostHog"]],
  [["a b"]],
  [[""]],
  [["x".repeat(61)]],
  [["posthog", "posthog"]],
  [[1]],
  ["posthog"],
])("%j are no names of destinations to capture for", (names) => {
  expect(() => createAnalytics({ db, destinations: names as never })).toThrow(
    refused("option destinations is"),
  );
});

test("the queue's verbs check what they are given", async () => {
  expect(() => createDeliveryQueue({ db: {} as never })).toThrow(refused("db"));
  const queue = createDeliveryQueue({ db });
  const destination = "posthog";
  await expect(queue.parkedEvents({ destination: "" })).rejects.toThrow(refused("destination"));
  await expect(queue.parkedEvents({ destination, limit: 0 })).rejects.toThrow(refused("limit"));
  await expect(queue.retryParked({ destination, ids: ["1"] })).rejects.toThrow(refused("ids"));
  await expect(queue.purgeSent({ destination, olderThanDays: -1 })).rejects.toThrow(refused("olderThanDays"));
});
