import { type Database, rowsOf, withDatabaseErrors } from "@devora/db-schema";
import { type Context, entityIdOf, sourceNamed } from "./context.ts";
import { centroidQuery, decodeSearchState, type Scope, searchStateQuery } from "./queries/nearest.ts";
import { inScope, type ReadOptions, scopesOf, sourcesNamed } from "./read-scopes.ts";
import { assertLimit, searchScopes } from "./search-passages.ts";
import { assertThreshold, resultOf, type SemanticSearchResult } from "./semantic-search.ts";
import type { Source } from "./sources/define-source.ts";

export interface FindSimilarOptions<TName extends string = string> extends ReadOptions {
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
  const { limit = 10, similarityThreshold, signal } = options;
  assertLimit(limit);
  assertThreshold(similarityThreshold);
  const source = sourceNamed(context, options.source);
  const entityId = entityIdOf(source, options.id);
  const scopes = scopesOf(sourcesNamed(context, options.entityTypes), options);
  return withDatabaseErrors("embeddings.findSimilarEntities", async () => {
    const [own] = scopesOf([source], options);
    if (own === undefined) return { results: [], complete: true };
    signal?.throwIfAborted();
    const vector = await inScope(context, own, options, (tx) => centroid(tx, context, source, entityId, own));
    if (vector === undefined) return { results: [], complete: true };
    const except = { source: source.name, entityId };
    const others = scopes.map((scope) => ({ ...scope, except }));
    const search = { vector, limit, perEntity: true, minSimilarity: similarityThreshold, signal };
    return resultOf(await searchScopes(context, others, options, search));
  });
}

async function centroid(
  tx: Database,
  { embedder }: Context,
  source: Source,
  entityId: string,
  scope: Scope,
): Promise<number[] | undefined> {
  const [known] = await rowsOf(tx, searchStateQuery(embedder, scope, 1));
  if (known === undefined) return undefined;
  const { modelId } = decodeSearchState(known);
  const query = centroidQuery(source, entityId, {
    modelId,
    dimensions: embedder.dimensions,
    owner: scope.owner,
  });
  const [row] = await rowsOf(tx, query);
  return typeof row?.centroid === "string" ? (JSON.parse(row.centroid) as number[]) : undefined;
}
