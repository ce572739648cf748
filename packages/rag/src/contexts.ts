import { cleanLine, cleanText } from "./clean-text.ts";
import type { LegRank } from "./fusion.ts";
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
  /** 0 to 1: the share of the highest score that the retrievers which answered could give. */
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
  readonly relevanceScore: number;
  /**
   * `limit`: more were found than asked for; `source-cap`: its source had `limits.perSource` already; `empty`: no
   * visible text; `budget`: no room within `maxContextTokens`.
   */
  readonly reason: "limit" | "source-cap" | "empty" | "budget";
}

interface SelectBounds {
  readonly limit: number;
  readonly perSource: number;
  /** What a passage scores that every retriever puts first. */
  readonly highestScore: number;
}

/** The best of `found`, in their order, within the bounds; and what stays outside, with the reason. */
export function selectContexts(
  found: readonly RankedPassage[],
  { limit, perSource, highestScore }: SelectBounds,
): { contexts: RetrievedContext[]; dropped: DroppedContext[] } {
  const contexts: RetrievedContext[] = [];
  const dropped: DroppedContext[] = [];
  const perSourceCount = new Map<string, number>();
  for (const item of found) {
    const context = contextOf(item, highestScore);
    const ofSource = perSourceCount.get(context.sourceType) ?? 0;
    if (cleanText(context.text).trim() === "") dropped.push(droppedContext(context, "empty"));
    else if (ofSource >= perSource) dropped.push(droppedContext(context, "source-cap"));
    else if (contexts.length >= limit) dropped.push(droppedContext(context, "limit"));
    else {
      contexts.push(context);
      perSourceCount.set(context.sourceType, ofSource + 1);
    }
  }
  return { contexts, dropped };
}

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
