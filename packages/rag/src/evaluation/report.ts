import type { Interval } from "./bootstrap.ts";
import type { Scores } from "./estimate-system.ts";
import type { FailureCounts } from "./record-runs.ts";
import type { ScoreDistribution } from "./score-distribution.ts";
import type { Weights } from "./values.ts";

/** Figures of one system, each 0 to 1, with 95 % intervals; and how its nDCG differs from others' on the same questions. */
export interface SystemReport {
  /** `ndcg`, `mrr` and `precision` of the first `k` rows, `recall` of the first `candidates`. */
  readonly scores: Scores;
  /** Its nDCG minus that of the best single retriever; absent for that one itself. */
  readonly versusBest?: Interval;
  /** Its nDCG minus that of `rrf` with equal weights; absent for that itself. */
  readonly versusRrf?: Interval;
}

/** One retriever by itself. */
export interface RetrieverEvaluation extends SystemReport {
  readonly name: string;
  readonly failures: FailureCounts;
  readonly distribution: ScoreDistribution;
}

/** One way to fuse. */
export interface FusionEvaluation extends SystemReport {
  readonly method: "rrf" | "relative-score";
  readonly weights: Weights;
}

/** A way to fuse on a curve. */
export interface CurvePoint extends FusionEvaluation {
  /** The weight of the curve's retriever, 0 to 1; the others divide the rest evenly. */
  readonly share: number;
  /** Mean nDCG of each half; absent where the questions cannot be split. */
  readonly halves?: { readonly tuning: number; readonly test: number };
}

/** nDCG over the weight of one retriever. */
export interface WeightCurve {
  readonly retriever: string;
  readonly method: "rrf" | "relative-score";
  readonly points: readonly CurvePoint[];
}

/** Method and weights as chosen on one half of the questions, and what they are worth on the other. */
export interface TuningReport {
  readonly method: "rrf" | "relative-score";
  readonly weights: Weights;
  /** Questions that they were chosen on, and their mean nDCG there: too good, because it was chosen for. */
  readonly tuning: { readonly questions: number; readonly ndcg: number };
  /** On the other half: the chosen fusion; `rrf` with equal weights and the best single retriever beside. */
  readonly test: {
    readonly questions: number;
    readonly chosen: Scores;
    readonly rrf: Scores;
    readonly best: Scores;
    /** nDCG of the chosen minus that of `rrf`. */
    readonly versusRrf: Interval;
    /** nDCG of the chosen minus that of the best single retriever. */
    readonly versusBest: Interval;
  };
}

/** nDCG of one question. */
export interface QuestionReport {
  readonly id: string;
  readonly query: string;
  /** By retriever. */
  readonly retrievers: Readonly<Record<string, number>>;
  readonly configured: number;
  /** `configured` minus the best single retriever (over all questions). Below 0: fusion hurts. */
  readonly difference: number;
}

/** What {@link evaluate} answers. */
export interface EvaluationReport {
  /** Depth of nDCG, reciprocal rank and precision. */
  readonly k: number;
  /** Passages asked of each retriever; depth of recall. */
  readonly candidates: number;
  readonly seed: number;
  readonly questions: number;
  /** Distinct sets of relevant ids: what intervals are drawn from, and what halves are made of. */
  readonly units: number;
  /** In the order of the options. */
  readonly retrievers: readonly RetrieverEvaluation[];
  /** The retriever with the highest nDCG. */
  readonly bestRetriever: string;
  /** The fusion of the options, with their weights: the order in which `createRag` finds passages. */
  readonly configured: FusionEvaluation;
  /** `rrf` and `relative-score` with equal weights. */
  readonly fusions: readonly FusionEvaluation[];
  /** Per method, and per retriever whose weight is varied; empty with a single retriever. */
  readonly curves: readonly WeightCurve[];
  /** Absent with a single retriever, and where the questions cannot be split. */
  readonly tuned?: TuningReport;
  /** Ascending by `difference`, ties by id: first what fusion hurts. */
  readonly perQuestion: readonly QuestionReport[];
}
