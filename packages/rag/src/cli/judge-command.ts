import { failureTexts } from "../evaluation/figures.ts";
import { judgementSheet } from "../evaluation/judgement-sheet.ts";
import { loggedQuestions } from "../evaluation/logged-questions.ts";
import { dayOption, numberOption, required, type Values } from "./arguments.ts";
import { loadConfig } from "./load-config.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** `devora-rag judge`. @returns the exit code */
export async function judgeCommand(values: Values, terminal: Terminal): Promise<number> {
  const path = required(values, "config", "the module with the retrievers");
  const since = dayOption(values, "since");
  const limit = numberOption(values, "limit", { min: 1, max: 10_000 });
  const depth = numberOption(values, "depth", { min: 1, max: 100 });
  const config = await loadConfig(path);
  const progress = terminal.progress("queries");
  try {
    const { retrievers, limits, ownerId, db } = config;
    if (db === undefined)
      throw new UsageError(`judge reads the search log: ${path} must answer \`db\` as well.`);
    // A search over all owners has none of its own: it is asked as the configured one, or not at all.
    const logged = await loggedQuestions(db, { since, limit });
    const questions = logged.filter((question) => question.ownerId !== undefined || ownerId !== undefined);
    const sheet = await judgementSheet({
      retrievers,
      limits: limits ?? {},
      questions,
      ownerId,
      depth,
      onProgress: progress.update,
    });
    progress.close();
    for (const line of sheet.lines) terminal.print(JSON.stringify(line));
    terminal.note(
      `${sheet.lines.length} rows of ${questions.length} queries to judge; nothing was found for ${sheet.withoutLines}.`,
    );
    if (logged.length > questions.length)
      terminal.note(`${logged.length - questions.length} queries over all owners are left out: no ownerId.`);
    if (logged.length === 0)
      terminal.note('The search log holds no query with its text: createSearch({ log: { mode: "full" } }).');
    for (const [name, failures] of Object.entries(sheet.failures))
      for (const text of failureTexts(name, failures, questions.length)) terminal.note(text);
    return 0;
  } finally {
    progress.close();
    await config.close?.();
  }
}
