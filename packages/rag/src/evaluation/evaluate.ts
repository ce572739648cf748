import type { FusionOptions, LimitOptions, RagOptions } from "../options.ts";
import { resolveOptions } from "../resolve-options.ts";
import { wholeNumber } from "../validate.ts";
import { buildReport } from "./build-report.ts";
import { assertQuestions, type Question } from "./question.ts";
import { recordRuns } from "./record-runs.ts";
import type { EvaluationReport } from "./report.ts";

/** What {@link evaluate} measures. */
export interface EvaluateOptions {
  /** As in `createRag`. */
  readonly retrievers: RagOptions["retrievers"];
  /** As in `createRag`; the report calls it `configured`. */
  readonly fusion?: FusionOptions | undefined;
  /** As in `createRag`; `candidates` (default 30) is the depth of recall as well. */
  readonly limits?: Pick<LimitOptions, "candidates" | "deadlineMs"> | undefined;
  readonly questions: readonly Question[];
  /** Whose rows are asked, where a question does not say. */
  readonly ownerId?: string | undefined;
  /** Depth of nDCG, reciprocal rank and precision, 1 to 100. Default 10. */
  readonly k?: number | undefined;
  /** Questions under way at a time, 1 to 64. Default 4. */
  readonly concurrency?: number | undefined;
  /** Of the halves and of the intervals, a whole number from 0. Default 1. */
  readonly seed?: number | undefined;
  /** Draws behind each interval, 100 to 100,000. Default 2,000. */
  readonly resamples?: number | undefined;
  /** Told after each question. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** As in `createRag`. */
  readonly now?: RagOptions["now"];
  readonly sleep?: RagOptions["sleep"];
}

/**
 * How well retrievers answer questions whose answers are known: each alone, fused by each method, and fused with each
 * of many weights, all with 95 % intervals; and weights chosen on one half of the questions, reported on the other.
 *
 * Each retriever is asked once per question; all fusions are computed from what it answered then. What `createRag`
 * does after fusion (recency, reranking, diversity, caps) is not part of it. A retriever that fails on a question has
 * found nothing there, and its failures are counted. Intervals draw questions with the same relevant ids together.
 *
 * @throws {RagError} INVALID_OPTION, INVALID_QUESTIONS, USER_REQUIRED, RETRIEVAL_FAILED when nothing ever answered
 * @example
 * const report = await evaluate({
 *   retrievers: { keyword: search, semantic: embeddings },
 *   questions: await readQuestions("questions.jsonl"),
 *   ownerId: user.id,
 * });
 * report.configured.scores.ndcg; // { mean: 0.71, low: 0.64, high: 0.78 }
 */
export async function evaluate(options: EvaluateOptions): Promise<EvaluationReport> {
  const { retrievers, fusion = {}, limits = {}, signal, onProgress, now, sleep } = options;
  const resolved = resolveOptions({
    retrievers,
    fusion,
    limits,
    ...(now === undefined ? {} : { now }),
    ...(sleep === undefined ? {} : { sleep }),
  });
  const k = wholeNumber("evaluate.k", options.k ?? 10, 1, 100);
  const seed = wholeNumber("evaluate.seed", options.seed ?? 1, 0, 2 ** 32 - 1);
  const resamples = wholeNumber("evaluate.resamples", options.resamples ?? 2000, 100, 100_000);
  const concurrency = wholeNumber("evaluate.concurrency", options.concurrency ?? 4, 1, 64);
  const questions = assertQuestions("evaluate", options.questions, options.ownerId);
  const { candidates } = resolved.limits;
  const runs = await recordRuns({
    legs: resolved.legs,
    questions,
    limit: candidates,
    concurrency,
    clock: resolved,
    signal,
    onProgress,
  });
  return buildReport({
    runs,
    questions,
    legs: resolved.legs,
    fusion: resolved.fusion,
    depths: { k, candidates },
    draws: { resamples, seed },
  });
}
