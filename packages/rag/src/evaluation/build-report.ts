import type { Leg } from "../resolve-options.ts";
import type { LegOutcome } from "../run-retrievers.ts";
import type { BootstrapOptions } from "./bootstrap.ts";
import { estimateSystem } from "./estimate-system.ts";
import { fuserOf } from "./fuse-runs.ts";
import { mean } from "./metrics.ts";
import type { JudgedQuestion } from "./question.ts";
import { countFailures } from "./record-runs.ts";
import type {
  EvaluationReport,
  FusionEvaluation,
  QuestionReport,
  SystemReport,
  WeightCurve,
} from "./report.ts";
import { scoreDistribution } from "./score-distribution.ts";
import { type Halves, splitHalves } from "./split-halves.ts";
import { tune } from "./tune.ts";
import {
  type Depths,
  type FusionMethod,
  methods,
  rankingsOf,
  type Values,
  valuesAt,
  valuesOf,
  type Weights,
} from "./values.ts";
import { equalWeights, shares, variedNames, withShare } from "./weights.ts";

/** What was recorded, and how it is to be read. */
export interface Recording {
  readonly runs: readonly (readonly LegOutcome[])[];
  readonly questions: readonly JudgedQuestion[];
  readonly legs: readonly Leg[];
  readonly fusion: FusionMethod;
  readonly depths: Depths;
  readonly draws: Required<Pick<BootstrapOptions, "resamples" | "seed">>;
}

type Fused = (method: FusionMethod["method"], weights: Weights) => Values;
type Report = (method: FusionMethod["method"], weights: Weights) => FusionEvaluation;

/** All figures from the recorded answers of the retrievers; asks nobody. */
export function buildReport(recording: Recording): EvaluationReport {
  const { runs, questions, legs, fusion, depths } = recording;
  const names = legs.map(({ name }) => name);
  const draws = { ...recording.draws, clusters: questions.map(({ cluster }) => cluster) };
  const halves = names.length > 1 ? splitHalves(draws.clusters, draws.seed) : undefined;
  const fused = fusedValues(recording);
  const alone = names.map((name) => ({ name, values: valuesOf(rankingsOf(runs, name), questions, depths) }));
  const best = alone.reduce((a, b) => (mean(b.values.ndcg) > mean(a.values.ndcg) ? b : a));
  const equal = equalWeights(names);
  const system = reporter({ best: best.values, rrf: fused("rrf", equal) }, draws);
  const fusionReport: Report = (method, weights) => ({ method, weights, ...system(fused(method, weights)) });
  const ownWeights = Object.fromEntries(legs.map(({ name, weight }) => [name, weight]));
  return {
    ...depths,
    seed: draws.seed,
    questions: questions.length,
    units: new Set(draws.clusters).size,
    retrievers: alone.map(({ name, values }) => ({
      name,
      ...system(values),
      failures: countFailures(runs, name),
      distribution: scoreDistribution(runs, questions, name),
    })),
    bestRetriever: best.name,
    configured: fusionReport(fusion.method, ownWeights),
    fusions: methods.map((method) => fusionReport(method, equal)),
    curves: names.length > 1 ? weightCurves(names, fusionReport, halves, fused) : [],
    ...(halves && { tuned: tune({ names, fused, best: best.values, halves, draws }) }),
    perQuestion: questionReports(questions, alone, {
      best: best.values,
      configured: fused(fusion.method, ownWeights),
    }),
  };
}

/** Values of any fusion of what was recorded, each worked out once. */
function fusedValues({ runs, questions, fusion, depths }: Recording): Fused {
  const fuse = fuserOf(runs);
  const known = new Map<string, Values>();
  return (method, weights) => {
    const key = JSON.stringify([method, weights]);
    const values = known.get(key) ?? valuesOf(fuse(weights, { method, k: fusion.k }), questions, depths);
    known.set(key, values);
    return values;
  };
}

function reporter(
  others: { readonly best: Values; readonly rrf: Values },
  draws: Required<BootstrapOptions>,
) {
  return (values: Values): SystemReport => {
    const { scores, versus } = estimateSystem(values, others, draws);
    return {
      scores,
      ...(values !== others.best && { versusBest: versus.best }),
      ...(values !== others.rrf && { versusRrf: versus.rrf }),
    };
  };
}

function weightCurves(
  names: readonly string[],
  report: Report,
  halves: Halves | undefined,
  fused: Fused,
): WeightCurve[] {
  const ndcgOf = (values: Values, places: readonly number[]) => mean(valuesAt(values, places).ndcg);
  return methods.flatMap((method) =>
    variedNames(names).map((retriever) => ({
      retriever,
      method,
      points: shares.map((share) => {
        const weights = withShare(equalWeights(names), retriever, share);
        const values = fused(method, weights);
        return {
          share,
          ...report(method, weights),
          ...(halves && {
            halves: { tuning: ndcgOf(values, halves.tuning), test: ndcgOf(values, halves.test) },
          }),
        };
      }),
    })),
  );
}

function questionReports(
  questions: readonly JudgedQuestion[],
  alone: readonly { readonly name: string; readonly values: Values }[],
  { best, configured }: { readonly best: Values; readonly configured: Values },
): QuestionReport[] {
  const at = ({ ndcg }: Values, place: number) => ndcg[place] ?? 0;
  return questions
    .map(({ id, query }, place) => ({
      id,
      query,
      retrievers: Object.fromEntries(alone.map(({ name, values }) => [name, at(values, place)])),
      configured: at(configured, place),
      difference: at(configured, place) - at(best, place),
    }))
    .sort((a, b) => a.difference - b.difference || (a.id < b.id ? -1 : 1));
}
