/** How relevant each judged document is; not listed, or not above 0: not relevant. */
export type Grades = ReadonlyMap<string, number>;

const gradeOf = (grades: Grades, id: string): number => Math.max(0, grades.get(id) ?? 0);
const relevantCount = (grades: Grades): number => [...grades.values()].filter((grade) => grade > 0).length;

/**
 * Normalised discounted cumulative gain of a ranking: Σ grade / log2(rank + 1) of its first `depth` documents, rank
 * from 1, divided by the same sum of the best possible ranking. 0..1; 0 where nothing is relevant.
 * @see Järvelin, Kekäläinen, TOIS 2002; linear gain, as trec_eval's `ndcg_cut`
 */
export function ndcg(ranking: readonly string[], grades: Grades, depth: number): number {
  const gain = (values: readonly number[]) =>
    values.slice(0, depth).reduce((sum, grade, index) => sum + grade / Math.log2(index + 2), 0);
  const ideal = gain([...grades.values()].map((grade) => Math.max(0, grade)).sort((a, b) => b - a));
  return ideal === 0 ? 0 : gain(ranking.map((id) => gradeOf(grades, id))) / ideal;
}

/** Share of the relevant documents that are among the first `depth`. 0..1. */
export function recall(ranking: readonly string[], grades: Grades, depth: number): number {
  const relevant = relevantCount(grades);
  const found = new Set(ranking.slice(0, depth).filter((id) => gradeOf(grades, id) > 0));
  return relevant === 0 ? 0 : found.size / relevant;
}

/** 1 / rank of the first relevant document, rank from 1; 0 where none is among the first `depth`. */
export function reciprocalRank(ranking: readonly string[], grades: Grades, depth: number): number {
  const index = ranking.slice(0, depth).findIndex((id) => gradeOf(grades, id) > 0);
  return index === -1 ? 0 : 1 / (index + 1);
}

/** Share of relevant documents among the first `depth`; places that the ranking leaves empty count as not relevant. 0..1. */
export function precision(ranking: readonly string[], grades: Grades, depth: number): number {
  return ranking.slice(0, depth).filter((id) => gradeOf(grades, id) > 0).length / depth;
}

/** NaN of none. */
export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
