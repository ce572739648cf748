import { cleanLine } from "./clean-text.ts";
import { type DroppedContext, droppedContext } from "./contexts.ts";
import { reciprocalRankFusion, relativeScoreFusion } from "./fusion.ts";
import type { RankedPassage } from "./merge-passages.ts";
import type { Passage } from "./ports.ts";
import type { Leg, ResolvedOptions } from "./resolve-options.ts";
import type { LegOutcome } from "./run-retrievers.ts";

type Fusion = ResolvedOptions["fusion"];
/** The passages of one retriever. */
type Found = Pick<LegOutcome, "leg" | "passages">;

/** The passages of all retrievers in one ranking, each once; descending by score, ties by id. */
export function fusePassages(found: readonly Found[], { method, k }: Fusion): RankedPassage[] {
  const passages = new Map<string, Passage>();
  for (const passage of found.flatMap((leg) => leg.passages))
    if (!passages.has(passage.id)) passages.set(passage.id, passage);
  const rankings = found.map(({ leg, passages: hits }) => ({ name: leg.name, weight: leg.weight, hits }));
  const fused = method === "rrf" ? reciprocalRankFusion(rankings, k) : relativeScoreFusion(rankings);
  return fused.flatMap((hit) => {
    const passage = passages.get(hit.id);
    return passage === undefined ? [] : [{ ...hit, passage, passageIds: [hit.id] }];
  });
}

/** What a passage scores that every retriever which answered puts first. */
export function highestScore(outcomes: readonly LegOutcome[], { method, k }: Fusion): number {
  const weights = outcomes.filter(({ report }) => report.status === "ok").map(({ leg }) => leg.weight);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return method === "rrf" ? sum / (k + 1) : sum;
}

/** What each retriever found that is not below its `minScore`; and passages that all their retrievers found weak. */
export function withoutWeak<F extends Found>(
  found: readonly F[],
): { strong: F[]; dropped: DroppedContext[] } {
  const strong = found.map((one) => ({
    ...one,
    passages: one.passages.filter((passage) => !isWeak(passage, one.leg)),
  }));
  const named = new Set(strong.flatMap(({ passages }) => passages.map(({ id }) => id)));
  const dropped: DroppedContext[] = [];
  for (const { id, source, entityId, title } of found.flatMap(({ passages }) => passages)) {
    if (named.has(id)) continue;
    named.add(id);
    const weak = { id, sourceType: source, sourceId: entityId, title: cleanLine(title), relevanceScore: 0 };
    dropped.push(droppedContext(weak, "weak"));
  }
  return { strong, dropped };
}

/** A score that is no number is below any bound; where none is set, it is not looked at. */
function isWeak({ score }: Passage, { minScore }: Leg): boolean {
  return minScore !== Number.NEGATIVE_INFINITY && !(score >= minScore);
}
