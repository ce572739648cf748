import type { Estimate, Interval } from "../bootstrap.ts";
import { figure, isClear, type NamedSystem, signed, tunedText } from "../figures.ts";
import type { EvaluationReport } from "../report.ts";
import { intervalBar } from "./interval-bar.ts";
import { html, type Markup } from "./markup.ts";
import { paddedRange } from "./plot.ts";

/** Retrievers and fusions, one under the other. */
export function systemSection(report: EvaluationReport, systems: readonly NamedSystem[]): Markup {
  const { k, candidates, bestRetriever } = report;
  const range = paddedRange(systems.flatMap(({ scores }) => [scores.ndcg.low, scores.ndcg.high]));
  const tuned = tunedText(report);
  return html`<section><h2>Retrievers and fusions</h2>
<div class="scroll"><table><caption>${`Means over the questions, with 95 % intervals. Bars show nDCG from ${figure(range.from)} to ${figure(range.to)}.`}</caption>
<thead><tr><th scope="col"></th><th scope="col" aria-hidden="true"></th>${[`nDCG@${k}`, `recall@${candidates}`, `MRR@${k}`, `precision@${k}`, `nDCG − ${bestRetriever}`, "nDCG − equal rrf"].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${systems.map((system) => systemRow(system, range))}</tbody></table></div>
${tuned === undefined ? undefined : html`<h3>Tuning</h3><p>${tuned}</p>`}</section>`;
}

const systemRow = (
  { label, detail, kind, scores, versusBest, versusRrf }: NamedSystem,
  range: { from: number; to: number },
): Markup =>
  html`<tr class="${kind}"><th scope="row" class="systems">${label}${detail === undefined ? undefined : html`<small>${detail}</small>`}</th><td aria-hidden="true">${intervalBar(scores.ndcg, range)}</td>${[scores.ndcg, scores.recall, scores.mrr, scores.precision].map(estimateCell)}${[versusBest, versusRrf].map(differenceCell)}</tr>`;

const estimateCell = ({ mean, low, high }: Estimate): Markup =>
  html`<td>${figure(mean)}<small>${`${figure(low)} to ${figure(high)}`}</small></td>`;

function differenceCell(value: Interval | undefined): Markup {
  if (value === undefined) return html`<td>–</td>`;
  const { difference, low, high } = value;
  if (low === 0 && high === 0) return html`<td>=</td>`;
  const tone = isClear(value) ? (low > 0 ? "up" : "down") : "";
  return html`<td class="${tone}">${signed(difference)}<small>${`${signed(low)} to ${signed(high)}`}</small></td>`;
}
