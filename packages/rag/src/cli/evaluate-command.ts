import { writeFile } from "node:fs/promises";
import { evaluate } from "../evaluation/evaluate.ts";
import { figure, fusionText } from "../evaluation/figures.ts";
import { formatHtmlReport } from "../evaluation/format-html-report.ts";
import { formatReport } from "../evaluation/format-report.ts";
import type { Question } from "../evaluation/question.ts";
import { readCorpusQuestions } from "../evaluation/read-corpus.ts";
import { readJudgements } from "../evaluation/read-judgements.ts";
import { readQuestions } from "../evaluation/read-questions.ts";
import type { EvaluationReport } from "../evaluation/report.ts";
import { numberOption, required, type Values } from "./arguments.ts";
import { type EvaluationConfig, loadConfig } from "./load-config.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** `devora-rag evaluate`. @returns the exit code */
export async function evaluateCommand(values: Values, terminal: Terminal): Promise<number> {
  const path = required(values, "config", "the module with the retrievers");
  const k = numberOption(values, "k", { min: 1, max: 100 });
  const minNdcg = numberOption(values, "min-ndcg", { min: 0, max: 1, whole: false });
  const seed = numberOption(values, "seed", { min: 0, max: 2 ** 32 - 1 });
  const questions = await questionsOf(values, terminal);
  const config = await loadConfig(path);
  try {
    const report = await measure(config, { questions, k, seed }, terminal);
    terminal.print(values.json === true ? JSON.stringify(report, null, 2) : formatReport(report));
    if (typeof values.report === "string") {
      await writeFile(values.report, formatHtmlReport(report));
      terminal.note(`Wrote ${values.report}.`);
    }
    return minNdcg === undefined ? 0 : gate(report, minNdcg, terminal);
  } finally {
    await config.close?.();
  }
}

async function measure(
  { retrievers, ownerId, fusion, limits }: EvaluationConfig,
  rest: { questions: readonly Question[]; k: number | undefined; seed: number | undefined },
  terminal: Terminal,
): Promise<EvaluationReport> {
  const progress = terminal.progress("questions");
  try {
    return await evaluate({
      retrievers,
      ownerId,
      fusion,
      limits: limits ?? {},
      ...rest,
      onProgress: progress.update,
    });
  } finally {
    progress.close();
  }
}

/** The questions of the one source that is named. @throws {UsageError} */
async function questionsOf(values: Values, terminal: Terminal): Promise<readonly Question[]> {
  const named = ["questions", "corpus", "judgements"].filter((name) => values[name] !== undefined);
  if (named.length !== 1)
    throw new UsageError("Name one source of questions: --questions, --corpus or --judgements.");
  if (values.questions !== undefined)
    return readQuestions(required(values, "questions", "a file of questions"));
  if (values.corpus !== undefined)
    return readCorpusQuestions(required(values, "corpus", "a folder of a test collection"));
  const sheet = await readJudgements(required(values, "judgements", "a sheet that was filled in"));
  if (sheet.ungraded > 0)
    terminal.note(`${sheet.ungraded} lines of the sheet have no grade; they count as not relevant.`);
  if (sheet.withoutRelevant > 0)
    terminal.note(`${sheet.withoutRelevant} questions are left out: no grade above 0 is theirs.`);
  return sheet.questions;
}

function gate({ configured, k }: EvaluationReport, minNdcg: number, terminal: Terminal): number {
  const { mean } = configured.scores.ndcg;
  const isMet = mean >= minNdcg;
  terminal.note(
    `nDCG@${k} of the configured fusion (${fusionText(configured)}) is ${figure(mean)}, ${isMet ? "not below" : "below"} --min-ndcg ${minNdcg}: ${isMet ? "passed" : "failed"}.`,
  );
  return isMet ? 0 : 1;
}
