import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { type Scope, scopeConditions } from "./scope.ts";

/** How a model's vectors are indexed: in half precision, or by the sign of each number. */
export type IndexKind = "halfvec" | "bit";

const indexSuffixes = { halfvec: "hnsw", bit: "bit" } as const;

/** By the name that `devora.ensure_embedding_index` gives; one that is still being built does not count. */
const isIndexed = (modelId: SQL, kind: IndexKind): SQL => sql`
  exists (
    select from pg_catalog.pg_index
    where indexrelid = to_regclass('devora.embeddings_model_' || ${modelId} || ${`_${indexSuffixes[kind]}_idx`}::text)
      and indisvalid
  )`;

/** The model's id, its indexes, and how many vectors are in scope: at most `atMost` are counted. */
export const searchStateQuery = (model: string, dimensions: number, scope: Scope, atMost: number): SQL => sql`
  select model.id::integer as model_id,
    ${isIndexed(sql`model.id`, "halfvec")} as halfvec,
    ${isIndexed(sql`model.id`, "bit")} as bit,
    (select count(*) from (
      select from devora.embeddings as stored
      where stored.model_id = model.id and ${scopeConditions({ ...scope, except: undefined })}
      limit ${atMost}::integer
    ) as counted)::integer as vectors
  from devora.embedding_models as model
  where model.name = ${model}::text and model.dimensions = ${dimensions}::integer and model.version = '1'`;

export interface SearchState {
  modelId: number;
  indexes: readonly IndexKind[];
  vectors: number;
}

export const decodeSearchState = (row: Row): SearchState => ({
  modelId: Number(row.model_id),
  indexes: (["halfvec", "bit"] as const).filter((kind) => row[kind] === true),
  vectors: Number(row.vectors),
});
