import { withDatabaseErrors } from "@devora/db-schema";
import { type Context, entityIdOf, sourceNamed } from "./context.ts";
import { entitiesCentroid } from "./entities-centroid.ts";
import { type SearchOptions, searchScopesOf } from "./read-scopes.ts";
import { assertLimit, searchScopes } from "./search-passages.ts";
import { assertThreshold, resultOf, type SemanticSearchResult } from "./semantic-search.ts";
import type { AnyFilters } from "./sources/filters-of.ts";

export interface FindSimilarOptions<TName extends string = string, TFilters = AnyFilters>
  extends SearchOptions<TFilters> {
  /** The row that others are compared with. */
  source: TName;
  id: string | number | bigint;
  /** Where to look. Default: all sources. */
  entityTypes?: readonly TName[] | undefined;
  /** Most hits, 1 to 1000. Default 10. */
  limit?: number | undefined;
  /** Least cosine similarity of a hit, -1 to 1. Default: none. */
  similarityThreshold?: number | undefined;
}

/** Rows near to the middle of one row's passages; no call of the embedder. */
export async function findSimilarEntities(
  context: Context,
  options: FindSimilarOptions,
): Promise<SemanticSearchResult> {
  const { limit = 10, similarityThreshold, ef, signal } = options;
  assertLimit(limit);
  assertThreshold(similarityThreshold);
  const source = sourceNamed(context, options.source);
  const entityIds = [entityIdOf(source, options.id)];
  const scopes = searchScopesOf(context, options.entityTypes, options);
  return withDatabaseErrors("embeddings.findSimilarEntities", async () => {
    const vector = await entitiesCentroid(context, source, entityIds, options);
    if (vector === undefined) return { results: [], complete: true };
    const others = scopes.map((scope) => ({ ...scope, except: { source: source.name, entityIds } }));
    const search = { vector, limit, perEntity: true, minSimilarity: similarityThreshold, ef, signal };
    return resultOf(await searchScopes(context, others, options, search));
  });
}
