import type { Pair } from "./queries/near-pairs.ts";

/** Entities that belong together, each with the similarity of its nearest other. */
export type Cluster = readonly { readonly entityId: string; readonly similarity: number }[];

/**
 * Connected groups of pairs, by union-find: two entities are of one cluster when a chain of pairs leads from one to the
 * other, however unlike its ends are.
 * @returns clusters by their highest similarity, descending, then by first id; entities likewise
 *
 * @example
 * clustersOf([{ a: "1", b: "2", similarity: 1 }, { a: "2", b: "3", similarity: 0.96 }]);
 * // [[{ entityId: "1", similarity: 1 }, { entityId: "2", similarity: 1 }, { entityId: "3", similarity: 0.96 }]]
 */
export function clustersOf(pairs: readonly Pair[]): Cluster[] {
  const parents = new Map<string, string>();
  const rootOf = (id: string): string => {
    let root = id;
    for (
      let parent = parents.get(root);
      parent !== undefined && parent !== root;
      parent = parents.get(root)
    ) {
      root = parent;
    }
    // Everything on the way points to the root, so that the next look-up is short.
    for (let at = id; at !== root; ) {
      const next = parents.get(at) ?? root;
      parents.set(at, root);
      at = next;
    }
    return root;
  };
  const nearest = new Map<string, number>();
  for (const { a, b, similarity } of pairs) {
    parents.set(rootOf(a), rootOf(b));
    for (const id of [a, b]) nearest.set(id, Math.max(similarity, nearest.get(id) ?? -1));
  }
  const clusters = new Map<string, { entityId: string; similarity: number }[]>();
  for (const [entityId, similarity] of nearest) {
    const root = rootOf(entityId);
    const cluster = clusters.get(root) ?? [];
    cluster.push({ entityId, similarity });
    clusters.set(root, cluster);
  }
  return [...clusters.values()]
    .map((cluster) => cluster.sort(bySimilarity))
    .sort(([first], [second]) => (first && second ? bySimilarity(first, second) : 0));
}

const bySimilarity = (a: Cluster[number], b: Cluster[number]): number =>
  b.similarity - a.similarity || (a.entityId < b.entityId ? -1 : 1);
