import { withActiveModel } from "./active-model.ts";
import { type BuildIndexOptions, type BuiltIndex, buildIndex } from "./build-index.ts";
import { type Candidates, type CandidatesOptions, candidates } from "./candidates.ts";
import { createWorker, type EmbeddingsWorker, type WorkerOptions } from "./create-worker.ts";
import { type DoctorOptions, type DoctorReport, doctor } from "./doctor.ts";
import { type DropModelOptions, dropModel } from "./drop-model.ts";
import { type EmbedSummary, embed } from "./embed.ts";
import { type EmbedAllOptions, type EmbedAllSummary, embedAll } from "./embed-all.ts";
import { type EnqueueOptions, type EnqueueRequest, enqueue } from "./enqueue.ts";
import { type DuplicateClusters, type FindDuplicatesOptions, findDuplicates } from "./find-duplicates.ts";
import { type FindSimilarOptions, findSimilarEntities } from "./find-similar-entities.ts";
import { generateEmbeddingsBatch } from "./generate-embedding.ts";
import {
  type MigrateModelOptions,
  type ModelMigration,
  migrateModel,
  rollbackModel,
} from "./migrate-model.ts";
import { type EmbeddingsOptions, resolveOptions } from "./options.ts";
import type { EmbedOptions, EmbedResult } from "./ports.ts";
import type { ModelKey } from "./queries/model.ts";
import type { ParkedJob, QueueStats } from "./queries/queue-reports.ts";
import {
  type ParkedJobsOptions,
  parkedJobs,
  queueStats,
  type RetryParkedOptions,
  retryParked,
} from "./queue-reports.ts";
import { type RecommendOptions, recommend } from "./recommend.ts";
import { type Retrieval, type RetrieveOptions, retrieve } from "./retrieve.ts";
import { type SemanticSearchOptions, type SemanticSearchResult, semanticSearch } from "./semantic-search.ts";
import type { Source } from "./sources/define-source.ts";
import { devoraSources } from "./sources/devora-sources.ts";
import type { AnyFilters, FiltersOf } from "./sources/filters-of.ts";
import { type SuggestTagsOptions, suggestTags, type TagSuggestions } from "./suggest-tags.ts";
import { type SweepOptions, type SweepSummary, sweep } from "./sweep.ts";

/** Embeddings of one database's rows by one model; see {@link createEmbeddings}. */
export interface Embeddings<TName extends string = string, TFilters = AnyFilters> {
  /** The vector of one text, and what it cost; nothing is stored. @throws {EmbeddingsError} INVALID_INPUT */
  generateEmbedding(
    text: string,
    options?: EmbedOptions,
  ): Promise<{ embedding: number[]; usage: EmbedResult["usage"] }>;
  /** The vectors of texts, in their order. @throws {EmbeddingsError} INVALID_INPUT for a blank text */
  generateEmbeddingsBatch(texts: readonly string[], options?: EmbedOptions): Promise<EmbedResult>;

  /**
   * Brings the passages and vectors of one row up to date now; a row that is gone loses them.
   * No transaction is open while the embedder works.
   * @throws {EmbeddingsError} UNKNOWN_SOURCE, INVALID_ID, ROW_CHANGED, and what the embedder throws
   */
  embed(source: TName, id: string | number | bigint, options?: EmbedOptions): Promise<EmbedSummary>;
  /** {@link embed} of a row of source `projects`. */
  embedProject(id: string, options?: EmbedOptions): Promise<EmbedSummary>;
  /** {@link embed} of a row of source `conversations`: its whole transcript. */
  embedConversation(id: string, options?: EmbedOptions): Promise<EmbedSummary>;
  /**
   * Embeds all rows that are not up to date, and removes the passages of rows that are gone. May be cut off at any
   * point and called again: what is done already costs a read, and no call of the embedder.
   * Rows whose text the embedder refuses are listed in `failed`; the others go on.
   */
  embedAll(options?: EmbedAllOptions<TName>): Promise<EmbedAllSummary>;

