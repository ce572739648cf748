import { namedSystems } from "./figures.ts";
import { curveSection } from "./html/curve-section.ts";
import { failureSection } from "./html/failure-section.ts";
import { html, type Markup } from "./html/markup.ts";
import { questionSection } from "./html/question-section.ts";
import { scoreSection } from "./html/score-section.ts";
import { style } from "./html/style.ts";
import { summaryTiles } from "./html/summary-tiles.ts";
import { systemSection } from "./html/system-section.ts";
import type { EvaluationReport } from "./report.ts";

/** What the page says beside the figures. */
export interface HtmlReportOptions {
  /** Heading of the page. Default `Retrieval evaluation`. */
  readonly title?: string | undefined;
}

/**
 * The report as one HTML file: tables and plots, no script, nothing from the network. It holds the questions' texts,
 * escaped.
 */
export function formatHtmlReport(
  report: EvaluationReport,
  { title = "Retrieval evaluation" }: HtmlReportOptions = {},
): string {
  const body: Markup[] = [
    summaryTiles(report),
    failureSection(report),
    systemSection(report, namedSystems(report)),
    curveSection(report),
    scoreSection(report),
    questionSection(report),
  ];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
${style}
</head>
<body>
<main>
<h1>${title}</h1>
<p class="soft">${`${report.questions} questions with ${report.units} distinct sets of relevant ids; ${report.candidates} passages asked of each retriever; intervals are of 95 %, seed ${report.seed}.`}</p>
${body}
</main>
</body>
</html>
`.markup;
}
