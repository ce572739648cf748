import { expect, test } from "vitest";
import { clampTime } from "../../src/clamp-time.ts";

const now = new Date("2025-06-15T12:00:00.000Z");
const tolerance = { futureToleranceMs: 600_000, maxAgeDays: 30 };
const at = (text: string) => new Date(text);

test.each([
  "2025-06-15T12:10:00.000Z", // 10 minutes ahead, to the millisecond
  "2025-05-16T12:00:00.000Z", // 30 days old, to the millisecond
  "2025-06-15T11:59:59.999Z",
])("%s is taken over", (time) => {
  expect(clampTime(at(time), now, tolerance)).toEqual({ occurredAt: at(time), claimedAt: null });
});

test.each(["2025-06-15T12:10:00.001Z", "2025-05-16T11:59:59.999Z", "1970-01-01T00:00:00.000Z"])(
  "%s becomes now, and the claim is kept",
  (time) => {
    expect(clampTime(at(time), now, tolerance)).toEqual({ occurredAt: now, claimedAt: at(time) });
  },
);

test.each([
  [-8.64e15, "0001-01-01T00:00:00.000Z"],
  [8.64e15, "9999-12-31T23:59:59.999Z"],
])("a claim of %d ms is bounded to years that PostgreSQL reads, whatever the tolerance", (ms, bounded) => {
  const endless = { futureToleranceMs: Number.POSITIVE_INFINITY, maxAgeDays: Number.POSITIVE_INFINITY };
  expect(clampTime(new Date(ms), now, endless)).toEqual({ occurredAt: now, claimedAt: at(bounded) });
});

test("imports take any age", () => {
  const old = at("2009-01-03T18:15:05.000Z");
  expect(clampTime(old, now, { ...tolerance, maxAgeDays: Number.POSITIVE_INFINITY }).occurredAt).toBe(old);
});
