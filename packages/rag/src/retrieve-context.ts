import type { Database } from "@devora/db-schema";
import { cleanText } from "./clean-text.ts";
import { contextsOf, type DroppedContext, type RetrievedContext } from "./contexts.ts";
import { isRetryable, RagError } from "./errors.ts";
import { fusePassages, highestScore, withoutWeak } from "./fuse-passages.ts";
import { mergePassages } from "./merge-passages.ts";
import type { TokenUsage } from "./ports.ts";
import { withRecency } from "./recency.ts";
import { type RerankerReport, rerank } from "./rerank.ts";
import type { ResolvedOptions } from "./resolve-options.ts";
import { type LegOutcome, type RetrieverReport, runRetrievers } from "./run-retrievers.ts";
import { selectContexts } from "./select-contexts.ts";
import { assertUserId, wholeNumber } from "./validate.ts";

/** A call of `retrieveContext`. */
export interface RetrieveContextCall {
  /** The question, in the user's words. */
  readonly query: string;
  /** Whose rows may be read: the signed-in user. */
  readonly userId: string;
  /** Most contexts to answer, 1 to 100. Default `limits.contexts`. */
  readonly limit?: number | undefined;
  /** Passed to the retrievers, so that they read within the caller's transaction. */
  readonly db?: Database | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What `retrieveContext` answers. */
export interface RetrievedContexts {
  /**
   * Best first by `relevanceScore`, ties by id. With `diversity` in the order in which they were chosen: the first is
   * the most relevant, and from there scores need not descend.
   */
  readonly contexts: readonly RetrievedContext[];
  readonly dropped: readonly DroppedContext[];
  /** False when a retriever failed, was late, or may have missed better passages. */
  readonly complete: boolean;
  /** What became of each retriever, by name. */
  readonly retrievers: Readonly<Record<string, RetrieverReport>>;
  /** What became of the reranker; absent when none was asked. When it failed, the order is that of fusion. */
  readonly reranker?: RerankerReport;
  /** What the reranker took, zeros when none was asked; undefined where it did not say, or failed. */
  readonly usage: TokenUsage | undefined;
  readonly retrievalTimeMs: number;
  /** Parts of `retrievalTimeMs`: until the last retriever answered or was late, and the reranker. */
  readonly timings: { readonly retrieversMs: number; readonly rerankMs: number };
}

/** Finds, fuses, joins, reranks and limits passages. See `Rag.retrieveContext`. */
export async function retrieveContext(
  options: ResolvedOptions,
  call: RetrieveContextCall,
): Promise<RetrievedContexts> {
  const { legs, limits, fusion, recency, diversity, now } = options;
  const startedAt = now();
  const ownerId = assertUserId("retrieveContext", call.userId);
  const query = assertQuery("retrieveContext", call.query);
  const limit = wholeNumber("retrieveContext.limit", call.limit ?? limits.contexts, 1, 100);
  const outcomes = await runRetrievers(
    legs,
    {
      query,
      ownerId,
      limit: Math.max(limits.candidates, limit),
      signal: call.signal,
      ...(call.db === undefined ? {} : { db: call.db }),
    },
    options,
  );
  assertOneAnswered(outcomes);
  const retrieversMs = now() - startedAt;
  const { strong, dropped: weak } = withoutWeak(outcomes);
  const merged = mergePassages(fusePassages(strong, fusion));
  const ranked = recency === undefined ? merged : withRecency(merged, recency, options.date());
  const found = contextsOf(ranked, highestScore(outcomes, fusion));
  const reranked = await rerank(options, { query, contexts: found.contexts, signal: call.signal });
  const { report } = reranked;
  const selected = selectContexts(reranked.contexts, { limit, perSource: limits.perSource, diversity });
  return {
    contexts: selected.contexts,
    dropped: [...found.dropped, ...selected.dropped, ...reranked.dropped, ...weak],
    complete: outcomes.every((outcome) => outcome.report.complete),
    retrievers: Object.fromEntries(outcomes.map((outcome) => [outcome.leg.name, outcome.report])),
    ...(report === undefined ? {} : { reranker: report }),
    usage: reranked.usage,
    retrievalTimeMs: now() - startedAt,
    timings: { retrieversMs, rerankMs: report?.tookMs ?? 0 },
  };
}

/**
 * The question without invisible characters.
 * @throws {RagError} EMPTY_QUERY
 */
export function assertQuery(verb: string, query: unknown): string {
  const text = typeof query === "string" ? cleanText(query).trim() : "";
  if (text !== "") return text;
  const received = typeof query === "string" ? "a text without visible characters" : typeof query;
  throw new RagError("EMPTY_QUERY", `${verb}: query must be a question in words; received ${received}.`);
}

function assertOneAnswered(outcomes: readonly LegOutcome[]): void {
  if (outcomes.some(({ report }) => report.status === "ok")) return;
  const codes = Object.fromEntries(
    outcomes.map(({ leg, report }) => [leg.name, report.errorCode ?? "UNKNOWN"]),
  );
  const errors = outcomes.map(({ error }) => error);
  throw new RagError(
    "RETRIEVAL_FAILED",
    `retrieveContext: no retriever answered: ${Object.entries(codes)
      .map(([name, code]) => `${name} (${code})`)
      .join(", ")}. The errors are in \`cause.errors\`.`,
    {
      cause: new AggregateError(errors),
      retryable: errors.some(isRetryable),
      details: { retrievers: codes },
    },
  );
}
