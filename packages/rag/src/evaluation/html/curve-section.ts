import { figure, fusionText } from "../figures.ts";
import type { EvaluationReport } from "../report.ts";
import { curvePlot } from "./curve-plot.ts";
import { html, type Markup } from "./markup.ts";

/** nDCG over weights; nothing with a single retriever. */
export function curveSection(report: EvaluationReport): Markup {
  const { curves, k, tuned } = report;
  if (curves.length === 0) return html``;
  const names = [...new Set(curves.map(({ retriever }) => retriever))];
  const plots = names.map(
    (name, index) =>
      html`${names.length > 1 ? html`<h3>${name}</h3>` : undefined}${curvePlot(
        curves.filter(({ retriever }) => retriever === name),
        report,
        `curve${index}`,
      )}`,
  );
  const notes = [
    "Lines are means over all questions, bands their 95 % intervals.",
    ...(tuned === undefined
      ? []
      : ["Broken lines are the test half alone; weights are chosen on the other half."]),
    ...(tuned === undefined || names.length > 1
      ? []
      : [
          `The ring is the choice: ${fusionText(tuned)}, ${figure(tuned.test.chosen.ndcg.mean)} on the test half.`,
        ]),
    ...(names.length === 1 ? [] : ["Each plot varies one weight, the others divide the rest evenly."]),
  ];
  return html`<section><h2>${`nDCG@${k} over weights`}</h2>
<p class="soft">${notes.join(" ")}</p>
<ul class="legend"><li class="rrf">rrf</li><li class="relative-score">relative-score</li>${tuned === undefined ? undefined : html`<li class="broken">test half</li>`}</ul>
${plots}</section>`;
}
