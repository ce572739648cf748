export { bm25IndexFor } from "./bm25.ts";
export type { Candidates } from "./candidates.ts";
export { type CreateSearchOptions, createSearch, type Search, type SourceVerbs } from "./create-search.ts";
export type { DeleteQueriesAnswer, DeleteQueriesOptions } from "./delete-queries.ts";
export { chunkPassages, devoraSources, type PassageSource } from "./devora-sources.ts";
export type { Correction, DidYouMean, DidYouMeanOptions } from "./did-you-mean.ts";
export { isSearchError, SearchError, type SearchErrorCode } from "./errors.ts";
export type { Suggestion, SuggestionOptions, Suggestions } from "./get-suggestions.ts";
export {
  installSearch,
  type KernelOptions,
  type SearchKernel,
  searchKernelFor,
} from "./kernels.ts";
export type { CallOptions, ScopeRoles } from "./options.ts";
export type { Passage } from "./passage.ts";
export type { KernelFunctions } from "./queries/kernel-call.ts";
export type { QueryReport, ReportedQuery } from "./queries/query-report.ts";
export type { Facets } from "./queries/ranking.ts";
export type { QueryFilter } from "./query-fields.ts";
export type { LogOptions } from "./query-log.ts";
export type { QueryReportOptions } from "./query-report.ts";
export type { Explanation, RankingPreferences, Recency } from "./rank-options.ts";
export type { RefreshAnswer, RefreshOptions } from "./refresh-statistics.ts";
export type { FiltersOf, JsonOf, MetadataOf, ResultOf, SearchResult } from "./result.ts";
export type { RetrieveAnswer, RetrieveOptions } from "./retrieve.ts";
export type { ExplainedTerm, SearchAnswer, SearchOptions } from "./search.ts";
export { type BackfillOptions, backfillStatistics, searchStatisticsFor } from "./search-statistics.ts";
export { type CodeLine, type Segment, segmentsToHtml } from "./segments.ts";
export type { SynonymOptions } from "./set-synonyms.ts";
export {
  type ColumnOf,
  type ColumnsOf,
  defineSource,
  type Source,
  type SourceDefinition,
  type TextLanguage,
} from "./source.ts";
