import { figure, fusionText, interval, isClear } from "../figures.ts";
import type { EvaluationReport } from "../report.ts";
import { html, type Markup } from "./markup.ts";

/** The figures that a reader looks for first. */
export function summaryTiles({ configured, k, bestRetriever, retrievers, tuned }: EvaluationReport): Markup {
  const best = retrievers.find(({ name }) => name === bestRetriever);
  const tile = (name: string, value: string, more: string) =>
    html`<div><dt>${name}</dt><dd>${value}<small>${more}</small></dd></div>`;
  return html`<dl class="tiles">
${tile(`nDCG@${k}, configured`, figure(configured.scores.ndcg.mean), fusionText(configured))}
${tile(`nDCG@${k}, best single retriever`, figure(best?.scores.ndcg.mean ?? 0), bestRetriever)}
${
  configured.versusBest === undefined || retrievers.length === 1
    ? undefined
    : tile(
        "Fusion beside the best retriever",
        configured.versusBest.difference < 0 ? "costs" : "gains",
        `${interval(configured.versusBest)}${isClear(configured.versusBest) ? "" : ", within chance"}`,
      )
}
${tuned === undefined ? undefined : tile("Tuned, on questions not tuned on", figure(tuned.test.chosen.ndcg.mean), `rrf untuned there: ${figure(tuned.test.rrf.ndcg.mean)}`)}
</dl>`;
}
