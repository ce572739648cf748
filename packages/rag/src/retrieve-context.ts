import type { Database } from "@devora/db-schema";
import { cleanText } from "./clean-text.ts";
import { type DroppedContext, type RetrievedContext, selectContexts } from "./contexts.ts";
import { isRetryable, RagError } from "./errors.ts";
import { reciprocalRankFusion, relativeScoreFusion } from "./fusion.ts";
import { mergePassages, type RankedPassage } from "./merge-passages.ts";
import type { Passage } from "./ports.ts";
import type { ResolvedOptions } from "./resolve-options.ts";
import { type LegOutcome, type RetrieverReport, runRetrievers } from "./run-retrievers.ts";
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
  /** Best first; ties by id. */
  readonly contexts: readonly RetrievedContext[];
  readonly dropped: readonly DroppedContext[];
  /** False when a retriever failed, was late, or may have missed better passages. */
  readonly complete: boolean;
  /** What became of each retriever, by name. */
  readonly retrievers: Readonly<Record<string, RetrieverReport>>;
  readonly retrievalTimeMs: number;
}

/** Finds, fuses, joins and limits passages. See `Rag.retrieveContext`. */
export async function retrieveContext(
  options: ResolvedOptions,
  call: RetrieveContextCall,
): Promise<RetrievedContexts> {
  const { legs, limits, now } = options;
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
  const found = mergePassages(fusePassages(outcomes, options.fusion));
  return {
    ...selectContexts(found, {
      limit,
      perSource: limits.perSource,
      highestScore: highestScore(outcomes, options.fusion),
    }),
    complete: outcomes.every(({ report }) => report.complete),
    retrievers: Object.fromEntries(outcomes.map(({ leg, report }) => [leg.name, report])),
    retrievalTimeMs: now() - startedAt,
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

type Fusion = ResolvedOptions["fusion"];

/** Every passage once, with its fused score: descending, ties by id. */
export function fusePassages(outcomes: readonly LegOutcome[], { method, k }: Fusion): RankedPassage[] {
  const passages = new Map<string, Passage>();
  for (const passage of outcomes.flatMap((outcome) => outcome.passages))
    if (!passages.has(passage.id)) passages.set(passage.id, passage);
  const rankings = outcomes.map(({ leg, passages: hits }) => ({ name: leg.name, weight: leg.weight, hits }));
  const fused = method === "rrf" ? reciprocalRankFusion(rankings, k) : relativeScoreFusion(rankings);
  return fused.flatMap((hit) => {
    const passage = passages.get(hit.id);
    return passage === undefined ? [] : [{ ...hit, passage, passageIds: [hit.id] }];
  });
}

/** What a passage scores that every retriever which answered puts first. */
function highestScore(outcomes: readonly LegOutcome[], { method, k }: Fusion): number {
  const weights = outcomes.filter(({ report }) => report.status === "ok").map(({ leg }) => leg.weight);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return method === "rrf" ? sum / (k + 1) : sum;
}
