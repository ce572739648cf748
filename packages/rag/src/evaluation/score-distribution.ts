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
  /** 20 stretches of equal width from the lowest score to the highest, the upper bound exclusive but for the last. */
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
  const all = [...relevant, ...others];
  if (all.length === 0) return [];
  const low = all.reduce((a, b) => Math.min(a, b));
  const high = all.reduce((a, b) => Math.max(a, b));
  const width = (high - low) / binCount;
  const binOf = (score: number) =>
    width === 0 ? 0 : Math.min(binCount - 1, Math.floor((score - low) / width));
  const bins = Array.from({ length: width === 0 ? 1 : binCount }, (_, bin) => ({
    from: low + bin * width,
    to: width === 0 || bin === binCount - 1 ? high : low + (bin + 1) * width,
    relevant: 0,
    others: 0,
  }));
  const count = (scores: readonly number[], kind: "relevant" | "others") => {
    for (const score of scores) {
      const bin = bins[binOf(score)];
      if (bin) bin[kind] += 1;
    }
  };
  count(relevant, "relevant");
  count(others, "others");
  return bins;
}
