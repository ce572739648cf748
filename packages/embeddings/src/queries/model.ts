import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { Embedder } from "../ports.ts";

/** What a stored model is known by; its version is for making the vectors of one model anew beside the old ones. */
export type ModelKey = Pick<Embedder, "model" | "dimensions" | "version">;

export const versionOf = ({ version = "1" }: ModelKey): string => version;

/** The condition on a row of `devora.embedding_models`. */
export const modelIs = (key: ModelKey): SQL =>
  sql`name = ${key.model}::text and dimensions = ${key.dimensions}::integer and version = ${versionOf(key)}::text`;

/** `building` until its vectors are complete, `active` while searches use it, then `retired`. */
export type ModelState = "building" | "active" | "retired";

export interface StoredModel {
  id: number;
  name: string;
  dimensions: number;
  version: string;
  state: ModelState;
}

/** The models of some names, in the order of their registration. */
export const storedModelsQuery = (names: readonly string[]): SQL => sql`
  select id::integer, name, dimensions::integer, version, state
  from devora.embedding_models
  where name = any(${sql.param([...names])}::text[])
  order by id`;

export const decodeStoredModel = (row: Row): StoredModel => ({
  id: Number(row.id),
  name: String(row.name),
  dimensions: Number(row.dimensions),
  version: String(row.version),
  state: String(row.state) as ModelState,
});

export const isModel = (stored: StoredModel, key: ModelKey): boolean =>
  stored.name === key.model && stored.dimensions === key.dimensions && stored.version === versionOf(key);

export const registerModelQuery = (key: ModelKey, state: ModelState): SQL => sql`
  insert into devora.embedding_models (name, dimensions, version, state, activated_at)
  values (${key.model}::text, ${key.dimensions}::integer, ${versionOf(key)}::text, ${state}::text,
    case when ${state}::text = 'active' then now() end)
  on conflict on constraint embedding_models_name_dimensions_version_key do nothing`;

/**
 * Searches change from one model to the other in this one statement, which leaves both as they are where they are
 * not what they were taken for.
 * @param after the state of the model that is left: `retired` by a cut-over, `building` by a roll-back
 */
export const activateModelQuery = (params: {
  modelId: number;
  instead: number;
  after: "retired" | "building";
}): SQL => sql`
  update devora.embedding_models
  set state = case id when ${params.modelId}::integer then 'active' else ${params.after}::text end,
    activated_at = case id when ${params.modelId}::integer then now() else activated_at end
  where id in (${params.modelId}::integer, ${params.instead}::integer)
  returning id::integer`;

export const retireModelQuery = (modelId: number): SQL => sql`
  update devora.embedding_models
  set state = 'retired'
  where id = ${modelId}::integer and state <> 'active'
  returning id::integer`;

export const deleteModelQuery = (modelId: number): SQL => sql`
  delete from devora.embedding_models where id = ${modelId}::integer`;

/** A batch of a dropped model's vectors. */
export const deleteVectorsQuery = (modelId: number, limit: number): SQL => sql`
  delete from devora.embeddings
  where model_id = ${modelId}::integer
    and chunk_id in (
      select chunk_id from devora.embeddings where model_id = ${modelId}::integer limit ${limit}::integer)
  returning 1`;
