import {
  type BootstrapOptions,
  bootstrapMeans,
  differences,
  type Estimate,
  type Interval,
} from "./bootstrap.ts";
import { type MetricName, metricNames, type Values } from "./values.ts";

/** Each metric's mean with its interval. */
export type Scores = Readonly<Record<MetricName, Estimate>>;

/**
 * Figures of one system over its questions, and by how much its nDCG differs from others' on the same questions.
 * @param others values of the same questions, by name
 */
export function estimateSystem<Other extends string>(
  values: Values,
  others: Readonly<Record<Other, Values>>,
  options: Required<BootstrapOptions>,
): { scores: Scores; versus: Readonly<Record<Other, Interval>> } {
  const names = Object.keys(others) as Other[];
  const series = [
    ...metricNames.map((name) => values[name]),
    ...names.map((name) => differences(values.ndcg, others[name].ndcg)),
  ];
  const estimates = bootstrapMeans(series, options);
  const units = new Set(options.clusters).size;
  const nothing = { mean: Number.NaN, low: Number.NaN, high: Number.NaN };
  const versus = names.map((name, place): [Other, Interval] => {
    const { mean: difference, low, high } = estimates[metricNames.length + place] ?? nothing;
    return [name, { difference, low, high, units }];
  });
  return {
    scores: Object.fromEntries(
      metricNames.map((name, place) => [name, estimates[place] ?? nothing]),
    ) as Scores,
    versus: Object.fromEntries(versus) as Record<Other, Interval>,
  };
}
