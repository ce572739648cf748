import type { Interval } from "@devora/rag/evaluation";
import type { EngineScores } from "./evaluate.ts";

/** The engines as a table for a terminal. */
export function formatScores(scores: readonly EngineScores[]): string {
  const cells = scores.map((row) => [
    row.engine,
    row.ndcg10.toFixed(3),
    row.recall100.toFixed(3),
    row.mrr10.toFixed(3),
    row.p50Ms.toFixed(2),
    row.p95Ms.toFixed(2),
  ]);
  const table = [["engine", "nDCG@10", "recall@100", "MRR@10", "p50 ms", "p95 ms"], ...cells];
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((line) => line[column]?.length ?? 0)),
  );
  return table
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  "),
    )
    .join("\n");
}

/** Which of two engines is better, as far as the queries can tell. */
export function formatInterval(ours: string, theirs: string, interval: Interval, unit: string): string {
  const { difference, low, high, units } = interval;
  const verdict =
    high < 0
      ? `${theirs} is significantly better`
      : low > 0
        ? `${ours} is significantly better`
        : `${theirs} is not significantly better, nor is ${ours}`;
  return `nDCG@10 of ${ours} minus ${theirs}: ${signed(difference)}, 95 % interval ${signed(low)} to ${signed(high)} (paired bootstrap over ${units} ${unit}): ${verdict}`;
}

const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
