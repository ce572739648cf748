/**
 * Deals `count` children out to parents in proportion to their weights, each parent at least `minimum`
 * (as far as the children go round).
 * @returns the parent of each child, ascending
 */
export function allocate(count: number, weights: Float64Array, minimum = 0): Uint32Array {
  const parents = new Uint32Array(count);
  const spare = Math.max(0, count - minimum * weights.length);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let next = 0;
  let sum = 0;
  let dealt = 0;
  for (let parent = 0; parent < weights.length; parent++) {
    sum += weights[parent] as number;
    const due = parent === weights.length - 1 ? spare : Math.round((sum / total) * spare);
    for (let n = due - dealt + minimum; n > 0 && next < count; n--) parents[next++] = parent;
    dealt = due;
  }
  return parents;
}
