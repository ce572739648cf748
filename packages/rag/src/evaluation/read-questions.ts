import { invalidQuestions, problemOf, type Question } from "./question.ts";
import { objectOf, readLines, refuse } from "./read-lines.ts";

const expected =
  'It must be a file of lines such as {"query":"How do I deploy?","relevant":[{"id":"projects/42","grade":2}]}.';

/**
 * Questions of a JSONL file: `query` and `relevant` on each line, `relevant` as a list of ids or of `{ id, grade? }`;
 * `id` (default `line-<n>`) and `ownerId` where there is one.
 * @throws {RagError} INVALID_QUESTIONS naming the file, the line and what is wrong
 */
export async function readQuestions(path: string): Promise<Question[]> {
  const file = await readLines(path, expected);
  if (file.lines.length === 0) throw invalidQuestions(`${file.name}: the file is empty.`, { file: path });
  const seen = new Set<string>();
  return file.lines.map((line) => {
    const { id = `line-${line.number}`, query, ownerId, relevant } = objectOf(file, line);
    const question = {
      id,
      query,
      ...(ownerId === undefined || ownerId === null ? {} : { ownerId }),
      relevant: Array.isArray(relevant)
        ? relevant.map((item: unknown) => (typeof item === "string" ? { id: item } : item))
        : relevant,
    };
    const problem = problemOf(question);
    if (problem !== undefined) refuse(file.name, line, problem);
    const good = question as Question;
    if (seen.has(good.id)) refuse(file.name, line, `id ${JSON.stringify(good.id)} was there before`);
    seen.add(good.id);
    return good;
  });
}
