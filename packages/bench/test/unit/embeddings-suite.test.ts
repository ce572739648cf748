import { chunkText } from "@devora/embeddings";
import { expect, test } from "vitest";
import {
  chunksFrom,
  knowingEmbedder,
  queryOf,
  textOf,
  vectorOf,
} from "../../src/suites/embeddings/chunks.ts";
import { exactNeighbours, recallOf } from "../../src/suites/embeddings/exact-neighbours.ts";
import { ownerOf } from "../../src/suites/embeddings/owners.ts";
import { clusteredVectors, dimensions } from "../../src/suites/embeddings/vectors.ts";

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

test("vectors are of length 1, the same each time, and those of queries are none of those stored", () => {
  const [vectors, again] = [clusteredVectors(), clusteredVectors()];
  const vector = vectors.stored(3);
  expect(vector).toHaveLength(dimensions);
  expect(dot(vector, vector)).toBeCloseTo(1, 12);
  expect(again.stored(3)).toEqual(vector);
  expect(vectors.query(3)).not.toEqual(vector);
  expect(vectors.stored(4)).not.toEqual(vector);
});

test("vectors lie in 200 clusters: of one cosines are about .69, of two about 0", () => {
  const vectors = clusteredVectors();
  const stored = Array.from({ length: 400 }, (_, index) => vectors.stored(index));
  const cosines = stored.flatMap((a, at) => stored.slice(at + 1).map((b) => dot(a, b)));
  const near = cosines.filter((cosine) => cosine > 0.4);
  // 79,800 pairs, of which one in 200 is of one cluster.
  expect(near.length).toBeGreaterThan(300);
  expect(near.length).toBeLessThan(500);
  for (const cosine of near) expect(Math.abs(cosine - 0.69)).toBeLessThan(0.08);
  for (const cosine of cosines) if (cosine <= 0.4) expect(Math.abs(cosine)).toBeLessThan(0.15);
});

test("exact neighbours are the nearest, and recall is the share of them that was found", () => {
  const e = (at: number, other: number) =>
    Array.from({ length: dimensions }, (_, n) =>
      n === 0 ? Math.cos(at + other) : n === 1 ? Math.sin(at + other) : 0,
    );
  const stored = [0.3, 0.1, 0.2, 0.9, -0.15].map((angle, index) => ({ index, vector: e(angle, 0) }));
  const truth = exactNeighbours(stored, [e(0, 0), e(0.9, 0)], 2);
  expect(truth).toEqual([new Set([1, 4]), new Set([3, 0])]);
  expect(recallOf(truth, [[4, 1], [3]])).toBe(0.75);
  expect(
    recallOf(truth, [
      [4, 2],
      [0, 3],
    ]),
  ).toBe(0.75);
});

test("a text is one passage, and the embedder knows its vector and that of a query", async () => {
  const [chunk] = chunksFrom(7, 1);
  expect(chunk?.text).toBe(textOf(7));
  expect(chunkText(textOf(19_999))).toHaveLength(1);
  const embedder = knowingEmbedder(chunk ? [chunk] : []);
  const { embeddings } = await embedder.embed([textOf(7), textOf(8), queryOf(7)]);
  expect(embeddings).toEqual([chunk?.vector, vectorOf(textOf(8)), clusteredVectors().query(7)]);
  expect(embedder.texts).toBe(3);
});

test("one user owns .1 % of the rows, one 2 %, one half, and a thousand the rest", () => {
  const owned = new Map<string, number>();
  for (let index = 0; index < 10_000; index++)
    owned.set(ownerOf(index), (owned.get(ownerOf(index)) ?? 0) + 1);
  expect(owned.get("owner of .1 %")).toBe(10);
  expect(owned.get("owner of 2 %")).toBe(200);
  expect(owned.get("owner of half")).toBe(5_000);
  expect(owned.size).toBeGreaterThan(400);
});
