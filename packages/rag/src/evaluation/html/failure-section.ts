import { failureLines } from "../figures.ts";
import type { EvaluationReport } from "../report.ts";
import { html, type Markup } from "./markup.ts";

/** What did not answer, or not completely; nothing when all did. */
export function failureSection(report: EvaluationReport): Markup {
  const lines = failureLines(report);
  if (lines.length === 0) return html``;
  return html`<section class="failures"><h2>Failures</h2><p>A retriever that failed on a question has found nothing there, and its figures are lower for it.</p><ul>${lines.map((line) => html`<li>${line}</li>`)}</ul></section>`;
}
