export type { Candidates, CandidatesOptions } from "./candidates.ts";
export { type ChunkOptions, chunkText, type TextChunk, type TextKind } from "./chunking/chunk-text.ts";
export { createEmbeddings, type DevoraSourceName, type Embeddings } from "./create-embeddings.ts";
export type { EmbeddingsWorker, WorkerOptions } from "./create-worker.ts";
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
export type { DuplicateClusters, DuplicateEntity, FindDuplicatesOptions } from "./find-duplicates.ts";
export type { FindSimilarOptions } from "./find-similar-entities.ts";
export type { EmbeddingsOptions } from "./options.ts";
export type { Embedder, EmbedOptions, EmbedResult } from "./ports.ts";
export type { IndexKind } from "./queries/search-state.ts";
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
} from "./sources/define-source.ts";
export { devoraSources } from "./sources/devora-sources.ts";
export type { AnyFilters, FiltersOf } from "./sources/filters-of.ts";
export type { SuggestTagsOptions, TagSuggestion, TagSuggestions } from "./suggest-tags.ts";
