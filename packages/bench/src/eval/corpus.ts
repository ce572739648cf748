import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "./input-error.ts";

export interface CorpusDocument {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** A question, and how relevant each judged document is to it: 0 or less is not relevant, unlisted ones are not. */
export interface JudgedQuery {
  readonly id: string;
  readonly text: string;
  readonly grades: ReadonlyMap<string, number>;
}

export interface Corpus {
  readonly documents: readonly CorpusDocument[];
  /** Queries with at least one relevant document, in the order of their file. */
  readonly queries: readonly JudgedQuery[];
  /** Judgements of documents that are not in the corpus: no engine can find these, and they count all the same. */
  readonly unknownDocuments: number;
}

/**
 * Reads a test collection in the common layout: `corpus.jsonl`, `queries.jsonl`, `qrels.tsv`.
 * @throws {InputError} naming the file and the line
 */
export async function readCorpus(folder: string): Promise<Corpus> {
  const read = async (name: string) => ({ name, lines: linesOf(await readText(join(folder, name))) });
  const documents = parseRecords(await read("corpus.jsonl")).map(({ id, title, text }) => ({
    id,
    title,
    text,
  }));
  const texts = new Map(parseRecords(await read("queries.jsonl")).map(({ id, text }) => [id, text]));
  const judgements = parseJudgements(await read("qrels.tsv"), texts);

  const queries = [...texts]
    .map(([id, text]) => ({ id, text, grades: judgements.get(id) ?? new Map<string, number>() }))
    .filter(({ grades }) => [...grades.values()].some((grade) => grade > 0));
  if (queries.length === 0) {
    throw new InputError("qrels.tsv: no query has a relevant document. A score above 0 makes one relevant.");
  }
  const known = new Set(documents.map(({ id }) => id));
  const unknownDocuments = queries
    .flatMap(({ grades }) => [...grades.keys()])
    .filter((id) => !known.has(id)).length;
  return { documents, queries, unknownDocuments };
}

interface TextFile {
  readonly name: string;
  readonly lines: readonly Line[];
}

interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown";
    throw new InputError(
      `cannot read ${path} (${code}). --corpus must be a folder with corpus.jsonl, queries.jsonl and qrels.tsv.`,
      { cause: error },
    );
  }
}

/** The lines that are not empty. */
const linesOf = (text: string): Line[] =>
  text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line, index) => ({ number: index + 1, text: line }))
    .filter((line) => line.text.trim() !== "");

function parseRecords({ name, lines }: TextFile): CorpusDocument[] {
  if (lines.length === 0) throw new InputError(`${name}: the file is empty.`);
  const seen = new Set<string>();
  return lines.map((line) => {
    const record = parseRecord(name, line);
    if (seen.has(record.id)) refuse(name, line, `id ${JSON.stringify(record.id)} was there before`);
    seen.add(record.id);
    return record;
  });
}

function parseRecord(name: string, line: Line): CorpusDocument {
  let value: unknown;
  try {
    value = JSON.parse(line.text);
  } catch (error) {
    refuse(name, line, `not JSON (${(error as Error).message})`);
  }
  if (typeof value !== "object" || value === null) refuse(name, line, "not a JSON object");
  const { id, title = "", text } = value as Record<string, unknown>;
  if (typeof id !== "string" || id === "") refuse(name, line, "id must be a text that is not empty");
  if (typeof title !== "string") refuse(name, line, "title must be a text, or absent");
  if (typeof text !== "string") refuse(name, line, "text must be a text");
  return { id, title, text };
}

function parseJudgements(
  { name, lines }: TextFile,
  queries: ReadonlyMap<string, string>,
): Map<string, Map<string, number>> {
  const [header, ...rows] = lines;
  if (!header || rows.length === 0) throw new InputError(`${name}: no judgements in it.`);
  if (isScore(header.text.split("\t")[2])) {
    refuse(name, header, "a judgement where the header should be (query-id, corpus-id, score)");
  }
  const judgements = new Map<string, Map<string, number>>();
  for (const row of rows) {
    const [query = "", document = "", score, ...more] = row.text.split("\t");
    if (!isScore(score) || query === "" || document === "" || more.length > 0) {
      refuse(name, row, "must be query-id, corpus-id and a number, with tabs between");
    }
    if (!queries.has(query)) refuse(name, row, `no query ${JSON.stringify(query)} in queries.jsonl`);
    const grades = judgements.get(query) ?? new Map<string, number>();
    judgements.set(query, grades.set(document, Number(score)));
  }
  return judgements;
}

const isScore = (text: string | undefined): text is string =>
  text !== undefined && /^\s*-?\d+(\.\d+)?\s*$/.test(text);

function refuse(name: string, { number }: Line, problem: string): never {
  throw new InputError(`${name}, line ${number}: ${problem}.`);
}
