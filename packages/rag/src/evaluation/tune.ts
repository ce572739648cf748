import type { BootstrapOptions } from "./bootstrap.ts";
import { estimateSystem } from "./estimate-system.ts";
import { mean } from "./metrics.ts";
import type { TuningReport } from "./report.ts";
import type { Halves } from "./split-halves.ts";
import { type FusionMethod, methods, type Values, valuesAt, type Weights } from "./values.ts";
import { chooseWeights, equalWeights } from "./weights.ts";

interface TuneOptions {
  readonly names: readonly string[];
  /** Values of a fusion on all questions. */
  readonly fused: (method: FusionMethod["method"], weights: Weights) => Values;
  /** Values of the best single retriever on all questions. */
  readonly best: Values;
  readonly halves: Halves;
  readonly draws: Required<BootstrapOptions>;
}

/** Chooses method and weights by nDCG on one half of the questions, and measures them on the other. */
export function tune({ names, fused, best, halves, draws }: TuneOptions): TuningReport {
  const choices = methods.map((method) => ({
    method,
    ...chooseWeights(names, (weights) => mean(valuesAt(fused(method, weights), halves.tuning).ndcg)),
  }));
  const choice = choices.reduce((a, b) => (b.value > a.value ? b : a));
  const options = { ...draws, clusters: halves.test.map((place) => draws.clusters[place] ?? "") };
  const onTest = (values: Values) => valuesAt(values, halves.test);
  const others = { rrf: onTest(fused("rrf", equalWeights(names))), best: onTest(best) };
  const chosen = estimateSystem(onTest(fused(choice.method, choice.weights)), others, options);
  return {
    method: choice.method,
    weights: choice.weights,
    tuning: { questions: halves.tuning.length, ndcg: choice.value },
    test: {
      questions: halves.test.length,
      chosen: chosen.scores,
      rrf: estimateSystem(others.rrf, {}, options).scores,
      best: estimateSystem(others.best, {}, options).scores,
      versusRrf: chosen.versus.rrf,
      versusBest: chosen.versus.best,
    },
  };
}