  /**
   * Queues rows for the worker, one job per row however often it is queued, in the caller's transaction.
   * @throws {EmbeddingsError} UNKNOWN_SOURCE, INVALID_ID, OWNER_MISMATCH
   */
  enqueue(request: EnqueueRequest<TName>, options?: EnqueueOptions): Promise<{ queued: number }>;
  /**
   * Queues the rows that changed where no trigger and no `enqueue` saw it, and removes the passages of rows that are
   * gone; no call of the embedder. All at once, or a slice at a time by `maxEntities` and `after`.
   */
  sweep(options?: SweepOptions<TName>): Promise<SweepSummary>;
  /** The queue in numbers: what is due, since when, what is put aside. */
  queueStats(): Promise<QueueStats>;
  /** The jobs that were put aside, newest first, with their errors. @throws {EmbeddingsError} INVALID_INPUT */
  parkedJobs(options?: ParkedJobsOptions): Promise<ParkedJob[]>;
  /** Gives them new attempts. @throws {EmbeddingsError} UNKNOWN_SOURCE, INVALID_ID, INVALID_INPUT */
  retryParked(options?: RetryParkedOptions<TName>): Promise<{ retried: number }>;
  /** A worker over the queue; any number may run, in any number of processes. */
  createWorker(options?: WorkerOptions): EmbeddingsWorker;

  /**
   * The rows nearest to a question, each by its best passage.
   * @throws {EmbeddingsError} OWNER_REQUIRED, UNKNOWN_SOURCE, INVALID_INPUT, and what the embedder throws
   */
  semanticSearch(options: SemanticSearchOptions<TName, TFilters>): Promise<SemanticSearchResult<TName>>;
  /** The rows nearest to a row, without itself; nothing for a row that has no passages in this scope. */
  findSimilarEntities(options: FindSimilarOptions<TName, TFilters>): Promise<SemanticSearchResult<TName>>;
  /** The passages nearest to a question, for a prompt. */
  retrieve(options: RetrieveOptions<TName, TFilters>): Promise<Retrieval>;
  /**
   * The SQL of a retrieval, to join in a statement of your own; see {@link Candidates}. Undefined where sources
   * without an owner are asked for in a user's scope, which hides their rows: name `entityTypes`.
   *
   * @example
   * const near = await embeddings.candidates({ query: "payment by card", ownerId: user.id, db: tx });
   * if (near === undefined) return;
   * await tx.execute(near.settings);
   * await tx.execute(sql`with near as materialized (${near.sql})
   *   select near.entity_id, near.distance, projects.stars
   *   from near join projects on near.source = 'projects' and projects.id = near.entity_id::uuid
   *   order by near.distance - projects.stars * 0.01`);
   */
  candidates(options: CandidatesOptions<TName, TFilters>): Promise<Candidates | undefined>;

  /** Groups of rows of one source that say nearly the same. @throws {EmbeddingsError} as findSimilarEntities */
  findDuplicates(options: FindDuplicatesOptions<TName, TFilters>): Promise<DuplicateClusters>;
  /**
   * Tags for a row or a text, by what the nearest rows have, or the nearest of given labels.
   *
   * @example
   * await embeddings.suggestTags({ source: "projects", id, ownerId: user.id, tagOf: "tags" });
   * // { tags: [{ tag: "payments", score: 0.61, support: 9 }, …], complete: true }
   */
  suggestTags(options: SuggestTagsOptions<TName, TFilters>): Promise<TagSuggestions>;
  /** Rows like a user's latest ones, or like some others, without these. */
  recommend(options: RecommendOptions<TName, TFilters>): Promise<SemanticSearchResult<TName>>;

  /**
   * Builds the HNSW index of the model, and of the candidate, unless a valid one is there. `embedAll` and the worker
   * do so by themselves from 10,000 vectors on. What a build left that was cut off is removed, and built anew.
   * @throws {EmbeddingsError} NOT_OWNER, MODEL_BUSY, INVALID_INPUT
   */
  buildIndex(options?: BuildIndexOptions): Promise<{ indexes: BuiltIndex[] }>;

