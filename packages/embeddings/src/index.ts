export type { BuildIndexOptions, BuildIndexProgress, BuiltIndex } from "./build-index.ts";
export { type ChunkOptions, chunkText, type TextChunk, type TextKind } from "./chunking/chunk-text.ts";
export type { ModelComparison } from "./compare-models.ts";
export { createEmbeddings, type DevoraSourceName, type Embeddings } from "./create-embeddings.ts";
export type { EmbeddingsWorker, WorkerOptions } from "./create-worker.ts";
export type { DropModelOptions } from "./drop-model.ts";
export type { EmbedSummary } from "./embed.ts";
export type { EmbedAllOptions, EmbedAllProgress, EmbedAllSummary } from "./embed-all.ts";
export { type HashingEmbedderOptions, hashingEmbedder } from "./embedders/hashing-embedder.ts";
export {
  type OpenAIClient,
  type OpenAIEmbedderOptions,
  type OpenAIEmbeddingsRequest,
  type OpenAIEmbeddingsResponse,
  openaiEmbedder,
} from "./embedders/openai-embedder.ts";
export type { EnqueueOptions, EnqueueRequest } from "./enqueue.ts";
export { EmbeddingsError, type EmbeddingsErrorCode, isEmbeddingsError } from "./errors.ts";
export type { RefusedPassage } from "./fill-model.ts";
export type { FindSimilarOptions } from "./find-similar-entities.ts";
export type { MigrateModelOptions, MigrateModelProgress, ModelMigration } from "./migrate-model.ts";
export type { EmbeddingsOptions } from "./options.ts";
export type { Embedder, EmbedOptions, EmbedResult } from "./ports.ts";
export type { ModelKey } from "./queries/model.ts";
export type { IndexKind } from "./queries/model-index.ts";
export type { ReadOptions } from "./read-scopes.ts";
export type { Passage, Retrieval, RetrieveOptions } from "./retrieve.ts";
export type { WorkerRun } from "./run-jobs.ts";
export type { SemanticHit, SemanticSearchOptions, SemanticSearchResult } from "./semantic-search.ts";
export { type ColumnOf, defineSource, type Source, type SourceDefinition } from "./sources/define-source.ts";
export { devoraSources } from "./sources/devora-sources.ts";
