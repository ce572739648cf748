import { expect, test, vi } from "vitest";
import { z } from "zod";
import { defineCatalogue, keep, type LostEvent } from "../../src/index.ts";
import { recordingAnalytics } from "../../src/testing.ts";

const untyped = (value: unknown) => value as never;

test("a buffered event becomes the same row as a captured one, as it was at the call", async () => {
  const now = new Date("2026-03-01T10:00:00Z");
  // Keeps a property that is not declared.
  const analytics = recordingAnalytics({ now: () => now, mode: "warn" });
  const tags = ["a"];
  const event = {
    event: "project_created",
    userId: "alice",
    properties: { project_id: "p1", project_name: "Shop", tags },
  };
  const result = analytics.runWithContext({ requestId: "r1", sessionId: "s1" }, () =>
    analytics.captureBuffered(untyped(event)),
  );
  tags.push("changed after the call");
  expect(result.outcome).toBe("buffered");
  expect(analytics.stats()).toMatchObject({ buffered: 1, captured: 0 });
  expect(await analytics.flush()).toEqual({ remaining: 0 });
  expect(analytics.stats()).toMatchObject({ buffered: 0, captured: 1 });
  expect(analytics.events).toMatchObject([
    {
      id: result.id,
      occurredAt: now,
      sessionId: "s1",
      context: { request_id: "r1" },
      properties: { project_id: "p1", tags: ["a"] },
    },
  ]);
});

test("what its catalogue refuses is judged at the call, by the mode", () => {
  const wrong = untyped({ event: "project_created", userId: "alice", properties: { project_id: 1 } });
  expect(() => recordingAnalytics().captureBuffered(wrong)).toThrow(
    expect.objectContaining({ code: "INVALID_EVENT" }),
  );
  const onInvalid = vi.fn();
  const dropping = recordingAnalytics({ mode: "drop", onInvalid });
  expect(dropping.captureBuffered(wrong).outcome).toBe("invalid");
  expect(onInvalid).toHaveBeenCalledOnce();
  expect(dropping.stats()).toMatchObject({ invalid: 1, dropped: 1, buffered: 0 });
  const warning = recordingAnalytics({ mode: "warn" });
  expect(warning.captureBuffered(wrong).outcome).toBe("buffered");
  expect(warning.stats()).toMatchObject({ invalid: 1, dropped: 0, buffered: 1 });
});

test("an event whose schema answers a promise cannot be buffered, and says so", () => {
  const onInvalid = vi.fn();
  const catalogue = defineCatalogue({
    slow: { description: "d", properties: { name: keep(z.string().refine(async () => true)) } },
  });
  const analytics = recordingAnalytics({ catalogue, mode: "warn", onInvalid });
  expect(analytics.captureBuffered({ event: "slow", userId: "u", properties: { name: "n" } }).outcome).toBe(
    "invalid",
  );
  expect(onInvalid.mock.calls[0]?.[0].issues[0].received).toBe("a schema that answers a promise");
});

test("what has no room is lost, counted and told, whatever the callback throws", async () => {
  const lost: LostEvent[] = [];
  const analytics = recordingAnalytics({
    buffer: { maxEvents: 1 },
    onLost: (event) => {
      lost.push(event);
      throw new Error("the host's own");
    },
  });
  const capture = () => analytics.captureBuffered({ event: "user_logged_in", userId: "u" });
  expect([capture().outcome, capture().outcome]).toEqual(["buffered", "lost"]);
  expect(await analytics.close()).toEqual({ remaining: 0 });
  const { id, outcome } = capture();
  expect(outcome).toBe("lost");
  expect(lost.map(({ event, reason }) => `${event} ${reason}`)).toEqual([
    "user_logged_in full",
    "user_logged_in closed",
  ]);
  expect(lost[1]?.id).toBe(id);
  expect(analytics.stats()).toMatchObject({ captured: 1, lost: 2, buffered: 0 });
});

test.each([-1, Number.NaN, 2 ** 31])("a timeout of %d is refused", async (timeoutMs) => {
  const analytics = recordingAnalytics();
  await expect(analytics.flush({ timeoutMs })).rejects.toMatchObject({ code: "INVALID_OPTION" });
  await expect(analytics.close({ timeoutMs })).rejects.toMatchObject({ code: "INVALID_OPTION" });
});

test.each([
  [{ maxEvents: 0 }, "buffer.maxEvents"],
  [{ maxEvents: 1.5 }, "buffer.maxEvents"],
  [{ maxBytes: 10 }, "buffer.maxBytes"],
  [{ batchSize: 1001 }, "buffer.batchSize"],
  [{ flushIntervalMs: -1 }, "buffer.flushIntervalMs"],
  [{ flushIntervalMs: Number.POSITIVE_INFINITY }, "buffer.flushIntervalMs"],
])("the bounds %j are refused by name", (buffer, name) => {
  expect(() => recordingAnalytics({ buffer })).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(name) }),
  );
});
