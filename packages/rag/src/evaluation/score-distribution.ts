import type { LegOutcome } from "../run-retrievers.ts";
import { percentileOf } from "./bootstrap.ts";
import { judgedIds } from "./judged-ranking.ts";
import type { JudgedQuestion } from "./question.ts";

/** Scores of some passages; undefined figures where there are none. */
export interface ScoreSummary {
  readonly passages: number;
  readonly p5: number | undefined;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
}

/** One retriever's scores: what `minScore` would leave out. */
export interface ScoreDistribution {
  /** Passages that judgements call relevant. */
  readonly relevant: ScoreSummary;
  /** All others, judged or not. */
  readonly others: ScoreSummary;
  /**
   * 20 stretches of equal width, the upper bound exclusive, over the middle 98 % of all scores; what lies outside is
   * counted in the first and the last. One where all scores are the same, none where there are none.
   */
  readonly bins: readonly ScoreBin[];
}

export interface ScoreBin {
  readonly from: number;
  readonly to: number;
  readonly relevant: number;
  readonly others: number;
}

const binCount = 20;

/** How a retriever scored relevant passages, and how all others. */
export function scoreDistribution(
  runs: readonly (readonly LegOutcome[])[],
  questions: readonly JudgedQuestion[],
  name: string,
): ScoreDistribution {
  const scores: Record<"relevant" | "others", number[]> = { relevant: [], others: [] };
  questions.forEach(({ grades }, place) => {
    const passages = (runs[place] ?? []).find(({ leg }) => leg.name === name)?.passages ?? [];
    for (const passage of passages.filter(({ score }) => Number.isFinite(score))) {
      const ids = judgedIds({ passage, passageIds: [passage.id] }, grades);
      scores[ids.some((id) => (grades.get(id) ?? 0) > 0) ? "relevant" : "others"].push(passage.score);
    }
  });
  return { relevant: summaryOf(scores.relevant), others: summaryOf(scores.others), bins: binsOf(scores) };
}

function summaryOf(scores: readonly number[]): ScoreSummary {
  const sorted = scores.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted.length === 0 ? undefined : percentileOf(sorted, share));
  return { passages: sorted.length, p5: at(0.05), p50: at(0.5), p95: at(0.95) };
}

function binsOf({ relevant, others }: Record<"relevant" | "others", readonly number[]>): ScoreBin[] {
  const sorted = [...relevant, ...others].sort((a, b) => a - b);
  if (sorted.length === 0) return [];
  // A few scores far out would press all others into one bin.
  const [low, high] = [percentileOf(sorted, 0.01), percentileOf(sorted, 0.99)];
  const width = (high - low) / binCount;
  const binOf = (score: number) =>
    width === 0 ? 0 : Math.max(0, Math.min(binCount - 1, Math.floor((score - low) / width)));
  const countsOf = (scores: readonly number[]) => {
    const counts = new Array<number>(binCount).fill(0);
    for (const score of scores) counts[binOf(score)] = (counts[binOf(score)] ?? 0) + 1;
    return counts;
  };
  const counts = { relevant: countsOf(relevant), others: countsOf(others) };
  return Array.from({ length: width === 0 ? 1 : binCount }, (_, bin) => ({
    from: low + bin * width,
    to: low + (bin + 1) * width,
    relevant: counts.relevant[bin] ?? 0,
    others: counts.others[bin] ?? 0,
  }));
}
