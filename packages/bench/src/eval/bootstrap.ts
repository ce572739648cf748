import { percentile } from "../measure.ts";
import { seededRandom } from "../random.ts";
import type { JudgedQuery } from "./corpus.ts";
import { mean } from "./metrics.ts";

export interface Interval {
  /** Mean of ours minus theirs. */
  difference: number;
  /** Bounds of the 95 % interval. */
  low: number;
  high: number;
  /** What was drawn: queries, or clusters of them. */
  units: number;
}

export interface BootstrapOptions {
  /** Default 10,000. */
  resamples?: number;
  /** Default 1. */
  seed?: number;
  /** One label per value: values with the same one are drawn together. Default: each on its own. */
  clusters?: readonly string[];
}

/**
 * The 95 % interval of the mean difference between two engines' values of the same queries: percentiles of the means
 * of as many queries as there are, drawn with replacement.
 * @see Efron, Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13
 */
export function pairedBootstrap(
  ours: readonly number[],
  theirs: readonly number[],
  { resamples = 10_000, seed = 1, clusters }: BootstrapOptions = {},
): Interval {
  if (ours.length !== theirs.length) throw new RangeError("pairedBootstrap: two lists of unequal length");
  const differences = ours.map((value, index) => value - (theirs[index] ?? Number.NaN));
  const groups = groupSums(differences, clusters);
  const random = seededRandom(seed);
  const means = Array.from({ length: resamples }, () => {
    let sum = 0;
    let count = 0;
    for (let draw = 0; draw < groups.length; draw++) {
      const group = groups[Math.floor(random() * groups.length)];
      sum += group?.sum ?? 0;
      count += group?.count ?? 0;
    }
    return sum / count;
  });
  return {
    difference: mean(differences),
    low: percentile(means, 0.025),
    high: percentile(means, 0.975),
    units: groups.length,
  };
}

function groupSums(
  values: readonly number[],
  labels: readonly string[] | undefined,
): { sum: number; count: number }[] {
  const groups = new Map<string, { sum: number; count: number }>();
  values.forEach((value, index) => {
    const label = labels?.[index] ?? `#${index}`;
    const { sum, count } = groups.get(label) ?? { sum: 0, count: 0 };
    groups.set(label, { sum: sum + value, count: count + 1 });
  });
  return [...groups.values()];
}

/** Equal for queries with the same relevant documents: paraphrases of one question are not independent. */
export const clusterOf = ({ grades }: JudgedQuery): string =>
  JSON.stringify([...grades].flatMap(([id, grade]) => (grade > 0 ? [id] : [])).sort());
