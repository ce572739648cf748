import type { RankedPassage } from "./merge-passages.ts";
import type { RecencyOptions } from "./options.ts";
import type { Passage } from "./ports.ts";

const millisecondsPerDay = 86_400_000;

/**
 * Passages with their scores multiplied by `1 - weight + weight · 2^(-age / halfLifeDays)`, the formula of
 * `@devora/search`. Without a date, with one that cannot be read, or with one to come, a passage keeps its score.
 *
 * @returns in the order given; the legs' contributions stay as they were
 */
export function withRecency(
  ranked: readonly RankedPassage[],
  { halfLifeDays, weight }: Required<RecencyOptions>,
  today: Date,
): RankedPassage[] {
  const factor = (ageDays: number): number => 1 - weight + weight * 2 ** (-ageDays / halfLifeDays);
  return ranked.map((item) => ({
    ...item,
    score: item.score * factor(ageInDays(item.passage.updatedAt, today)),
  }));
}

function ageInDays(updatedAt: Passage["updatedAt"], today: Date): number {
  if (updatedAt === undefined || updatedAt === null) return 0;
  const days = (today.getTime() - new Date(updatedAt).getTime()) / millisecondsPerDay;
  return Number.isNaN(days) ? 0 : Math.max(0, days);
}
