import type { Database } from "@devora/db-schema";
import { rowsOf } from "@devora/db-schema";
import type { Context } from "./context.ts";
import type { Model } from "./ensure-model.ts";
import { nearest } from "./nearest.ts";
import { decodeNearest, nearestQuery } from "./queries/nearest.ts";
import type { Scope } from "./queries/scope.ts";

/** How deep rankings are compared. */
export const depth = 10;

const scopeOf = (context: Context): Scope => ({ sources: [...context.sources.values()], owner: "all" });

/** Ids of the passages that a search over all owners answers, nearest first. */
export async function searchedIds(
  tx: Database,
  context: Context,
  model: Model,
  vector: readonly number[],
): Promise<string[]> {
  const options = { vector, limit: depth, perEntity: false };
  const ofModel = { ...context, embedder: model.embedder, candidate: undefined };
  const { hits } = await nearest(tx, ofModel, scopeOf(context), options, false);
  return hits.map(({ id }) => id);
}

/** The same by comparing with every vector. */
export async function exactIds(
  tx: Database,
  context: Context,
  model: Model,
  vector: readonly number[],
): Promise<string[]> {
  const query = nearestQuery({
    ...scopeOf(context),
    modelId: model.id,
    dimensions: model.embedder.dimensions,
    vector,
    scan: "all",
    oversampling: 1,
    candidates: depth,
    perEntity: false,
    limit: depth,
  });
  return decodeNearest(await rowsOf(tx, query)).hits.map(({ id }) => id);
}
