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
  readonly halves: Halves;
  readonly draws: Required<BootstrapOptions>;
}

/** Chooses method and weights by nDCG on one half of the questions, and measures them on the other. */
export function tune({ names, fused, halves, draws }: TuneOptions): TuningReport {
  const choices = methods.map((method) => ({
    method,
    ...chooseWeights(names, (weights) => mean(valuesAt(fused(method, weights), halves.tuning).ndcg)),
  }));
  const best = choices.reduce((a, b) => (b.value > a.value ? b : a));
  const clusters = halves.test.map((place) => draws.clusters[place] ?? "");
  const onTest = (values: Values) => valuesAt(values, halves.test);
  const rrf = onTest(fused("rrf", equalWeights(names)));
  const chosen = estimateSystem(onTest(fused(best.method, best.weights)), { rrf }, { ...draws, clusters });
  return {
    method: best.method,
    weights: best.weights,
    tuning: { questions: halves.tuning.length, ndcg: best.value },
    test: {
      questions: halves.test.length,
      chosen: chosen.scores,
      rrf: estimateSystem(rrf, {}, { ...draws, clusters }).scores,
      difference: chosen.versus.rrf,
    },
  };
}
