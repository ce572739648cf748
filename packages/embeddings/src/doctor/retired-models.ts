import { type Row, rowsOf } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { Context } from "../context.ts";
import { decodeStoredModel, isModel } from "../queries/model.ts";
import { type Check, type Diagnosis, ok, warning } from "./check.ts";

/** Retired models that have vectors, with how many. */
export const retiredModelsQuery: SQL = sql`
  select model.id::integer, model.name, model.dimensions::integer, model.version, model.state,
    stored.vectors
  from devora.embedding_models as model
  cross join lateral (
    select count(*)::float8 as vectors from devora.embeddings where model_id = model.id
  ) as stored
  where model.state = 'retired' and stored.vectors > 0
  order by model.id`;

/** A model that this configuration writes is kept on purpose. */
export function diagnoseRetired(
  { embedder, candidate }: Pick<Context, "embedder" | "candidate">,
  rows: readonly Row[],
): Diagnosis {
  const used = candidate === undefined ? [embedder] : [embedder, candidate];
  const unused = rows
    .map((row) => ({ ...decodeStoredModel(row), vectors: Number(row.vectors) }))
    .filter((stored) => !used.some((key) => isModel(stored, key)));
  const vectors = unused.reduce((sum, stored) => sum + stored.vectors, 0);
  const figures = { models: unused.length, vectors };
  const names = unused.map(
    ({ name, dimensions, version }) => `"${name}" (${dimensions} dimensions, version ${version})`,
  );
  return unused.length === 0
    ? ok("No vectors of models are stored that nothing uses.", figures)
    : warning(
        `${vectors} vectors are stored of retired models: ${names.join(", ")}.`,
        "Once no roll-back is wanted: dropModel({ model, dimensions, version }).",
        figures,
      );
}

export const retiredModels: Check = {
  name: "retired-models",
  examine: async ({ tx, context }) => diagnoseRetired(context, await rowsOf(tx, retiredModelsQuery)),
};
