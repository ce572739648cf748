import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

/** Vectors of one name and dimension are comparable with each other; the version is for rebuilding them beside. */
const modelIs = (name: string, dimensions: number): SQL =>
  sql`name = ${name}::text and dimensions = ${dimensions}::integer and version = '1'`;

export const findModelQuery = (name: string, dimensions: number): SQL => sql`
  select id::integer from devora.embedding_models where ${modelIs(name, dimensions)}`;

export const registerModelQuery = (name: string, dimensions: number): SQL => sql`
  insert into devora.embedding_models (name, dimensions, version, state)
  values (${name}::text, ${dimensions}::integer, '1', 'active')
  on conflict on constraint embedding_models_name_dimensions_version_key do nothing`;

/** Whether a model has its index, and whether it has at least so many vectors. */
export const indexStateQuery = (modelId: number, rows: number): SQL => sql`
  select ${indexExists(sql`${modelId}::integer`)} as indexed,
    (select count(*) from (
      select from devora.embeddings where model_id = ${modelId}::integer limit ${rows}::integer
    ) as counted)::integer >= ${rows}::integer as large`;

export const lockModelQuery = (modelId: number): SQL =>
  sql`select pg_advisory_xact_lock(hashtextextended('devora.embeddings.index', ${modelId}::bigint))`;

export const buildIndexQuery = (modelId: number): SQL =>
  sql`select devora.ensure_embedding_index(${modelId}::integer)`;

/** The name that `devora.ensure_embedding_index` gives. */
export const indexExists = (modelId: SQL): SQL =>
  sql`to_regclass('devora.embeddings_model_' || ${modelId} || '_hnsw_idx') is not null`;

export const decodeIndexState = (row: Row | undefined) => ({
  indexed: row?.indexed === true,
  large: row?.large === true,
});
