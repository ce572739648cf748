import { withDatabaseErrors } from "@devora/db-schema";
import type { Context } from "./context.ts";
import { EmbeddingsError, shapeOf } from "./errors.ts";
import type { NearestHits } from "./nearest.ts";
import type { NearestRow } from "./queries/nearest.ts";
import { type SearchOptions, searchScopesOf } from "./read-scopes.ts";
import { assertLimit, queryVector, searchScopes } from "./search-passages.ts";
import type { AnyFilters } from "./sources/filters-of.ts";

export interface SemanticSearchOptions<TName extends string = string, TFilters = AnyFilters>
  extends SearchOptions<TFilters> {
  /** Cut to the embedder's `maxInputTokens`; a blank one finds nothing. */
  queryText: string;
  /** Names of sources. Default: all. */
  entityTypes?: readonly TName[] | undefined;
  /** Most hits, 1 to 1000. Default 10. */
  limit?: number | undefined;
  /** Least cosine similarity of a hit, -1 to 1. What is a good value depends on the model. Default: none. */
  similarityThreshold?: number | undefined;
}

/** A row, by its passage that is nearest to the question. */
export interface SemanticHit<TName extends string = string> {
  source: TName;
  entityId: string;
  /** The row's title, and in Markdown the headings of the passage. */
  title: string;
  chunkId: string;
  /** The passage: `start` to `end` of the row's text, in UTF-16 code units. */
  text: string;
  start: number;
  end: number;
  /** Cosine distance, 0 to 2, lower is nearer. */
  distance: number;
  /** 1 - distance, higher is nearer. */
  similarity: number;
  /** When the row was last changed, as it was embedded. */
  updatedAt: Date;
}

export interface SemanticSearchResult<TName extends string = string> {
  /** Nearest first, ties by chunk id. */
  results: SemanticHit<TName>[];
  /** False when more rows may match than were looked at. */
  complete: boolean;
}

/** Rows whose passages mean what the question means. */
export async function semanticSearch(
  context: Context,
  options: SemanticSearchOptions,
): Promise<SemanticSearchResult> {
  const { queryText, limit = 10, similarityThreshold, ef, signal } = options;
  assertLimit(limit);
  assertThreshold(similarityThreshold);
  const scopes = searchScopesOf(context, options.entityTypes, options);
  const vector = await queryVector(context, queryText, signal);
  if (vector === undefined) return { results: [], complete: true };
  const search = { vector, limit, perEntity: true, minSimilarity: similarityThreshold, ef, signal };
  return withDatabaseErrors("embeddings.semanticSearch", async () =>
    resultOf(await searchScopes(context, scopes, options, search)),
  );
}

export const resultOf = ({ hits, complete }: NearestHits): SemanticSearchResult => ({
  results: hits.map(hitOf),
  complete,
});

const hitOf = ({
  id,
  source,
  entityId,
  title,
  text,
  start,
  end,
  distance,
  updatedAt,
}: NearestRow): SemanticHit => ({
  source,
  entityId,
  title,
  chunkId: id,
  text,
  start,
  end,
  distance,
  similarity: 1 - distance,
  updatedAt,
});

export function assertThreshold(value: unknown, name = "similarityThreshold"): void {
  if (value === undefined || (typeof value === "number" && value >= -1 && value <= 1)) return;
  throw new EmbeddingsError(
    "INVALID_INPUT",
    `${name} must be a number from -1 to 1; received ${shapeOf(value)}.`,
  );
}
