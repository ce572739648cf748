import { cleanText } from "./clean-text.ts";
import { type DroppedContext, droppedContext, type RetrievedContext } from "./contexts.ts";
import { codeOf } from "./errors.ts";
import { byScore } from "./fusion.ts";
import type { RerankerResult, TokenUsage } from "./ports.ts";
import type { ResolvedOptions, ResolvedReranker } from "./resolve-options.ts";
import { DeadlineError, untilDeadline } from "./until-deadline.ts";
import { noUsage } from "./usage.ts";

/** What became of the reranker in one call. */
export interface RerankerReport {
  /** `failed` also where it answered no scores, or scores of none of the passages. */
  readonly status: "ok" | "failed" | "timed-out";
  /** Passages that it was asked to score. */
  readonly passages: number;
  readonly tookMs: number;
  /** The `code` of its error, else the error's name. */
  readonly errorCode?: string;
}

/** Contexts after the reranker. */
interface Reranked {
  readonly contexts: readonly RetrievedContext[];
  readonly dropped: readonly DroppedContext[];
  /** Undefined when none was asked. */
  readonly report: RerankerReport | undefined;
  /** Undefined when it did not say, or failed. */
  readonly usage: TokenUsage | undefined;
}

interface RerankCall {
  readonly query: string;
  /** Best first. */
  readonly contexts: readonly RetrievedContext[];
  readonly signal: AbortSignal | undefined;
}

/**
 * The contexts in the order of the reranker's scores, ties by id; those that it did not score, or scored below its
 * `minScore`, are dropped. When it fails or is late, the contexts stay as they were.
 */
export async function rerank(
  { reranker: settings, now, sleep }: Pick<ResolvedOptions, "reranker" | "now" | "sleep">,
  { query, contexts, signal }: RerankCall,
): Promise<Reranked> {
  if (settings === undefined || contexts.length === 0)
    return { contexts, dropped: [], report: undefined, usage: noUsage };
  const asked = contexts.slice(0, settings.passages);
  const startedAt = now();
  const report = (facts: Pick<RerankerReport, "status" | "errorCode">): RerankerReport => ({
    ...facts,
    passages: asked.length,
    tookMs: now() - startedAt,
  });
  try {
    const passages = asked.map(({ id, title, text }) => ({ id, title, text: cleanText(text) }));
    const { scores, usage } = await untilDeadline<RerankerResult>(
      (own) => settings.reranker.rerank({ query, passages, signal: own }),
      { name: "reranker", deadlineMs: settings.deadlineMs, signal, sleep },
    );
    signal?.throwIfAborted();
    const scoreOf = scoresById(scores, asked);
    return { ...byScores(contexts, scoreOf, settings), report: report({ status: "ok" }), usage };
  } catch (error) {
    signal?.throwIfAborted();
    const status = error instanceof DeadlineError ? "timed-out" : "failed";
    return { contexts, dropped: [], report: report({ status, errorCode: codeOf(error) }), usage: undefined };
  }
}

function byScores(
  contexts: readonly RetrievedContext[],
  scoreOf: ReadonlyMap<string, number>,
  { minScore }: ResolvedReranker,
): Pick<Reranked, "contexts" | "dropped"> {
  const kept: { id: string; score: number; context: RetrievedContext }[] = [];
  const dropped: DroppedContext[] = [];
  for (const context of contexts) {
    const { id } = context;
    const score = scoreOf.get(id);
    if (score === undefined) {
      dropped.push(droppedContext(context, "reranker"));
      continue;
    }
    const relevanceScore = Math.min(1, Math.max(0, score));
    const scored = { ...context, relevanceScore };
    if (relevanceScore < minScore) dropped.push(droppedContext(scored, "weak"));
    else kept.push({ id, score, context: scored });
  }
  return { contexts: kept.sort(byScore).map(({ context }) => context), dropped };
}

class InvalidScoresError extends Error {
  override readonly name = "InvalidScoresError";
  readonly code = "INVALID_SCORES";
}

/** The first score of each passage that was asked; other ids are left out. */
function scoresById(scores: unknown, asked: readonly RetrievedContext[]): Map<string, number> {
  const valid =
    Array.isArray(scores) &&
    scores.every((item) => typeof item?.id === "string" && Number.isFinite(item.score));
  if (!valid)
    throw new InvalidScoresError(
      "A reranker must answer { scores } with an id and a finite score in each; check it with checkReranker of @devora/rag/testing.",
    );
  const ids = new Set(asked.map(({ id }) => id));
  const scoreOf = new Map<string, number>();
  for (const { id, score } of scores) if (ids.has(id) && !scoreOf.has(id)) scoreOf.set(id, score);
  // Whoever names others alone has taken something else for the id, and would leave nothing of what was found.
  if (scores.length > 0 && scoreOf.size === 0)
    throw new InvalidScoresError(
      "A reranker must score the passages that it is asked, by their `id`; it named others alone.",
    );
  return scoreOf;
}
