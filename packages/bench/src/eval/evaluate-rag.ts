import { existsSync } from "node:fs";
import { join } from "node:path";
import { migrate } from "@devora/db-schema";
import { type EvaluationReport, evaluate } from "@devora/rag/evaluation";
import { openScratchDatabase } from "../scratch-database.ts";
import type { Corpus } from "./corpus.ts";
import { documentRetrievers, reader } from "./document-retrievers.ts";
import type { EvalLanguage } from "./language.ts";
import type { Progress } from "./progress.ts";
import { readRun } from "./recorded-run.ts";

/** Recorded answers: a file, by the name that they have in the report. */
export type Runs = Readonly<Record<string, string>>;

/** The recorded run that comes with the CNIL collection, where it is in the folder. */
export function runsOf(folder: string): Runs {
  const path = join(folder, "run-epitca-v2.tsv");
  return existsSync(path) ? { epitca: path } : {};
}

/**
 * Search, offline embeddings and recorded runs on a corpus, alone and fused; the database is made for it and dropped
 * again.
 */
export async function evaluateRag(
  corpus: Corpus,
  { language, runs, progress }: { language: EvalLanguage; runs: Runs; progress: Progress },
): Promise<EvaluationReport> {
  const recorded = await Promise.all(
    Object.entries(runs).map(async ([name, path]) => [name, await readRun(path, corpus)] as const),
  );
  const database = await openScratchDatabase();
  const { db } = database;
  try {
    progress.say(
      `storing and embedding ${corpus.documents.length} documents in ${database.url ? "a database of the server" : "an embedded database"} …`,
    );
    await migrate({ ...database.target, modules: ["core", "search", "embeddings"] });
    const retrievers = await documentRetrievers(db, corpus.documents, language);
    return await evaluate({
      retrievers: { ...retrievers, ...Object.fromEntries(recorded) },
      questions: corpus.queries.map(({ id, text, grades }) => ({
        id,
        query: text,
        relevant: [...grades].map(([document, grade]) => ({ id: document, grade })),
      })),
      ownerId: reader,
      limits: { candidates: 100, deadlineMs: 60_000 },
      onProgress: (done, total) => progress.show(`${done} of ${total} questions`),
    });
  } finally {
    await database.close();
  }
}
