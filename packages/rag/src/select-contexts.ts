import { type DroppedContext, droppedContext, type RetrievedContext } from "./contexts.ts";
import { repetitionAmong } from "./diversity.ts";

interface SelectBounds {
  readonly limit: number;
  readonly perSource: number;
  /** 0 to 1: what a repetition of all words takes away. With 0 the order stays. */
  readonly diversity: number;
}

/**
 * The best of `candidates` within the bounds, and what stays outside, with the reason.
 *
 * One is chosen after another, each time the one with the highest `(1 - diversity) · relevanceScore - diversity ·
 * repetition`, where repetition is the largest share of words in common with one that was chosen before; the first
 * in order among equals, and so the first of all. What is dropped stays in its order.
 *
 * @param candidates descending by `relevanceScore`
 * @see Carbonell, Goldstein: The use of MMR, diversity-based reranking, SIGIR 1998
 */
export function selectContexts(
  candidates: readonly RetrievedContext[],
  { limit, perSource, diversity }: SelectBounds,
): { contexts: RetrievedContext[]; dropped: DroppedContext[] } {
  const repetition = diversity === 0 ? undefined : repetitionAmong(candidates.map(({ text }) => text));
  const worth = (index: number, { relevanceScore }: RetrievedContext): number =>
    (1 - diversity) * relevanceScore - diversity * (repetition?.of(index) ?? 0);

  const contexts: RetrievedContext[] = [];
  const open = new Map(candidates.entries());
  const perSourceCount = new Map<string, number>();
  const isFull = (source: string): boolean => (perSourceCount.get(source) ?? 0) >= perSource;
  while (contexts.length < limit) {
    let best: { index: number; context: RetrievedContext; worth: number } | undefined;
    for (const [index, context] of open) {
      if (isFull(context.sourceType)) continue;
      const candidate = { index, context, worth: worth(index, context) };
      if (best === undefined || candidate.worth > best.worth) best = candidate;
      // In this order none behind is worth more.
      if (repetition === undefined) break;
    }
    if (best === undefined) break;
    const { index, context } = best;
    contexts.push(context);
    open.delete(index);
    repetition?.choose(index);
    perSourceCount.set(context.sourceType, (perSourceCount.get(context.sourceType) ?? 0) + 1);
  }
  const dropped = [...open.values()].map((context) =>
    droppedContext(context, isFull(context.sourceType) ? "source-cap" : "limit"),
  );
  return { contexts, dropped };
}
