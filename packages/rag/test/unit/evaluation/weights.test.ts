import { expect, test } from "vitest";
import { splitHalves } from "../../../src/evaluation/split-halves.ts";
import { chooseWeights, equalWeights, withShare } from "../../../src/evaluation/weights.ts";

test("one share is set, the others keep their proportions; all are 1 together", () => {
  expect(withShare({ a: 0.2, b: 0.6, c: 0.2 }, "a", 0.6)).toEqual({ a: 0.6, b: 0.3, c: 0.1 });
  expect(withShare({ a: 1, b: 0, c: 0 }, "a", 0.5)).toEqual({ a: 0.5, b: 0.25, c: 0.25 });
  expect(equalWeights(["a", "b"])).toEqual({ a: 0.5, b: 0.5 });
});

test("the best of two weights is found, wherever it lies", () => {
  for (const best of [0, 0.35, 0.5, 1]) {
    const { weights } = chooseWeights(["a", "b"], ({ a = 0 }) => 1 - Math.abs(a - best));
    expect(weights.a).toBeCloseTo(best, 10);
  }
});

test("of three, one after the other comes to a hill's top", () => {
  const { weights, value } = chooseWeights(
    ["a", "b", "c"],
    ({ a = 0, b = 0, c = 0 }) => -((a - 0.6) ** 2) - (b - 0.3) ** 2 - (c - 0.1) ** 2,
  );
  expect(value).toBeGreaterThan(-0.005);
  expect(weights.a).toBeCloseTo(0.6, 1);
});

test("among equals, the weights nearest to equal ones", () => {
  expect(chooseWeights(["a", "b"], () => 1).weights).toEqual({ a: 0.5, b: 0.5 });
  expect(chooseWeights(["a", "b"], ({ a = 0 }) => Number(a >= 0.7)).weights.a).toBeCloseTo(0.7);
});

test("halves hold each question once, paraphrases on one side, about as many each", () => {
  // 30 clusters of 1 to 5 questions.
  const clusters = Array.from({ length: 30 }, (_, n) => Array<string>((n % 5) + 1).fill(`c${n}`)).flat();
  const halves = splitHalves(clusters, 7);
  const { tuning = [], test: reported = [] } = halves ?? {};
  expect([...tuning, ...reported].sort((a, b) => a - b)).toEqual([...clusters.keys()]);
  const of = (places: readonly number[]) => new Set(places.map((place) => clusters[place]));
  expect([...of(tuning)].filter((cluster) => of(reported).has(cluster))).toEqual([]);
  expect(Math.abs(tuning.length - reported.length)).toBeLessThanOrEqual(5);
});

test("the seed decides the halves", () => {
  const clusters = Array.from({ length: 40 }, (_, n) => `c${n}`);
  expect(splitHalves(clusters, 1)).toEqual(splitHalves(clusters, 1));
  expect(splitHalves(clusters, 1)).not.toEqual(splitHalves(clusters, 2));
  expect(splitHalves(["c", "c", "c"], 1)).toBeUndefined();
});
