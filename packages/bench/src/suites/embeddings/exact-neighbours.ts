import { dimensions } from "./vectors.ts";

/**
 * The nearest by cosine among unit vectors, by comparing with each in double precision.
 * @returns for each query, the indexes of the `limit` nearest
 */
export function exactNeighbours(
  stored: Iterable<{ index: number; vector: readonly number[] }>,
  queries: readonly (readonly number[])[],
  limit = 10,
): Set<number>[] {
  const nearest = queries.map(() => [] as { index: number; similarity: number }[]);
  for (const { index, vector } of stored) {
    for (const [at, query] of queries.entries()) {
      const similarity = dot(query, vector);
      const best = nearest[at] ?? [];
      if (best.length === limit && similarity <= (best.at(-1)?.similarity ?? -2)) continue;
      const place = best.findIndex((other) => other.similarity < similarity);
      best.splice(place < 0 ? best.length : place, 0, { index, similarity });
      best.length = Math.min(best.length, limit);
    }
  }
  return nearest.map((best) => new Set(best.map(({ index }) => index)));
}

function dot(left: readonly number[], right: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < dimensions; at++) sum += (left[at] as number) * (right[at] as number);
  return sum;
}

/** Share of the true neighbours that were found, over all queries. */
export function recallOf(
  truth: readonly ReadonlySet<number>[],
  found: readonly (readonly number[])[],
): number {
  const hits = truth.map((nearest, at) => (found[at] ?? []).filter((index) => nearest.has(index)).length);
  const wanted = truth.reduce((sum, nearest) => sum + nearest.size, 0);
  return hits.reduce((sum, count) => sum + count, 0) / wanted;
}
