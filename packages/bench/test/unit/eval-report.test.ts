import { expect, test } from "vitest";
import { formatInterval } from "../../src/eval/report.ts";

test("the verdict names the better engine only when the whole interval is on its side", () => {
  const verdict = (low: number, high: number) =>
    formatInterval("Ours", "Theirs", { difference: 0, low, high, units: 9 }, "queries");
  expect(verdict(-0.2, -0.1)).toContain(": Theirs is significantly better");
  expect(verdict(0.1, 0.2)).toContain(": Ours is significantly better");
  expect(verdict(-0.1, 0.2)).toContain("Theirs is not significantly better");
});
