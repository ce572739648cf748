import fc from "fast-check";
import { expect, test } from "vitest";
import { type Ranking, reciprocalRankFusion, relativeScoreFusion } from "../../src/fusion.ts";

const ranking = (name: string, ids: string, weight = 1): Ranking => ({
  name,
  weight,
  hits: [...ids].map((id, index) => ({ id, score: 10 - index })),
});

test("reciprocal ranks: one over 60 plus the rank, summed over the lists that hold the id", () => {
  const fused = reciprocalRankFusion([ranking("keyword", "abc"), ranking("semantic", "cd")]);
  // c: 1/63 + 1/61, a: 1/61, b and d: 1/62 each, so b comes first by id.
  expect(fused.map((hit) => hit.id)).toEqual(["c", "a", "b", "d"]);
  expect(fused[0]?.score).toBeCloseTo(1 / 63 + 1 / 61, 12);
  expect(fused[0]?.legs).toEqual({
    keyword: { rank: 3, score: 8, contribution: 1 / 63 },
    semantic: { rank: 1, score: 10, contribution: 1 / 61 },
  });
  expect(Object.keys(fused[1]?.legs ?? {})).toEqual(["keyword"]);
});

test("relative scores: each list scaled to 0 to 1, then weighted", () => {
  const fused = relativeScoreFusion([
    {
      name: "keyword",
      weight: 2,
      hits: [
        { id: "a", score: 9 },
        { id: "b", score: 6 },
        { id: "c", score: 5 },
      ],
    },
    {
      name: "semantic",
      weight: 1,
      hits: [
        { id: "b", score: 0.9 },
        { id: "a", score: 0.5 },
      ],
    },
  ]);
  // a: 2 · 1 + 0; b: 2 · (6 - 5) / 4 + 1 · 1 = 1.5; c: 0
  expect(fused.map(({ id, score }) => [id, score])).toEqual([
    ["a", 2],
    ["b", 1.5],
    ["c", 0],
  ]);
});

test("equal scores count 1 and a score that is no number counts 0, never NaN", () => {
  const hits = [
    { id: "a", score: 3 },
    { id: "b", score: 3 },
  ];
  expect(relativeScoreFusion([{ name: "x", weight: 1, hits }]).map((hit) => hit.score)).toEqual([1, 1]);
  const odd = relativeScoreFusion([
    { name: "x", weight: 1, hits: [...hits, { id: "c", score: Number.NaN }, { id: "d", score: Infinity }] },
  ]);
  expect(odd.map((hit) => hit.score)).toEqual([1, 1, 0, 0]);
});

const rankings = fc
  .array(
    fc.record({
      weight: fc.double({ min: 0.01, max: 10, noNaN: true }),
      hits: fc.array(
        fc.record({
          id: fc.constantFrom(..."abcdefghijklmnop"),
          score: fc.double({ min: -100, max: 100, noNaN: true }),
        }),
        { maxLength: 20 },
      ),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((legs) => legs.map((leg, index): Ranking => ({ name: `leg${index}`, ...leg })));

/** First places only, written without the code under test: an id's second place is struck out. */
const withoutRepeats = ({ hits }: Ranking) =>
  hits.filter((hit, index) => hits.findIndex((other) => other.id === hit.id) === index);

test("fused scores equal an independent computation to 1e-9, in a total order, whatever the order of lists", () => {
  fc.assert(
    fc.property(rankings, fc.integer({ min: 1, max: 100 }), (legs, k) => {
      const ids = [...new Set(legs.flatMap((leg) => leg.hits.map((hit) => hit.id)))];
      const rrf = new Map(ids.map((id) => [id, 0]));
      const relative = new Map(ids.map((id) => [id, 0]));
      for (const leg of legs) {
        const all = leg.hits.map((hit) => hit.score).toSorted((a, b) => a - b);
        const [min = 0, max = 0] = [all[0], all.at(-1)];
        for (const [index, { id, score }] of withoutRepeats(leg).entries()) {
          rrf.set(id, (rrf.get(id) ?? 0) + leg.weight / (k + index + 1));
          const scaled = min === max ? 1 : (score - min) / (max - min);
          relative.set(id, (relative.get(id) ?? 0) + leg.weight * scaled);
        }
      }
      for (const [fused, expected] of [
        [reciprocalRankFusion(legs, k), rrf],
        [relativeScoreFusion(legs), relative],
      ] as const) {
        expect(fused.map((hit) => hit.id).toSorted()).toEqual(ids.toSorted());
        for (const hit of fused)
          expect(Math.abs(hit.score - (expected.get(hit.id) ?? NaN))).toBeLessThan(1e-9);
        for (const [index, hit] of fused.entries()) {
          const next = fused[index + 1];
          if (next)
            expect(hit.score > next.score || (hit.score === next.score && hit.id < next.id)).toBe(true);
        }
      }
    }),
    { numRuns: 1000 },
  );
});
