import { isRagError } from "@devora/rag";
import { type CorpusDocument, type Grades, readCorpus as read } from "@devora/rag/evaluation";
import { InputError } from "./input-error.ts";

export type { CorpusDocument };

/** A question, and how relevant each judged document is to it: 0 is not relevant, unlisted ones are not. */
export interface JudgedQuery {
  readonly id: string;
  readonly text: string;
  readonly grades: Grades;
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
  const { documents, questions, unknownDocuments } = await read(folder).catch((error: unknown) => {
    throw isRagError(error) ? new InputError(error.message, { cause: error }) : error;
  });
  const queries = questions.map(({ id, query, relevant }) => ({
    id,
    text: query,
    grades: new Map(relevant.map(({ id: document, grade = 1 }) => [document, grade])),
  }));
  return { documents, queries, unknownDocuments };
}
