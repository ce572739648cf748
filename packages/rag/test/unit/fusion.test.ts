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

const fusions = [
  ["reciprocal ranks", reciprocalRankFusion],
  ["relative scores", relativeScoreFusion],
] as const;

test.each(fusions)("%s: the order of the retrievers changes nothing, to the last digit", (_name, fuse) => {
  // Few weights and scores, so that passages tie and only the order of a sum could tell them apart.
  const coarse = fc.array(
    fc.record({
      weight: fc.constantFrom(0.1, 0.2, 0.3),
      hits: fc.uniqueArray(
        fc.record({ id: fc.constantFrom(..."abcdef"), score: fc.constantFrom(0.1, 0.3, 0.7, 0.9) }),
        { selector: ({ id }) => id },
      ),
    }),
    { minLength: 2, maxLength: 5 },
  );
  fc.assert(
    fc.property(coarse, (legs) => {
      const named = legs.map((leg, index): Ranking => ({ name: `leg${index}`, ...leg }));
      expect(fuse(named.toReversed())).toEqual(fuse(named));
      expect(fuse([...named.slice(1), ...named.slice(0, 1)])).toEqual(fuse(named));
    }),
    { numRuns: 500 },
  );
});

test("passages with the same ranks in another order tie exactly, and come by id", () => {
  const fused = reciprocalRankFusion([ranking("one", "bca"), ranking("two", "abc"), ranking("three", "cab")]);
  expect(fused.map((hit) => hit.id)).toEqual(["a", "b", "c"]);
  expect(new Set(fused.map((hit) => hit.score)).size).toBe(1);
});

test.each(fusions)("%s: a repeated id counts once, and every id is there once", (_name, fuse) => {
  fc.assert(
    fc.property(rankings, (legs) => {
      const once = legs.map((leg) => ({ ...leg, hits: withoutRepeats(leg) }));
      // Scores of repeats would change the scale, so they are those of the first place.
      const repeated = once.map((leg) => ({ ...leg, hits: [...leg.hits, ...leg.hits.toReversed()] }));
      expect(fuse(repeated)).toEqual(fuse(once));
      const ids = fuse(repeated).map((hit) => hit.id);
      expect(new Set(ids).size).toBe(ids.length);
    }),
    { numRuns: 300 },
  );
});
