import type { LegOutcome } from "../run-retrievers.ts";
import { judgedRanking, type RankedItem } from "./judged-ranking.ts";
import { ndcg, precision, recall, reciprocalRank } from "./metrics.ts";
import type { JudgedQuestion } from "./question.ts";

/** How rankings are fused, with all settings. */
export interface FusionMethod {
  readonly method: "rrf" | "relative-score";
  readonly k: number;
}

export const methods = ["rrf", "relative-score"] as const;

/** By retriever. A weight of 0 leaves it out. */
export type Weights = Readonly<Record<string, number>>;

export const metricNames = ["ndcg", "recall", "mrr", "precision"] as const;
export type MetricName = (typeof metricNames)[number];

/** Each metric's value of each question, in the order of the questions. */
export type Values = Readonly<Record<MetricName, readonly number[]>>;

/** The values of some of the questions. */
export function valuesAt(values: Values, places: readonly number[]): Values {
  const pick = (list: readonly number[]) => places.map((place) => list[place] ?? Number.NaN);
  const { ndcg, recall, mrr, precision } = values;
  return { ndcg: pick(ndcg), recall: pick(recall), mrr: pick(mrr), precision: pick(precision) };
}

/** How deep each metric looks. */
export interface Depths {
  /** For nDCG, reciprocal rank and precision. */
  readonly k: number;
  /** For recall. */
  readonly candidates: number;
}

/** The values of one ranking per question. */
export function valuesOf(
  rankings: readonly (readonly RankedItem[])[],
  questions: readonly JudgedQuestion[],
  { k, candidates }: Depths,
): Values {
  const judged = questions.map(({ grades }, place) => ({
    grades,
    ids: judgedRanking(rankings[place] ?? [], grades),
  }));
  return {
    ndcg: judged.map(({ ids, grades }) => ndcg(ids, grades, k)),
    recall: judged.map(({ ids, grades }) => recall(ids, grades, candidates)),
    mrr: judged.map(({ ids, grades }) => reciprocalRank(ids, grades, k)),
    precision: judged.map(({ ids, grades }) => precision(ids, grades, k)),
  };
}

/** One retriever's own ranking of each question. */
export const rankingsOf = (runs: readonly (readonly LegOutcome[])[], name: string): RankedItem[][] =>
  runs.map((outcomes) =>
    outcomes
      .filter(({ leg }) => leg.name === name)
      .flatMap(({ passages }) => passages.map((passage) => ({ passage, passageIds: [passage.id] }))),
  );
