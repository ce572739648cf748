import type { Database } from "@devora/db-schema";
import { rowsOf } from "@devora/db-schema";
import type { Context } from "./context.ts";
import type { Model } from "./ensure-model.ts";
import { nearest } from "./nearest.ts";
import { decodeNearest, type NearestRow, nearestQuery } from "./queries/nearest.ts";
import type { Scope } from "./queries/scope.ts";

/** How deep rankings are compared. */
export const depth = 10;

/** All rows of all owners. */
export const everything = (context: Context): Scope => ({
  sources: [...context.sources.values()],
  owner: "all",
});

/** The context of searches by one model. */
export const searchingBy = (context: Context, { embedder }: Model): Context => ({
  ...context,
  embedder,
  candidate: undefined,
});

/** The passages that a search over all owners answers, nearest first. */
export async function searchedHits(
  tx: Database,
  context: Context,
  model: Model,
  vector: readonly number[],
): Promise<NearestRow[]> {
  const options = { vector, limit: depth, perEntity: false };
  return (await nearest(tx, searchingBy(context, model), everything(context), options, false)).hits;
}

/** The same by comparing with every vector. */
export async function exactHits(
  tx: Database,
  context: Context,
  model: Model,
  vector: readonly number[],
): Promise<NearestRow[]> {
  const query = nearestQuery({
    ...everything(context),
    modelId: model.id,
    dimensions: model.embedder.dimensions,
    vector,
    scan: "all",
    oversampling: 1,
    candidates: depth,
    perEntity: false,
    limit: depth,
  });
  return decodeNearest(await rowsOf(tx, query)).hits;
}

type Search = typeof searchedHits;

const idsOf =
  (search: Search) =>
  async (...call: Parameters<Search>): Promise<string[]> =>
    (await search(...call)).map(({ id }) => id);

/** Ids of {@link searchedHits}. */
export const searchedIds = idsOf(searchedHits);

/** Ids of {@link exactHits}. */
export const exactIds = idsOf(exactHits);
