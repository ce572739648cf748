import { cleanText } from "../clean-text.ts";
import { RagError, type RagErrorDetails } from "../errors.ts";
import { assertUserId } from "../validate.ts";
import type { Grades } from "./metrics.ts";

/** What answers a question, as a person judged it. */
export interface RelevantId {
  /**
   * A row, as `source/entityId` or as `entityId` alone, or one passage by its `id`. A passage is looked up by its `id`
   * first, then by `source/entityId`, then by `entityId`. Several passages of a row count once, at their best rank.
   */
  readonly id: string;
  /** How relevant: 0 is judged and not relevant. Default 1. */
  readonly grade?: number | undefined;
}

/** A question whose answers are known. */
export interface Question {
  readonly id: string;
  readonly query: string;
  /** Whose rows are asked. Default: the `ownerId` of the evaluation. */
  readonly ownerId?: string | undefined;
  /** At least one with a grade above 0. Rows that are not listed count as not relevant. */
  readonly relevant: readonly RelevantId[];
}

/** A question, checked, with its grades by id. */
export interface JudgedQuestion {
  readonly id: string;
  readonly query: string;
  readonly ownerId: string;
  readonly grades: Grades;
  /** Equal for questions with the same relevant ids: paraphrases of one question are not independent. */
  readonly cluster: string;
}

/** @throws {RagError} INVALID_QUESTIONS naming the question's place; USER_REQUIRED without an owner */
export function assertQuestions(
  verb: string,
  questions: readonly Question[],
  ownerId: string | undefined,
): JudgedQuestion[] {
  if (!Array.isArray(questions) || questions.length === 0)
    throw invalidQuestions(`${verb}: questions must be a list with at least one question.`);
  const seen = new Set<string>();
  return questions.map((question: Question, index) => {
    const problem = problemOf(question) ?? (seen.has(question.id) ? "its id was there before" : undefined);
    if (problem !== undefined) throw invalidQuestions(`${verb}: question ${index + 1}: ${problem}.`);
    seen.add(question.id);
    const grades = new Map(question.relevant.map(({ id, grade = 1 }) => [id, grade]));
    return {
      id: question.id,
      query: cleanText(question.query).trim(),
      ownerId: assertUserId(verb, question.ownerId ?? ownerId),
      grades,
      cluster: clusterOf(grades),
    };
  });
}

/** What is wrong with a question, in words that hold nothing of it but ids; undefined for a good one. */
export function problemOf(value: unknown): string | undefined {
  const { id, query, ownerId, relevant } = (value ?? {}) as Record<string, unknown>;
  if (typeof id !== "string" || id === "") return "id must be a text that is not empty";
  if (typeof query !== "string" || cleanText(query).trim() === "")
    return "query must be a text with a visible character";
  if (ownerId !== undefined && (typeof ownerId !== "string" || ownerId === ""))
    return "ownerId must be a text that is not empty, or absent";
  if (!Array.isArray(relevant)) return "relevant must be a list of { id, grade? }";
  const ids = new Set<string>();
  for (const item of relevant) {
    const { id: relevantId, grade = 1 } = (item ?? {}) as Record<string, unknown>;
    if (typeof relevantId !== "string" || relevantId === "") return "an id in relevant is no text, or empty";
    if (typeof grade !== "number" || !Number.isFinite(grade) || grade < 0)
      return `the grade of ${JSON.stringify(relevantId)} must be a number from 0`;
    if (ids.has(relevantId)) return `relevant names ${JSON.stringify(relevantId)} twice`;
    ids.add(relevantId);
  }
  if (!relevant.some(({ grade = 1 }: RelevantId) => grade > 0))
    return "relevant must name at least one id with a grade above 0";
  return undefined;
}

/** Equal for the same relevant ids, in any order. */
export const clusterOf = (grades: Grades): string =>
  JSON.stringify([...grades].flatMap(([id, grade]) => (grade > 0 ? [id] : [])).sort());

export const invalidQuestions = (message: string, details: RagErrorDetails = {}, cause?: unknown): RagError =>
  new RagError("INVALID_QUESTIONS", message, { details, ...(cause === undefined ? {} : { cause }) });
