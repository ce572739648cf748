import { expect, test } from "vitest";
import { clustersOf } from "../../src/clusters.ts";

const ids = (pairs: Parameters<typeof clustersOf>[0]) =>
  clustersOf(pairs).map((cluster) => cluster.map(({ entityId }) => entityId));

test("chains make one cluster, whatever the order of the pairs", () => {
  const pairs = [
    { a: "1", b: "2", similarity: 0.97 },
    { a: "3", b: "4", similarity: 0.96 },
    { a: "2", b: "3", similarity: 0.98 },
    { a: "8", b: "9", similarity: 0.99 },
  ];
  expect(ids(pairs)).toEqual([
    ["8", "9"],
    ["2", "3", "1", "4"],
  ]);
  expect(ids([...pairs].reverse())).toEqual(ids(pairs));
});

test("each entity has the similarity of its nearest other", () => {
  const pairs = [
    { a: "1", b: "2", similarity: 0.96 },
    { a: "1", b: "3", similarity: 1 },
    { a: "3", b: "1", similarity: 0.5 },
  ];
  expect(clustersOf(pairs)).toEqual([
    [
      { entityId: "1", similarity: 1 },
      { entityId: "3", similarity: 1 },
      { entityId: "2", similarity: 0.96 },
    ],
  ]);
});

test("no pairs are no clusters, and a long chain costs no stack", () => {
  expect(clustersOf([])).toEqual([]);
  const chain = Array.from({ length: 50_000 }, (_, n) => ({ a: `${n}`, b: `${n + 1}`, similarity: 1 }));
  expect(clustersOf(chain)).toHaveLength(1);
  expect(clustersOf(chain.reverse())[0]).toHaveLength(50_001);
});
