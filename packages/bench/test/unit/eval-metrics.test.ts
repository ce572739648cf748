import { expect, test } from "vitest";
import { clusterOf, pairedBootstrap } from "../../src/eval/bootstrap.ts";
import { mean, ndcg, recall, reciprocalRank } from "../../src/eval/metrics.ts";
import { formatInterval } from "../../src/eval/report.ts";

const grades = new Map([
  ["c", 1],
  ["a", 3],
  ["b", 2],
  ["junk", 0],
  ["spam", -1],
]);

test("nDCG discounts linear gains by the rank and divides by the best ranking", () => {
  // 2/log2(2) + 0/log2(3) + 3/log2(4) = 2 + 0 + 1.5; best: 3 + 2/log2(3) + 1/log2(4) = 3 + 1.26186 + .5
  expect(ndcg(["b", "unlisted", "a"], grades, 10)).toBeCloseTo(3.5 / 4.76186, 5);
  expect(ndcg(["a", "b", "c", "junk"], grades, 10)).toBe(1);
  expect(ndcg(["spam", "a"], grades, 10)).toBeCloseTo(3 / Math.log2(3) / 4.76186, 5);
});

test("nDCG sees the first ranks alone, in the ideal as well", () => {
  expect(ndcg(["b", "a"], grades, 1)).toBeCloseTo(2 / 3);
  expect(ndcg(["x", "y", "a"], grades, 2)).toBe(0);
  expect(ndcg([], grades, 10)).toBe(0);
  expect(ndcg(["junk"], new Map([["junk", 0]]), 10)).toBe(0);
});

test("recall is the found share of the relevant documents, each counted once", () => {
  expect(recall(["b", "x", "a"], grades, 2)).toBeCloseTo(1 / 3);
  expect(recall(["b", "x", "a"], grades, 3)).toBeCloseTo(2 / 3);
  expect(recall(["b", "b", "junk", "spam"], grades, 10)).toBeCloseTo(1 / 3);
});

test("the reciprocal rank is that of the first relevant document within the depth", () => {
  expect(reciprocalRank(["x", "junk", "c", "a"], grades, 10)).toBeCloseTo(1 / 3);
  expect(reciprocalRank(["x", "junk", "c"], grades, 2)).toBe(0);
});

test("the mean", () => {
  expect(mean([1, 0, 0.5])).toBe(0.5);
  expect(mean([])).toBeNaN();
});

test("the bootstrap's interval is that of the mean", () => {
  // 400 differences of +1 and -1: standard error 1 / sqrt(400) = .05, so that 95 % are within 1.96 * .05 = .098.
  const ours = Array.from({ length: 400 }, (_, index) => index % 2);
  const theirs = ours.map((value) => 1 - value);
  const { difference, low, high, units } = pairedBootstrap(ours, theirs);
  expect(difference).toBe(0);
  expect(low).toBeCloseTo(-0.098, 2);
  expect(high).toBeCloseTo(0.098, 2);
  expect(units).toBe(400);
});

test("the bootstrap is paired: a constant lead is certain, however the values vary", () => {
  const { low, high } = pairedBootstrap([0.9, 0.1, 0.5], [0.8, 0, 0.4]);
  expect(low).toBeCloseTo(0.1);
  expect(high).toBeCloseTo(0.1);
});

test("clusters are drawn whole", () => {
  // Of two clusters, means are those of the first twice (1), of both (.5) or of the second twice (0).
  const ours = Array.from({ length: 60 }, (_, index) => (index < 30 ? 1 : 0));
  const theirs = ours.map(() => 0);
  const clusters = ours.map(String);
  expect(pairedBootstrap(ours, theirs, { clusters })).toEqual({ difference: 0.5, low: 0, high: 1, units: 2 });
  expect(pairedBootstrap(ours, theirs).low).toBeGreaterThan(0.3);
});

test("the same seed draws the same, another seed other queries", () => {
  const ours = [0.1, 0.5, 0.9, 0.3, 0.7];
  const theirs = [0.2, 0.1, 0.8, 0.6, 0.1];
  expect(pairedBootstrap(ours, theirs)).toEqual(pairedBootstrap(ours, theirs));
  const few = { resamples: 50 };
  expect(pairedBootstrap(ours, theirs, { ...few, seed: 2 })).not.toEqual(pairedBootstrap(ours, theirs, few));
});

test("queries belong together when the same documents are relevant, in any order", () => {
  const query = (grades: [string, number][]) => clusterOf({ id: "", text: "", grades: new Map(grades) });
  expect(
    query([
      ["a", 1],
      ["b", 2],
    ]),
  ).toBe(
    query([
      ["b", 1],
      ["a", 1],
      ["c", 0],
    ]),
  );
  expect(query([["a", 1]])).not.toBe(query([["b", 1]]));
});

test("the verdict names the better engine only when the whole interval is on its side", () => {
  const verdict = (low: number, high: number) =>
    formatInterval("Ours", "Theirs", { difference: 0, low, high, units: 9 }, "queries");
  expect(verdict(-0.2, -0.1)).toContain(": Theirs is significantly better");
  expect(verdict(0.1, 0.2)).toContain(": Ours is significantly better");
  expect(verdict(-0.1, 0.2)).toContain("Theirs is not significantly better");
});
