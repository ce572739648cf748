import { expect, test } from "vitest";
import { measure, percentile } from "../../src/measure.ts";
import { formatRows, toRow } from "../../src/row.ts";

test("percentiles interpolate between neighbours", () => {
  expect(percentile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(percentile([1, 2, 3, 4, 5], 0.95)).toBeCloseTo(4.8);
  expect(percentile([7], 0.95)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});

test("variants run in turns, and warm-up runs are not counted", async () => {
  const order: string[] = [];
  const timings = await measure(
    { a: async (run) => order.push(`a${run}`), b: async (run) => order.push(`b${run}`) },
    { runs: 2, warmUp: 1 },
  );
  expect(order).toEqual(["a0", "b0", "a1", "b1", "a2", "b2"]);
  expect(timings.a.runs).toBe(2);
});

test("a row knows its ratio and whether its goal is met", () => {
  const facts = { suite: "s", name: "n", unit: "ms", goal: 10, peer: 40 };
  expect(toRow({ ...facts, measured: 10 })).toMatchObject({ ratio: 0.25, met: true });
  expect(toRow({ ...facts, measured: 11 })).toMatchObject({ met: false });
  expect(toRow({ ...facts, measured: 11, better: "higher" })).toMatchObject({ met: true });
  expect(toRow({ suite: "s", name: "n", unit: "ms", measured: 1 })).toMatchObject({
    goal: null,
    peer: null,
    ratio: null,
    met: null,
  });
  expect(formatRows([toRow({ ...facts, measured: 11 })])).toContain("MISSED");
});
