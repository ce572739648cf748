import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "@devora/db-schema";
import { invalid, milliseconds, numberFrom, wholeNumber } from "../validate.ts";
import type { DocumentLimits, DocumentReader } from "./reader.ts";
import type { DocumentSource } from "./source-document.ts";

/** Which documents a run may delete. */
export interface PruneOptions {
  /**
   * The source answers for all documents of the owner whose uri begins so, and gives no others; `""` for all that
   * the owner has.
   */
  readonly prefix: string;
  /**
   * 0 to 1: the largest share of these documents that one run may delete. Beyond it nothing is deleted, because a
   * source that gives so little is more likely broken. Default 0.5; with 1 an empty source deletes everything.
   */
  readonly maxShare?: number;
}

/** Who makes passages of documents; `createEmbeddings(…)` of `@devora/embeddings` fits. */
export interface DocumentIndexer {
  /** Queues documents that were written or deleted, in the transaction that did so. */
  enqueue(
    request: {
      readonly source: "documents";
      readonly ids: readonly string[];
      readonly ownerId?: string | undefined;
    },
    options: { readonly db: Database },
  ): Promise<unknown>;
}

/** How far a run is. */
export interface IngestProgress {
  /** Documents that the source gave and that are dealt with. */
  readonly done: number;
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly deleted: number;
  readonly failed: number;
}

/** Options of {@link ingestDocuments}. */
export interface IngestOptions {
  /** A Drizzle database, or a transaction that all is to be part of. It stays the caller's to close. */
  readonly db: Database;
  /** The user whose documents they are; `null` for documents that nobody owns, written as the service. */
  readonly ownerId: string | null;
  readonly documents: DocumentSource;
  /** Deletes documents that the source no longer gives. Default: none is deleted. */
  readonly prune?: PruneOptions | undefined;
  /** Needed where no trigger of `installEmbeddingTriggers` watches the table. Default none. */
  readonly indexer?: DocumentIndexer | undefined;
  /** Readers of your own by media type, in place of ours or beside them. */
  readonly readers?: Readonly<Record<string, DocumentReader>> | undefined;
  readonly limits?: DocumentLimits | undefined;
  /** Documents written in one transaction, 1 to 500; fewer when they are long. Default 20. */
  readonly batchSize?: number | undefined;
  /** Called after each batch, and after deletions. */
  readonly onProgress?: ((progress: IngestProgress) => void) | undefined;
  /** Stops the run between documents; what is written stays. */
  readonly signal?: AbortSignal | undefined;
  /** Role of the transactions. Default `devora_app`, or `devora_service` without an owner; `null` keeps the login's. */
  readonly role?: string | null | undefined;
  /** Resolves after `ms`, or rejects when `signal` aborts. Default a timer. */
  readonly sleep?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
}

/** Options with their defaults, checked. */
export interface ResolvedIngest extends Pick<IngestOptions, "indexer" | "onProgress" | "role"> {
  readonly db: Database;
  readonly ownerId: string | null;
  readonly documents: DocumentSource;
  readonly prune: Required<PruneOptions> | undefined;
  readonly readers: Readonly<Record<string, DocumentReader>>;
  readonly limits: Required<DocumentLimits>;
  readonly batchSize: number;
  readonly signal: AbortSignal;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** @throws {RagError} INVALID_OPTION */
export function resolveIngest(options: IngestOptions): ResolvedIngest {
  const { db, ownerId, documents, prune, indexer, readers = {}, limits = {}, onProgress, role } = options;
  if (typeof db?.transaction !== "function") throw invalid("db", db, "a Drizzle Postgres database");
  const isOwner = typeof ownerId === "string" && ownerId !== "" && !ownerId.includes("\u0000");
  if (!isOwner && ownerId !== null)
    throw invalid("ownerId", ownerId, "a user's id, or null for documents that nobody owns");
  if (!isIterable(documents)) throw invalid("documents", documents, "an iterable or async iterable");
  if (indexer !== undefined && typeof indexer?.enqueue !== "function")
    throw invalid("indexer", indexer, "an object with `enqueue`");
  for (const [mimeType, reader] of Object.entries(readers))
    if (typeof reader !== "function")
      throw invalid(`readers[${JSON.stringify(mimeType)}]`, reader, "a function");
  return {
    db,
    ownerId,
    documents,
    indexer,
    readers,
    onProgress,
    role,
    prune: prune === undefined ? undefined : resolvePrune(prune),
    limits: {
      bytes: wholeNumber("limits.bytes", limits.bytes ?? 20_000_000, 1, 2 ** 30),
      characters: wholeNumber("limits.characters", limits.characters ?? 2_000_000, 1, 100_000_000),
      pages: wholeNumber("limits.pages", limits.pages ?? 2_000, 1, 1_000_000),
      readMs: milliseconds("limits.readMs", limits.readMs ?? 60_000),
    },
    batchSize: wholeNumber("batchSize", options.batchSize ?? 20, 1, 500),
    signal: options.signal ?? new AbortController().signal,
    sleep: options.sleep ?? ((ms, signal) => delay(ms, undefined, { signal })),
  };
}

function resolvePrune({ prefix, maxShare = 0.5 }: PruneOptions): Required<PruneOptions> {
  if (typeof prefix !== "string") throw invalid("prune.prefix", prefix, "the beginning of uris");
  return { prefix, maxShare: numberFrom("prune.maxShare", maxShare, 0, 1) };
}

function isIterable(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}
