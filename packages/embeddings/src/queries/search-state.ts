import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { type ModelKey, modelIs } from "./model.ts";
import { type IndexKind, indexExists } from "./model-index.ts";
import { type ScanSettings, scanSettings } from "./scan-settings.ts";
import { type Scope, scopeConditions } from "./scope.ts";

/**
 * The model's id, its indexes, and how many vectors are in scope: at most `atMost` are counted.
 * @param settings are set for the rest of the transaction, which saves a statement
 */
export const searchStateQuery = (
  key: ModelKey,
  scope: Scope,
  atMost: number,
  settings?: ScanSettings,
): SQL => sql`
  select ${settings === undefined ? sql.empty() : sql`${scanSettings(settings)},`} model.id::integer as model_id,
    ${indexExists(sql`model.id`, "halfvec")} as halfvec,
    ${indexExists(sql`model.id`, "bit")} as bit,
    (select count(*) from (
      select from devora.embeddings as stored
      where stored.model_id = model.id and ${scopeConditions({ ...scope, except: undefined })}
      limit ${atMost}::integer
    ) as counted)::integer as vectors
  from devora.embedding_models as model
  where ${modelIs(key)}`;

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
