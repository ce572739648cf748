import { expect, test } from "vitest";
import { createCircuitBreaker } from "../../../src/delivery/circuit-breaker.ts";
import { faultOf } from "../../../src/delivery/fault-of.ts";
import { retryDelayMs } from "../../../src/delivery/retry-delay.ts";

function setup(random = 1) {
  const clock = { ms: 1_000_000 };
  return {
    clock,
    breaker: createCircuitBreaker(
      () => new Date(clock.ms),
      () => random,
    ),
  };
}

test("the third failure in a row pauses, longer each time and a minute at most", () => {
  const { clock, breaker } = setup();
  const pauses = Array.from({ length: 12 }, () => {
    const pause = breaker.failed();
    expect(breaker.pausedMs()).toBe(pause);
    clock.ms += pause;
    expect(breaker.pausedMs()).toBe(0);
    return pause;
  });
  expect(pauses).toEqual([0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
});

test("one success ends it", () => {
  const { breaker } = setup();
  for (let n = 0; n < 5; n++) breaker.failed();
  breaker.succeeded();
  expect(breaker.pausedMs()).toBe(0);
  expect([breaker.failed(), breaker.failed()]).toEqual([0, 0]);
});

test("what the destination asks for is given from the first failure on, and chance takes half at most", () => {
  const { breaker, clock } = setup(0);
  expect(breaker.failed(7_000)).toBe(7_000);
  clock.ms += 6_999;
  expect(breaker.pausedMs()).toBe(1);
  breaker.failed();
  expect(breaker.failed()).toBe(500);
});

test("an event waits any time up to 10 s, doubled by each refusal, an hour at most", () => {
  expect([1, 2, 3, 9, 10, 30].map((attempts) => retryDelayMs(attempts, () => 1))).toEqual([
    10_000, 20_000, 40_000, 2_560_000, 3_600_000, 3_600_000,
  ]);
  expect(retryDelayMs(3, () => 0.25)).toBe(10_000);
  expect(retryDelayMs(3, () => 0)).toBe(0);
});

test.each<[unknown, object]>([
  [new Error("user alice@example.com"), { blames: "destination", reason: "UNKNOWN_ERROR" }],
  [undefined, { blames: "destination", reason: "UNKNOWN_ERROR" }],
  ["text", { blames: "destination", reason: "UNKNOWN_ERROR" }],
  [{ delivery: { blames: "events", reason: "E1" } }, { blames: "events", reason: "E1" }],
  [{ delivery: { blames: "you", reason: 7 } }, { blames: "destination", reason: "UNKNOWN_ERROR" }],
  [
    { delivery: { blames: "destination", reason: "A\u0000", retryAfterMs: 86_400_000 } },
    { blames: "destination", reason: "A\ufffd", retryAfterMs: 3_600_000 },
  ],
  [
    { delivery: { blames: "size", reason: "x".repeat(900), retryAfterMs: -1 } },
    { blames: "size", reason: "x".repeat(200) },
  ],
])("what %j blames is read without trust", (error, fault) => {
  expect(faultOf(error)).toEqual(fault);
});
