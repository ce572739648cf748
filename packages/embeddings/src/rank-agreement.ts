/** Share of one list's items that the other has too, 0 to 1; of the longer where they differ in length. */
export function overlapOf(a: readonly string[], b: readonly string[]): number {
  const length = Math.max(a.length, b.length);
  if (length === 0) return 1;
  const others = new Set(b);
  return a.filter((id) => others.has(id)).length / length;
}

/**
 * Average overlap: the mean of the overlaps of the first 1, 2, … n of both lists, so that the first ranks count most.
 * 1 for equal lists, 0 for lists that share nothing.
 * @see Fagin, Kumar, Sivakumar: Comparing top k lists, 2003
 */
export function averageOverlapOf(a: readonly string[], b: readonly string[]): number {
  const depth = Math.max(a.length, b.length);
  if (depth === 0) return 1;
  let sum = 0;
  for (let at = 1; at <= depth; at++) sum += overlapOf(a.slice(0, at), b.slice(0, at));
  return sum / depth;
}

export const meanOf = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
