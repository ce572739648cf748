import type { EvaluationReport } from "../report.ts";
import type { ScoreSummary } from "../score-distribution.ts";
import { html, type Markup } from "./markup.ts";
import { scorePlot } from "./score-plot.ts";

/** Scores of relevant and other passages, by retriever: where `minScore` would cut. */
export function scoreSection({ retrievers }: EvaluationReport): Markup {
  return html`<section><h2>Scores of passages</h2>
<p class="soft">Share of each kind of passage by score, in per cent of its kind. A <code>minScore</code> at the score above which 95 % of the relevant passages lie loses the other 5 %, and all others below it. Passages that nobody judged count as others.</p>
<ul class="legend"><li class="block" style="--c: var(--a)">relevant</li><li class="block" style="--c: color-mix(in srgb, var(--soft) 45%, transparent)">others</li></ul>
<div class="plots">${retrievers.map(
    (retriever, index) =>
      html`<div><h3>${retriever.name}</h3>${scorePlot(retriever, `scores${index}`)}<p class="soft">${[summaryText("relevant", retriever.distribution.relevant), summaryText("others", retriever.distribution.others)].join(" ")}</p></div>`,
  )}</div></section>`;
}

function summaryText(kind: string, { passages, p5, p50, p95 }: ScoreSummary): string {
  const count = `${passages.toLocaleString("en")} ${kind}`;
  if (p5 === undefined || p50 === undefined || p95 === undefined) return `${count}.`;
  return `${count}: 95 % above ${p5.toPrecision(3)}, half above ${p50.toPrecision(3)}, 5 % above ${p95.toPrecision(3)}.`;
}
