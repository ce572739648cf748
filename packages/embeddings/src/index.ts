export type { BuildIndexOptions, BuildIndexProgress, BuiltIndex } from "./build-index.ts";
export type { Candidates, CandidatesOptions } from "./candidates.ts";
export { type ChunkOptions, chunkText, type TextChunk, type TextKind } from "./chunking/chunk-text.ts";
export type { ModelComparison } from "./compare-models.ts";
export type { ContextPrefix, PassageContext } from "./context-prefix.ts";
export { createEmbeddings, type DevoraSourceName, type Embeddings } from "./create-embeddings.ts";
export type { EmbeddingsWorker, StopOptions, Wake, WorkerOptions } from "./create-worker.ts";
export type { DoctorCheckName, DoctorStatus } from "./doctor/check.ts";
export type { DoctorCheck, DoctorOptions, DoctorReport } from "./doctor.ts";
export type { DropModelOptions } from "./drop-model.ts";
export type { EmbedSummary } from "./embed.ts";
export type { EmbedAllOptions, EmbedAllProgress, EmbedAllSummary } from "./embed-all.ts";
export {
  type AiSdkEmbedderOptions,
  type AiSdkEmbeddingModel,
  aiSdkEmbedder,
} from "./embedders/ai-sdk-embedder.ts";
export { type HashingEmbedderOptions, hashingEmbedder } from "./embedders/hashing-embedder.ts";
export { createLimiter, type Limiter, type LimiterOptions } from "./embedders/limiter.ts";
export {
  type OpenAIClient,
  type OpenAIEmbedderOptions,
  type OpenAIEmbeddingsRequest,
  type OpenAIEmbeddingsResponse,
  openaiEmbedder,
} from "./embedders/openai-embedder.ts";
export type { RequestOptions } from "./embedders/request-options.ts";
export type { RetryOptions } from "./embedders/retry.ts";
export {
  type EmbeddingTriggerOptions,
  type EmbeddingTriggers,
  embeddingTriggersFor,
} from "./embedding-triggers.ts";
export type { EnqueueOptions, EnqueueRequest } from "./enqueue.ts";
export type { EntityCursor } from "./entity-batches.ts";
export { EmbeddingsError, type EmbeddingsErrorCode, isEmbeddingsError } from "./errors.ts";
export type { RefusedPassage } from "./fill-model.ts";
export type { DuplicateClusters, DuplicateEntity, FindDuplicatesOptions } from "./find-duplicates.ts";
export type { FindSimilarOptions } from "./find-similar-entities.ts";
export { installEmbeddingTriggers, removeEmbeddingTriggers } from "./install-triggers.ts";
export type { MigrateModelOptions, MigrateModelProgress, ModelMigration } from "./migrate-model.ts";
export type { EmbeddingsOptions } from "./options.ts";
export type { Embedder, EmbedOptions, EmbedResult, EmbedUsage, PartialEmbeddings } from "./ports.ts";
export { type ProgressStream, progressLine, progressTo } from "./progress.ts";
export type { ModelKey } from "./queries/model.ts";
export type { IndexKind } from "./queries/model-index.ts";
export type { ParkedJob, QueueStats } from "./queries/queue-reports.ts";
export type { ParkedJobsOptions, RetryParkedOptions } from "./queue-reports.ts";
export type { ReadOptions, SearchOptions } from "./read-scopes.ts";
export type { RecommendOptions } from "./recommend.ts";
export type { Passage, Retrieval, RetrieveOptions } from "./retrieve.ts";
export type { FilterOptions } from "./row-filters.ts";
export type { WorkerRun } from "./run-jobs.ts";
export type { SemanticHit, SemanticSearchOptions, SemanticSearchResult } from "./semantic-search.ts";
export {
  type ColumnOf,
  defineSource,
  type FilterColumns,
  type Source,
  type SourceDefinition,
  type Touch,
} from "./sources/define-source.ts";
export { devoraSources } from "./sources/devora-sources.ts";
export type { AnyFilters, FiltersOf } from "./sources/filters-of.ts";
export type { SuggestTagsOptions, TagSuggestion, TagSuggestions } from "./suggest-tags.ts";
export type { SweepOptions, SweepSummary } from "./sweep.ts";
