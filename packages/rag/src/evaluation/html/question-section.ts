import { figure, signed } from "../figures.ts";
import type { EvaluationReport, QuestionReport } from "../report.ts";
import { html, type Markup } from "./markup.ts";

/** Most rows at either end: a page of thousands helps nobody. */
const mostRows = 200;

/** nDCG question by question: first what fusion hurts, last what it helps. */
export function questionSection({ perQuestion, retrievers, bestRetriever, k }: EvaluationReport): Markup {
  const names = retrievers.map(({ name }) => name);
  const [hurt, same, helped] = [
    perQuestion.filter(({ difference }) => difference < 0).length,
    perQuestion.filter(({ difference }) => difference === 0).length,
    perQuestion.filter(({ difference }) => difference > 0).length,
  ];
  const isShort = perQuestion.length <= 2 * mostRows;
  const shown = isShort ? perQuestion : [...perQuestion.slice(0, mostRows), ...perQuestion.slice(-mostRows)];
  return html`<section><h2>Question by question</h2>
<p class="soft">${`The configured fusion beside ${bestRetriever}, the best single retriever: worse on ${hurt} questions, the same on ${same}, better on ${helped}.${isShort ? "" : ` The first and the last ${mostRows} are shown.`}`}</p>
<div class="scroll"><table><caption>${`nDCG@${k} of each question, by difference`}</caption>
<thead><tr><th scope="col" class="words">question</th>${[...names, "configured", "difference"].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${shown.map((question) => questionRow(question, names))}</tbody></table></div></section>`;
}

function questionRow(
  { id, query, retrievers, configured, difference }: QuestionReport,
  names: readonly string[],
): Markup {
  const tone = difference > 0 ? "up" : difference < 0 ? "down" : "";
  return html`<tr><td class="words">${query}<small>${id}</small></td>${names.map((name) => html`<td>${figure(retrievers[name] ?? 0)}</td>`)}<td>${figure(configured)}</td><td class="${tone}">${difference === 0 ? "=" : signed(difference)}</td></tr>`;
}
