import { mean } from "./metrics.ts";
import { seededRandom } from "./seeded-random.ts";

/** A mean with the bounds of its 95 % interval. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** A mean difference with the bounds of its 95 % interval. */
export interface Interval {
  /** Mean of ours minus theirs. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** What was drawn: questions, or clusters of them. */
  readonly units: number;
}

/** How questions are drawn. */
export interface BootstrapOptions {
  /** How often as many questions as there are are drawn, with replacement. Default 10,000. */
  readonly resamples?: number;
  /** The same seed draws the same. Default 1. */
  readonly seed?: number;
  /** One label per value: values with the same one are drawn together. Default: each on its own. */
  readonly clusters?: readonly string[];
}

/**
 * Means with their 95 % intervals: percentiles of the means of as many questions as there are, drawn with replacement.
 * All series see the same draws.
 * @param series one list per figure, each with one value per question
 * @see Efron, Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13
 */
export function bootstrapMeans(
  series: readonly (readonly number[])[],
  { resamples = 10_000, seed = 1, clusters }: BootstrapOptions = {},
): Estimate[] {
  const length = series[0]?.length ?? 0;
  const groups = groupsOf(length, clusters);
  const counts = sumsOf(new Array<number>(length).fill(1), groups);
  const sums = series.map((values) => sumsOf(values, groups));
  const means = series.map(() => new Float64Array(resamples));
  const random = seededRandom(seed);
  const draws = new Uint32Array(counts.length);
  for (let resample = 0; resample < resamples; resample++) {
    draws.fill(0);
    for (let draw = 0; draw < draws.length; draw++) {
      const group = Math.floor(random() * draws.length);
      draws[group] = (draws[group] ?? 0) + 1;
    }
    const drawn = weightedSum(counts, draws);
    means.forEach((list, index) => {
      list[resample] = weightedSum(sums[index] ?? counts, draws) / drawn;
    });
  }
  return series.map((values, index) => {
    const sorted = (means[index] ?? new Float64Array()).sort();
    return { mean: mean(values), low: percentileOf(sorted, 0.025), high: percentileOf(sorted, 0.975) };
  });
}

/** The 95 % interval of the mean difference between two systems' values of the same questions. */
export function pairedBootstrap(
  ours: readonly number[],
  theirs: readonly number[],
  options: BootstrapOptions = {},
): Interval {
  if (ours.length !== theirs.length) throw new RangeError("pairedBootstrap: two lists of unequal length");
  const [estimate] = bootstrapMeans([differences(ours, theirs)], options);
  const { mean: difference, low, high } = estimate ?? { mean: Number.NaN, low: Number.NaN, high: Number.NaN };
  const units = options.clusters === undefined ? ours.length : new Set(options.clusters).size;
  return { difference, low, high, units };
}

/** Ours minus theirs, question by question. */
export const differences = (ours: readonly number[], theirs: readonly number[]): number[] =>
  ours.map((value, index) => value - (theirs[index] ?? Number.NaN));

/** The number of each value's group, from 0. */
function groupsOf(length: number, labels: readonly string[] | undefined): number[] {
  const numbers = new Map<string, number>();
  return Array.from({ length }, (_, index) => {
    const label = labels?.[index] ?? `#${index}`;
    const known = numbers.get(label) ?? numbers.size;
    numbers.set(label, known);
    return known;
  });
}

function sumsOf(values: readonly number[], groups: readonly number[]): Float64Array {
  const sums = new Float64Array(groups.reduce((most, group) => Math.max(most, group + 1), 0));
  groups.forEach((group, index) => {
    sums[group] = (sums[group] ?? 0) + (values[index] ?? Number.NaN);
  });
  return sums;
}

function weightedSum(values: Float64Array, weights: Uint32Array): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += (values[index] ?? 0) * (weights[index] ?? 0);
  return sum;
}

/** The value below which `share` of the sorted values lie, interpolated between neighbours; NaN of none. */
export function percentileOf(sorted: ArrayLike<number>, share: number): number {
  const position = (sorted.length - 1) * share;
  const lower = sorted[Math.floor(position)] ?? Number.NaN;
  const upper = sorted[Math.ceil(position)] ?? Number.NaN;
  return lower + (upper - lower) * (position - Math.floor(position));
}
