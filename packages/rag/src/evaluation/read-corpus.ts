import { join } from "node:path";
import { invalidQuestions, type Question } from "./question.ts";
import { type Line, objectOf, readLines, refuse, type TextFile } from "./read-lines.ts";

/** A document of a test collection. */
export interface CorpusDocument {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** A test collection. */
export interface Corpus {
  readonly documents: readonly CorpusDocument[];
  /** Questions with at least one relevant document, in the order of their file. */
  readonly questions: readonly Question[];
  /** Judgements of documents that are not in the corpus: nobody can find these, and they count all the same. */
  readonly unknownDocuments: number;
}

/**
 * A test collection in the common layout: `corpus.jsonl` (`id`, `title`, `text`), `queries.jsonl` (`id`, `text`) and
 * `qrels.tsv` (header; query-id, corpus-id, score).
 * @throws {RagError} INVALID_QUESTIONS naming the file, the line and what is wrong
 */
export async function readCorpus(folder: string): Promise<Corpus> {
  const documents = await readRecords(folder, "corpus.jsonl");
  const questions = await readCorpusQuestions(folder);
  const known = new Set(documents.map(({ id }) => id));
  const unknownDocuments = questions
    .flatMap(({ relevant }) => relevant)
    .filter(({ id }) => !known.has(id)).length;
  return { documents, questions, unknownDocuments };
}

/** The questions of {@link readCorpus}, with the ids of documents as relevant ids; `corpus.jsonl` is not read. */
export async function readCorpusQuestions(folder: string): Promise<Question[]> {
  const queries = await readRecords(folder, "queries.jsonl");
  const judgements = parseJudgements(
    await readLines(join(folder, "qrels.tsv"), expected),
    new Set(queries.map(({ id }) => id)),
  );
  const questions = queries
    .map(({ id, text }) => ({
      id,
      query: text,
      relevant: [...(judgements.get(id) ?? [])].map(([document, grade]) => ({ id: document, grade })),
    }))
    .filter(({ relevant }) => relevant.some(({ grade }) => grade > 0));
  if (questions.length === 0)
    throw invalidQuestions(
      "qrels.tsv: no query has a relevant document. A score above 0 makes one relevant.",
    );
  return questions;
}

const expected = "It must be a folder with corpus.jsonl, queries.jsonl and qrels.tsv.";

async function readRecords(folder: string, name: string): Promise<CorpusDocument[]> {
  const file = await readLines(join(folder, name), expected);
  if (file.lines.length === 0) throw invalidQuestions(`${name}: the file is empty.`, { file: name });
  const seen = new Set<string>();
  return file.lines.map((line) => {
    const record = recordOf(file, line);
    if (seen.has(record.id)) refuse(name, line, `id ${JSON.stringify(record.id)} was there before`);
    seen.add(record.id);
    return record;
  });
}

function recordOf(file: TextFile, line: Line): CorpusDocument {
  const { id, title = "", text } = objectOf(file, line);
  if (typeof id !== "string" || id === "") refuse(file.name, line, "id must be a text that is not empty");
  if (typeof title !== "string") refuse(file.name, line, "title must be a text, or absent");
  if (typeof text !== "string") refuse(file.name, line, "text must be a text");
  return { id, title, text };
}

function parseJudgements(
  { name, lines }: TextFile,
  queries: ReadonlySet<string>,
): Map<string, Map<string, number>> {
  const [header, ...rows] = lines;
  if (!header || rows.length === 0) throw invalidQuestions(`${name}: no judgements in it.`, { file: name });
  if (isScore(header.text.split("\t")[2]))
    refuse(name, header, "a judgement where the header should be (query-id, corpus-id, score)");
  const judgements = new Map<string, Map<string, number>>();
  for (const row of rows) {
    const [query = "", document = "", score, ...more] = row.text.split("\t");
    if (!isScore(score) || query === "" || document === "" || more.length > 0)
      refuse(name, row, "must be query-id, corpus-id and a number, with tabs between");
    if (!queries.has(query)) refuse(name, row, `no query ${JSON.stringify(query)} in queries.jsonl`);
    const grades = judgements.get(query) ?? new Map<string, number>();
    // Some collections have grades below 0 for spam.
    judgements.set(query, grades.set(document, Math.max(0, Number(score))));
  }
  return judgements;
}

const isScore = (text: string | undefined): text is string =>
  text !== undefined && /^\s*-?\d+(\.\d+)?\s*$/.test(text);
