import { invalid } from "../validate.ts";
import { DocumentError } from "./document-error.ts";
import { type IngestOptions, type IngestProgress, type ResolvedIngest, resolveIngest } from "./options.ts";
import { type FailedDocument, failure, type PreparedDocument, prepareDocument } from "./prepare-document.ts";
import { databaseClock, pruneDocuments } from "./prune-documents.ts";
import type { SourceDocument } from "./source-document.ts";
import { storeBatch } from "./store-batch.ts";

/** What became of the documents of a run. */
export interface IngestSummary {
  readonly added: number;
  readonly updated: number;
  /** Same text, title, language and type as stored: nothing was written. */
  readonly unchanged: number;
  /** Those that the source no longer gives; 0 without `prune`. */
  readonly deleted: number;
  /** Those that could not be read; what is stored of them stays. */
  readonly failed: readonly FailedDocument[];
}

/** A batch is written before it holds more text than this, in UTF-16 code units. */
const charactersPerBatch = 4_000_000;

/**
 * Brings documents from elsewhere into the table `documents` (module `embeddings` of `@devora/db-schema`), one
 * transaction per batch: what is new is added, what changed is written, what did not costs one read.
 *
 * May be cut off at any point and called again, and by two processes at once. Documents are fetched and read one by
 * one, outside any transaction; in memory are one batch and the uris of the run.
 *
 * With `prune`, documents below its prefix that the source did not give are deleted softly at the end; never after
 * an error or an abort, never one that failed, and never more than `prune.maxShare` of them.
 *
 * @throws {RagError} INVALID_OPTION, READER_REQUIRED, SOURCE_FAILED, PRUNE_REFUSED; what a source of your own or the
 * indexer throws passes unchanged, as does the signal's reason
 * @throws {DatabaseError} of `@devora/db-schema`; batches before it stay written
 *
 * @example
 * await ingestDocuments({
 *   db,
 *   ownerId: user.id,
 *   documents: folderDocuments("./handbook", { prefix: "handbook/" }),
 *   prune: { prefix: "handbook/" },
 *   indexer: embeddings,
 * });
 * // { added: 12, updated: 1, unchanged: 230, deleted: 2, failed: [{ uri, code: "ENCRYPTED", message }] }
 */
export async function ingestDocuments(options: IngestOptions): Promise<IngestSummary> {
  const run = resolveIngest(options);
  const { prune, signal } = run;
  signal.throwIfAborted();
  const startedAt = prune === undefined ? "" : await databaseClock(run);
  const intake = createIntake(run);
  for await (const document of run.documents) await intake.take(document);
  await intake.flush();
  const { seen } = intake;
  const deleted = prune === undefined ? 0 : await pruneDocuments(run, prune, { seen, startedAt });
  const summary = intake.summary(deleted);
  if (deleted > 0) run.onProgress?.(progressOf(summary));
  return summary;
}

/** Gathers documents to batches and writes them. */
function createIntake(run: ResolvedIngest) {
  const seen = new Set<string>();
  const failed: FailedDocument[] = [];
  const counts = { added: 0, updated: 0, unchanged: 0 };
  let batch: PreparedDocument[] = [];
  let characters = 0;

  const summary = (deleted: number): IngestSummary => ({ ...counts, deleted, failed: [...failed] });
  const flush = async () => {
    const stored = await storeBatch(run, batch);
    [batch, characters] = [[], 0];
    counts.added += stored.added;
    counts.updated += stored.updated;
    counts.unchanged += stored.unchanged;
    run.onProgress?.(progressOf(summary(0)));
  };
  return {
    seen,
    summary,
    flush: async () => {
      if (batch.length > 0) await flush();
    },
    async take(document: SourceDocument) {
      assertWithinPrefix(document, run.prune?.prefix);
      if (seen.has(document?.uri)) {
        failed.push(
          failure(document.uri, new DocumentError("DUPLICATE_URI", "The source gave its uri before.")),
        );
        return;
      }
      const prepared = await prepareDocument(document, run);
      seen.add(prepared.uri);
      if ("code" in prepared) {
        failed.push(prepared);
        return;
      }
      batch.push(prepared);
      characters += prepared.content.length;
      if (batch.length >= run.batchSize || characters >= charactersPerBatch) await flush();
    },
  };
}

/** A document outside would be written at every run and deleted by none. */
function assertWithinPrefix(document: SourceDocument, prefix: string | undefined): void {
  if (prefix === undefined || typeof document?.uri !== "string" || document.uri.startsWith(prefix)) return;
  throw invalid(
    "prune.prefix",
    prefix,
    `the beginning of every uri that the source gives, and it is not of ${JSON.stringify(document.uri.slice(0, 100))}`,
  );
}

const progressOf = ({ added, updated, unchanged, deleted, failed }: IngestSummary): IngestProgress => ({
  done: added + updated + unchanged + failed.length,
  added,
  updated,
  unchanged,
  deleted,
  failed: failed.length,
});
