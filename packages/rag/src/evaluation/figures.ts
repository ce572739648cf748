import type { Estimate, Interval } from "./bootstrap.ts";
import type { FailureCounts } from "./record-runs.ts";
import type { EvaluationReport, FusionEvaluation, SystemReport } from "./report.ts";
import type { Weights } from "./values.ts";

/** `0.712`. */
export const figure = (value: number): string => value.toFixed(3);

/** `0.712 (0.650 to 0.771)`. */
export const estimate = ({ mean, low, high }: Estimate): string =>
  `${figure(mean)} (${figure(low)} to ${figure(high)})`;

/** `+0.012`, with a real minus. */
export const signed = (value: number): string => `${value < 0 ? "−" : "+"}${figure(Math.abs(value))}`;

/** `+0.012 (−0.006 to +0.029)`. */
export const interval = ({ difference, low, high }: Interval): string =>
  `${signed(difference)} (${signed(low)} to ${signed(high)})`;

/** Whether the whole interval lies on one side of 0. */
export const isClear = ({ low, high }: Interval): boolean => low > 0 || high < 0;

/** `keyword 0.3, semantic 0.7`. */
export const weightsText = (weights: Weights): string =>
  Object.entries(weights)
    .map(([name, weight]) => `${name} ${Number(weight.toFixed(3))}`)
    .join(", ");

/** A system with the words that a reader knows it by. */
export interface NamedSystem extends SystemReport {
  readonly label: string;
  /** More about it. */
  readonly detail?: string;
  readonly kind: "retriever" | "fusion" | "configured";
}

/** Retrievers, the fusions with equal weights, and the configured one: the rows of every table. */
export function namedSystems({ retrievers, fusions, configured }: EvaluationReport): NamedSystem[] {
  return [
    ...retrievers.map((system) => ({ ...system, label: system.name, kind: "retriever" as const })),
    // Of a single retriever they say nothing new.
    ...(retrievers.length === 1 ? [] : fusions).map((system) => ({
      ...system,
      label: system.method,
      detail: "equal weights",
      kind: "fusion" as const,
    })),
    { ...configured, label: "configured", detail: fusionText(configured), kind: "configured" as const },
  ];
}

/** `rrf, keyword 1, semantic 1`. */
export const fusionText = ({ method, weights }: Pick<FusionEvaluation, "method" | "weights">): string =>
  `${method}, ${weightsText(weights)}`;

/** Each retriever that failed, was late or was incomplete, as a sentence. */
export const failureLines = ({ retrievers, questions }: EvaluationReport): string[] =>
  retrievers.flatMap(({ name, failures }) => failureTexts(name, failures, questions));

/** What one retriever failed at, as a sentence; none when it answered everything. */
export function failureTexts(
  name: string,
  { failed, timedOut, incomplete, errorCodes }: FailureCounts,
  questions: number,
): string[] {
  const facts = [
    failed > 0 && `failed on ${failed}`,
    timedOut > 0 && `was late on ${timedOut}`,
    incomplete > 0 && `may have missed better passages on ${incomplete}`,
  ].filter((fact) => fact !== false);
  if (facts.length === 0) return [];
  const codes = Object.entries(errorCodes).map(([code, count]) => `${code} ${count} ×`);
  return [
    `${name} ${facts.join(", ")} of ${questions} questions${codes.length > 0 ? ` (${codes.join(", ")})` : ""}.`,
  ];
}

/** What tuning is worth, as sentences. */
export function tunedText({ tuned, bestRetriever }: EvaluationReport): string | undefined {
  if (tuned === undefined) return undefined;
  const { chosen, rrf, best, versusRrf, versusBest, questions } = tuned.test;
  return [
    `Chosen on ${tuned.tuning.questions} questions: ${fusionText(tuned)}, with nDCG ${figure(tuned.tuning.ndcg)} there.`,
    `On the other ${questions}, which it was not chosen on: ${estimate(chosen.ndcg)}.`,
    `There rrf with equal weights has ${figure(rrf.ndcg.mean)}, difference ${interval(versusRrf)}: tuned is ${verdict(versusRrf)};`,
    `${bestRetriever} alone has ${figure(best.ndcg.mean)}, difference ${interval(versusBest)}: tuned is ${verdict(versusBest)}.`,
  ].join(" ");
}

function verdict(value: Interval): string {
  if (!isClear(value)) return "neither better nor worse for certain";
  return value.low > 0 ? "better" : "worse";
}
