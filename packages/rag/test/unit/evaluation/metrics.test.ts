import { expect, test } from "vitest";
import { bootstrapMeans } from "../../../src/evaluation/bootstrap.ts";
import {
  clusterOf,
  mean,
  ndcg,
  pairedBootstrap,
  precision,
  recall,
  reciprocalRank,
} from "../../../src/evaluation.ts";

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

test("questions belong together when the same ids are relevant, in any order", () => {
  const ab = new Map([
    ["a", 1],
    ["b", 2],
  ]);
  const bac = new Map([
    ["b", 1],
    ["a", 1],
    ["c", 0],
  ]);
  expect(clusterOf(ab)).toBe(clusterOf(bac));
  expect(clusterOf(new Map([["a", 1]]))).not.toBe(clusterOf(new Map([["b", 1]])));
});

test("precision is the relevant share of the first places, empty ones included", () => {
  expect(precision(["a", "x", "junk", "b"], grades, 4)).toBe(2 / 4);
  expect(precision(["a", "x", "junk", "b"], grades, 3)).toBeCloseTo(1 / 3);
  expect(precision(["a"], grades, 10)).toBe(1 / 10);
});

test("series of one call see the same draws, so that their means differ by the same in every draw", () => {
  const values = [0.1, 0.5, 0.9, 0.3];
  const [first, second] = bootstrapMeans([values, values.map((value) => value + 1)], { resamples: 300 });
  expect(second?.low).toBeCloseTo((first?.low ?? 0) + 1, 10);
  expect(second?.high).toBeCloseTo((first?.high ?? 0) + 1, 10);
});