  /**
   * Changes from the embedder's model to the candidate's without a gap: makes the vectors that stored passages lack,
   * builds the index, compares the models' answers, and lets the searches of all processes change over in one
   * transaction. May be cut off at any point and called again.
   * @throws {EmbeddingsError} INVALID_INPUT unless `to` is the candidate; MODEL_BUSY while another process is at it
   */
  migrateModel(options: MigrateModelOptions): Promise<ModelMigration>;
  /**
   * Lets searches go back from the candidate to the embedder's model.
   * @throws {EmbeddingsError} INVALID_INPUT where there is nothing to roll back, MODEL_INCOMPLETE, MODEL_BUSY
   */
  rollbackModel(): Promise<{ active: Required<ModelKey> }>;
  /**
   * Removes a model that nothing uses any more: its index, its vectors in batches, then itself. May be cut off at
   * any point and called again.
   * @throws {EmbeddingsError} MODEL_IN_USE, MODEL_BUSY
   */
  dropModel(options: DropModelOptions): Promise<{ dropped: boolean; removedVectors: number }>;

  /**
   * Looks for what makes searches slow or incomplete, and says how to put it right: model, index, recall, queue,
   * passages, triggers, login. Reads alone, and calls no embedder. A check that fails is an `error` with its code.
   *
   * @throws {EmbeddingsError} INVALID_INPUT
   *
   * @example
   * const { status, checks } = await embeddings.doctor();
   * // "warning", [{ name: "recall", status: "warning", message: "A search finds 91.5 % …", advice: "…", figures }, …]
   */
  doctor(options?: DoctorOptions): Promise<DoctorReport>;
}

/** Names of Devora's own sources. */
export type DevoraSourceName = DevoraSource["name"];
type DevoraSource = (typeof devoraSources)[number];

/**
 * Embeds rows of Drizzle tables, keeps their vectors in pgvector, and searches them.
 *
 * Reads with an owner run as that user under row level security, in a read-only transaction; writes run as the
 * service. Every hit is checked in the same statement against its live row: soft-deleted rows and rows of another
 * owner never answer, however stale their vectors are.
 *
 * @throws {EmbeddingsError} INVALID_OPTION
 *
 * @example
 * const embeddings = createEmbeddings({ db, embedder: hashingEmbedder() });
 * await embeddings.embedAll();
 * const { results } = await embeddings.semanticSearch({ queryText: "payment by card", ownerId: user.id });
 */
export function createEmbeddings<TSource extends Source = DevoraSource>(
  options: EmbeddingsOptions<TSource>,
): Embeddings<TSource["name"], FiltersOf<TSource>> {
  type TName = TSource["name"];
  const context = resolveOptions(options, devoraSources);
  return {
    async generateEmbedding(text, call) {
      const { embeddings, usage } = await generateEmbeddingsBatch(context, [text], call);
      return { embedding: embeddings[0] ?? [], usage };
    },
    generateEmbeddingsBatch: (texts, call) => generateEmbeddingsBatch(context, texts, call),
    embed: (source, id, call) => embed(context, source, id, call),
    embedProject: (id, call) => embed(context, "projects", id, call),
    embedConversation: (id, call) => embed(context, "conversations", id, call),
    embedAll: (call) => embedAll(context, call),
    enqueue: (request, call) => enqueue(context, request, call),
    sweep: (call) => sweep(context, call),
    queueStats: () => queueStats(context),
    parkedJobs: (call) => parkedJobs(context, call),
    retryParked: (call) => retryParked(context, call),
    createWorker: (workerOptions) => createWorker(context, workerOptions),
    // The names that come back are those of the sources given.
    semanticSearch: async (call) =>
      semanticSearch(await withActiveModel(context, call), call) as Promise<SemanticSearchResult<TName>>,
    findSimilarEntities: async (call) =>
      findSimilarEntities(await withActiveModel(context, call), call) as Promise<SemanticSearchResult<TName>>,
    retrieve: async (call) => retrieve(await withActiveModel(context, call), call),
    candidates: async (call) => candidates(await withActiveModel(context, call), call),
    findDuplicates: async (call) => findDuplicates(await withActiveModel(context, call), call),
    suggestTags: async (call) =>
      suggestTags(await withActiveModel(context, call), call as SuggestTagsOptions),
    recommend: async (call) =>
      recommend(await withActiveModel(context, call), call) as Promise<SemanticSearchResult<TName>>,
    buildIndex: (call) => buildIndex(context, call),
    migrateModel: (call) => migrateModel(context, call),
    rollbackModel: () => rollbackModel(context),
    dropModel: (call) => dropModel(context, call),
    doctor: (call) => doctor(context, call),
  };
}
