import { rowsOf, withDatabaseErrors } from "@devora/db-schema";
import { type Context, entityIdOf, sourceNamed } from "./context.ts";
import { entitiesCentroid } from "./entities-centroid.ts";
import { EmbeddingsError } from "./errors.ts";
import { latestRowsQuery } from "./queries/latest-rows.ts";
import { inScope, type SearchOptions, scopesOf, searchScopesOf } from "./read-scopes.ts";
import { assertLimit, searchScopes } from "./search-passages.ts";
import { assertThreshold, resultOf, type SemanticSearchResult } from "./semantic-search.ts";
import type { Source } from "./sources/define-source.ts";
import type { AnyFilters } from "./sources/filters-of.ts";

export interface RecommendOptions<TName extends string = string, TFilters = AnyFilters>
  extends SearchOptions<TFilters> {
  /** What is recommended: the owner's own rows, or everybody's where the source has no owner. */
  source: TName;
  /** Rows that recommendations are to be like, at most 1000. Default: the owner's five latest. */
  basedOn?: readonly (string | number | bigint)[] | undefined;
  /** The source of those rows. Default: `source`. */
  basedOnSource?: TName | undefined;
  /** Most hits, 1 to 1000. Default 10. */
  limit?: number | undefined;
  /** Least cosine similarity of a hit, -1 to 1. Default: none. */
  similarityThreshold?: number | undefined;
}

const latestRows = 5;

/** Rows near to the middle of a user's latest rows, or of some others, without these; no call of the embedder. */
export async function recommend(context: Context, options: RecommendOptions): Promise<SemanticSearchResult> {
  const { basedOn, limit = 10, similarityThreshold, ef, signal } = options;
  assertLimit(limit);
  assertThreshold(similarityThreshold);
  assertBasedOn(basedOn);
  const scopes = searchScopesOf(context, [options.source], options);
  const base = sourceNamed(context, options.basedOnSource ?? options.source);
  const given = basedOn?.map((id) => entityIdOf(base, id));
  if (given === undefined && (base.owner === undefined || options.ownerId === undefined)) {
    throw new EmbeddingsError(
      "INVALID_INPUT",
      `Latest rows are an owner's, and source "${base.name}" ${base.owner === undefined ? "has none" : "is asked for without ownerId"}. Pass basedOn, or ownerId and a basedOnSource with an owner.`,
    );
  }
  return withDatabaseErrors("embeddings.recommend", async () => {
    const entityIds = given ?? (await latestIds(context, base, options));
    const vector = await entitiesCentroid(context, base, entityIds, options);
    if (vector === undefined) return { results: [], complete: true };
    const others = scopes.map((scope) => ({ ...scope, except: { source: base.name, entityIds } }));
    const search = { vector, limit, perEntity: true, minSimilarity: similarityThreshold, ef, signal };
    return resultOf(await searchScopes(context, others, options, search));
  });
}

async function latestIds(context: Context, base: Source, options: RecommendOptions): Promise<string[]> {
  const [scope] = scopesOf([base], options);
  if (scope === undefined) return [];
  options.signal?.throwIfAborted();
  const query = latestRowsQuery(base, scope, latestRows);
  return (await inScope(context, scope, options, (tx) => rowsOf(tx, query))).map((row) =>
    String(row.entity_id),
  );
}

function assertBasedOn(basedOn: unknown): void {
  if (basedOn === undefined || (Array.isArray(basedOn) && basedOn.length > 0 && basedOn.length <= 1_000))
    return;
  throw new EmbeddingsError(
    "INVALID_INPUT",
    "basedOn must be a list of 1 to 1000 ids; leave it out for the owner's latest rows.",
  );
}
