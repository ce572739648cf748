import type { Database } from "@devora/db-schema";
import { expect, test } from "vitest";
import { createAnalytics } from "../../src/index.ts";
import { recordingAnalytics } from "../../src/testing.ts";

test.each<[string, object]>([
  ["mode", { mode: "loud" }],
  ["onInvalid", { onInvalid: "log" }],
  ["environment", { environment: "" }],
  ["environment", { environment: "a\u0000" }],
  ["release", { release: "x".repeat(201) }],
  ["context", { context: [1] }],
  ["context.fn", { context: { fn: () => 1 } }],
  ["context.text", { context: { text: "x".repeat(20_000) } }],
  ["futureToleranceMs", { futureToleranceMs: -1 }],
  ["futureToleranceMs", { futureToleranceMs: Number.NaN }],
  ["maxAgeDays", { maxAgeDays: 0 }],
  ["now", { now: new Date() }],
  ["generateId", { generateId: "uuid" }],
])("option %s is checked: %j", (option, options) => {
  expect(() => recordingAnalytics(options as never)).toThrow(
    expect.objectContaining({
      code: "INVALID_OPTION",
      message: expect.stringContaining(`option ${option} is`),
    }),
  );
});

test.each([undefined, null, {}, "postgres://localhost"])("%j is no database", (db) => {
  expect(() => createAnalytics({ db: db as unknown as Database })).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION" }),
  );
});

test("ids that are no UUID never reach the database", async () => {
  const analytics = recordingAnalytics({ generateId: () => "1" });
  await expect(analytics.trackEvent("user_logged_in", { userId: "u" })).rejects.toMatchObject({
    issues: [{ path: "id" }],
  });
});
