import { cleanLine, cleanText } from "./clean-text.ts";
import { byScore, type LegRank } from "./fusion.ts";
import type { RankedPassage } from "./merge-passages.ts";

/** A passage that belongs into a prompt. */
export interface RetrievedContext {
  readonly id: string;
  /** Ids of the passages that were joined into this one, its own first. */
  readonly passageIds: readonly string[];
  readonly sourceType: string;
  readonly sourceId: string;
  readonly title: string;
  /** As the source holds it; cleaned of invisible characters only on its way into a prompt. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly updatedAt: Date | string | null | undefined;
  /**
   * 0 to 1: the reranker's score where one answered, else the share of the highest score that the retrievers which
   * answered could give, less what age takes.
   */
  readonly relevanceScore: number;
  /** Rank and score by retriever; a retriever that did not find it is absent. */
  readonly legs: Readonly<Record<string, LegRank>>;
}

/** A passage that was found and left out. */
export interface DroppedContext {
  readonly id: string;
  readonly sourceType: string;
  readonly sourceId: string;
  readonly title: string;
  /** 0 for a passage that was too weak to be fused. */
  readonly relevanceScore: number;
  /**
   * `limit`: more were found than asked for; `source-cap`: its source had `limits.perSource` already; `empty`: no
   * visible text; `weak`: below the `minScore` of the reranker, or of every retriever that found it; `reranker`: it
   * was not among those that the reranker scored; `budget`: no room within `maxContextTokens`.
   */
  readonly reason: "limit" | "source-cap" | "empty" | "weak" | "reranker" | "budget";
}

/**
 * What the passages are as contexts; those without visible text are dropped.
 * @param highestScore what a passage scores that every retriever puts first
 * @returns descending by relevance, ties by id
 */
export function contextsOf(
  found: readonly RankedPassage[],
  highestScore: number,
): { contexts: RetrievedContext[]; dropped: DroppedContext[] } {
  const contexts: RetrievedContext[] = [];
  const dropped: DroppedContext[] = [];
  for (const item of found) {
    const context = contextOf(item, highestScore);
    if (cleanText(context.text).trim() === "") dropped.push(droppedContext(context, "empty"));
    else contexts.push(context);
  }
  // Age has moved some; and scores that differ in their last digit can be of the same relevance.
  return { contexts: contexts.sort(byRelevance), dropped };
}

const byRelevance = (a: RetrievedContext, b: RetrievedContext): number =>
  byScore({ id: a.id, score: a.relevanceScore }, { id: b.id, score: b.relevanceScore });

function contextOf(
  { passage, passageIds, score, legs }: RankedPassage,
  highestScore: number,
): RetrievedContext {
  return {
    id: passage.id,
    passageIds,
    sourceType: passage.source,
    sourceId: passage.entityId,
    title: cleanLine(passage.title),
    text: passage.text,
    start: passage.start,
    end: passage.end,
    updatedAt: passage.updatedAt,
    // Sums in another order may end a hair above 1.
    relevanceScore: Math.min(1, score / highestScore),
    legs,
  };
}

/** What is reported of a passage that was left out: not its text. */
export function droppedContext(
  { id, sourceType, sourceId, title, relevanceScore }: Omit<DroppedContext, "reason">,
  reason: DroppedContext["reason"],
): DroppedContext {
  return { id, sourceType, sourceId, title, relevanceScore, reason };
}
