import { estimate, failureLines, figure, interval, namedSystems, tunedText } from "./figures.ts";
import type { EvaluationReport } from "./report.ts";

/** The report for a terminal: a table of retrievers and fusions, what tuning is worth, and what failed. */
export function formatReport(report: EvaluationReport): string {
  const { k, candidates, questions, units, bestRetriever } = report;
  const header = [
    "",
    `nDCG@${k}`,
    `recall@${candidates}`,
    `MRR@${k}`,
    `precision@${k}`,
    `nDCG, difference to ${bestRetriever}`,
  ];
  const rows = namedSystems(report).map(({ label, detail, scores, versusBest }) => [
    detail === undefined ? label : `${label}: ${detail}`,
    estimate(scores.ndcg),
    figure(scores.recall.mean),
    figure(scores.mrr.mean),
    figure(scores.precision.mean),
    versusBest === undefined ? "" : interval(versusBest),
  ]);
  const tuned = tunedText(report);
  return [
    table([header, ...rows]),
    "",
    `${questions} questions with ${units} distinct sets of relevant ids; 95 % intervals in brackets.`,
    ...(tuned === undefined ? [] : [tuned]),
    ...failureLines(report),
  ].join("\n");
}

/** Columns side by side: the first to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
