import { cleanLine, cleanText } from "../clean-text.ts";
import type { LimitOptions, RagOptions } from "../options.ts";
import { resolveOptions } from "../resolve-options.ts";
import { assertUserId, wholeNumber } from "../validate.ts";
import { rowId } from "./judged-ranking.ts";
import { invalidQuestions } from "./question.ts";
import { countFailures, type FailureCounts, recordRuns } from "./record-runs.ts";

/** What is to be judged. */
export interface JudgementSheetOptions {
  /** As in `createRag`. The more they differ, the less is overlooked. */
  readonly retrievers: RagOptions["retrievers"];
  readonly limits?: Pick<LimitOptions, "deadlineMs"> | undefined;
  readonly questions: readonly { readonly id: string; readonly query: string; readonly ownerId?: string }[];
  /** Whose rows are asked, where a question does not say. */
  readonly ownerId?: string | undefined;
  /** Passages asked of each retriever, 1 to 100. Default 10. */
  readonly depth?: number | undefined;
  /** Questions under way at a time, 1 to 64. Default 4. */
  readonly concurrency?: number | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One row to be judged for one question: a line of the sheet. */
export interface JudgementLine {
  readonly question: string;
  readonly query: string;
  readonly ownerId: string;
  /** `source/entityId`. */
  readonly id: string;
  readonly title: string;
  /** The row's best passage, at most 1,000 characters. */
  readonly text: string;
  /** For a person to fill in: 0 not relevant, 1 relevant, higher for better. Null: not judged yet. */
  readonly grade: number | null;
}

/** What {@link judgementSheet} answers. */
export interface JudgementSheet {
  readonly lines: readonly JudgementLine[];
  /** By retriever: what it missed to answer is not in the sheet. */
  readonly failures: Readonly<Record<string, FailureCounts>>;
  /** Questions for which nothing was found: they have no line. */
  readonly withoutLines: number;
}

/**
 * The rows that any retriever ranks high, to be judged by a person: one line per question and row, `grade` empty.
 * Written as JSONL, filled in, and read with `readJudgements`. Rows of a question are in the order of their ids,
 * so that their places say nothing about who found them.
 *
 * @throws {RagError} INVALID_OPTION, INVALID_QUESTIONS, USER_REQUIRED, RETRIEVAL_FAILED
 * @example
 * const questions = await loggedQuestions(db, { since, limit: 50 });
 * const { lines } = await judgementSheet({ questions, retrievers });
 * await writeFile("sheet.jsonl", lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
 */
export async function judgementSheet(options: JudgementSheetOptions): Promise<JudgementSheet> {
  const { legs, ...clock } = resolveOptions({ retrievers: options.retrievers, limits: options.limits ?? {} });
  const depth = wholeNumber("judgementSheet.depth", options.depth ?? 10, 1, 100);
  const concurrency = wholeNumber("judgementSheet.concurrency", options.concurrency ?? 4, 1, 64);
  const questions = options.questions.map(({ id, query, ownerId }, index) => {
    const asked = cleanText(query).trim();
    if (asked === "")
      throw invalidQuestions(`judgementSheet: question ${index + 1} has no visible character.`);
    return { id, query: asked, ownerId: assertUserId("judgementSheet", ownerId ?? options.ownerId) };
  });
  const { signal, onProgress } = options;
  const runs =
    questions.length === 0
      ? []
      : await recordRuns({ legs, questions, limit: depth, concurrency, clock, signal, onProgress });
  const lines = questions.map((question, place) => {
    const passages = (runs[place] ?? []).flatMap((outcome) => outcome.passages);
    const rows = new Map(passages.toReversed().map((passage) => [rowId(passage), passage]));
    return [...rows]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, { title, text }]) => ({
        question: question.id,
        query: question.query,
        ownerId: question.ownerId,
        id,
        title: cleanLine(title),
        text: cleanText(text).slice(0, 1000).toWellFormed(),
        grade: null,
      }));
  });
  return {
    lines: lines.flat(),
    failures: Object.fromEntries(legs.map(({ name }) => [name, countFailures(runs, name)])),
    withoutLines: lines.filter((list) => list.length === 0).length,
  };
}
