import { invalidQuestions, problemOf, type Question } from "./question.ts";
import { type Line, objectOf, readLines, refuse, type TextFile } from "./read-lines.ts";

/** What a sheet holds. */
export interface Judgements {
  /** Those with at least one grade above 0, in the order of the sheet. */
  readonly questions: readonly Question[];
  /** Lines whose grade is still null: they count as not relevant. */
  readonly ungraded: number;
  /** Questions left out, because no grade above 0 is theirs. */
  readonly withoutRelevant: number;
}

const expected = "It must be a sheet of `devora-rag judge`, with its grades filled in.";

/**
 * Questions of a sheet that a person filled in; see `judgementSheet`. Title and text of a line are not read.
 * @throws {RagError} INVALID_QUESTIONS naming the file, the line and what is wrong
 */
export async function readJudgements(path: string): Promise<Judgements> {
  const file = await readLines(path, expected);
  const questions = new Map<string, MutableQuestion>();
  let ungraded = 0;
  for (const line of file.lines) {
    const { question: id, query, ownerId, id: row, grade } = objectOf(file, line);
    if (grade === undefined) refuse(file.name, line, "grade is missing: null, or a number from 0");
    if (typeof row !== "string" || row === "") refuse(file.name, line, "id must be a text that is not empty");
    // Whole lines are checked, ungraded ones as well: a broken file should not pass for a half-filled one.
    const problem = problemOf({ id, query, ownerId, relevant: [{ id: row, grade: 1 }] });
    if (problem !== undefined) refuse(file.name, line, problem.replace(/^id /, "question "));
    const question = sameQuestion(file, line, questions, {
      id: String(id),
      query: String(query),
      ...(typeof ownerId === "string" && { ownerId }),
    });
    if (question.rows.has(row)) refuse(file.name, line, `${JSON.stringify(row)} was judged before`);
    question.rows.add(row);
    if (grade === null) ungraded += 1;
    else if (typeof grade !== "number" || !Number.isFinite(grade) || grade < 0)
      refuse(file.name, line, "grade must be null or a number from 0");
    else question.relevant.push({ id: row, grade });
  }
  const judged = [...questions.values()].filter(({ relevant }) => relevant.some(({ grade }) => grade > 0));
  if (judged.length === 0)
    throw invalidQuestions(`${file.name}: no line has a grade above 0 yet. Fill in \`grade\`.`, {
      file: path,
    });
  return {
    questions: judged.map(({ rows: _, ...question }) => question),
    ungraded,
    withoutRelevant: questions.size - judged.length,
  };
}

interface MutableQuestion {
  readonly id: string;
  readonly query: string;
  readonly ownerId?: string;
  readonly relevant: { id: string; grade: number }[];
  readonly rows: Set<string>;
}

function sameQuestion(
  file: TextFile,
  line: Line,
  questions: Map<string, MutableQuestion>,
  asked: Pick<MutableQuestion, "id" | "query" | "ownerId">,
): MutableQuestion {
  const known = questions.get(asked.id);
  if (known === undefined) {
    const question = { ...asked, relevant: [], rows: new Set<string>() };
    questions.set(asked.id, question);
    return question;
  }
  if (known.query !== asked.query || known.ownerId !== asked.ownerId)
    refuse(file.name, line, "query and ownerId must be those of the question's first line");
  return known;
}
