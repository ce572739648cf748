import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { literal } from "./literal.ts";

/**
 * - `halfvec`: by cosine of the stored vectors
 * - `bit`: by the signs of their numbers; 16 times smaller, and only good when its answers are ranked again
 */
export type IndexKind = "halfvec" | "bit";

const suffixes = { halfvec: "hnsw", bit: "bit" } as const;

/** As `devora.ensure_embedding_index` names it. */
export const indexName = (modelId: number, kind: IndexKind = "halfvec"): string =>
  `embeddings_model_${modelId}_${suffixes[kind]}_idx`;

/** Whether the model has an index that queries can use: one whose build was cut off is there, but is none. */
export const indexExists = (modelId: SQL, kind: IndexKind = "halfvec"): SQL => sql`
  exists (
    select from pg_catalog.pg_index as model_index
    where model_index.indexrelid
        = to_regclass('devora.embeddings_model_' || ${modelId} || ${`_${suffixes[kind]}_idx`}::text)
      and model_index.indisvalid)`;

/** What there is of a model's index, and whether the login may build one concurrently. */
export const indexStateQuery = (modelId: number, kind: IndexKind, rows: number): SQL => sql`
  select
    model_index.indisvalid as valid,
    model_index.indexrelid is not null as present,
    coalesce((select option_value::integer from pg_options_to_table(relation.reloptions) where option_name = 'm'), 16)
      as m,
    coalesce((
      select option_value::integer from pg_options_to_table(relation.reloptions)
      where option_name = 'ef_construction'), 64) as ef_construction,
    pg_has_role(session_user, embeddings.relowner, 'usage') as owned,
    exists (
      select from pg_catalog.pg_stat_progress_create_index as build
      where build.datid = (select oid from pg_catalog.pg_database where datname = current_database())
        and (build.relid is null or build.relid = embeddings.oid)
        and build.pid <> pg_backend_pid()
    ) as building,
    (select count(*) from (
      select from devora.embeddings where model_id = ${modelId}::integer limit ${rows}::integer
    ) as counted)::integer as vectors
  from pg_catalog.pg_class as embeddings
  left join pg_catalog.pg_index as model_index
    on model_index.indexrelid = to_regclass(${`devora.${indexName(modelId, kind)}`}::text)
  left join pg_catalog.pg_class as relation on relation.oid = model_index.indexrelid
  where embeddings.oid = 'devora.embeddings'::regclass`;

export interface IndexState {
  present: boolean;
  /** False for what a build left behind that was cut off, and while one runs. */
  valid: boolean;
  m: number;
  efConstruction: number;
  /** Whether the login owns the table, or is a superuser. */
  owned: boolean;
  /** Whether an index of this table is being built by anybody. */
  building: boolean;
  /** Vectors of the model, counted up to the limit asked for. */
  vectors: number;
}

export const decodeIndexState = (row: Row | undefined): IndexState => ({
  present: row?.present === true,
  valid: row?.valid === true,
  m: Number(row?.m ?? 16),
  efConstruction: Number(row?.ef_construction ?? 64),
  owned: row?.owned === true,
  building: row?.building === true,
  vectors: Number(row?.vectors ?? 0),
});

export interface IndexFigures {
  m?: number | undefined;
  efConstruction?: number | undefined;
}

/** Builds in the caller's transaction; writers of the table wait until it ends. */
export const ensureIndexQuery = (modelId: number, kind: IndexKind, figures: IndexFigures): SQL => sql`
  select devora.ensure_embedding_index(${modelId}::integer, ${kind}::text,
    ${figures.m ?? null}::integer, ${figures.efConstruction ?? null}::integer) as built`;

/** Builds beside writers, outside any transaction; the same index as `devora.ensure_embedding_index` makes. */
export function createIndexConcurrentlyQuery(
  modelId: number,
  dimensions: number,
  kind: IndexKind,
  { m = 16, efConstruction = 64 }: IndexFigures,
): SQL {
  return sql`
    create index concurrently ${sql.identifier(indexName(modelId, kind))} on devora.embeddings
    using hnsw (${indexedExpression(dimensions, kind)})
    with (m = ${literal(m)}, ef_construction = ${literal(efConstruction)})
    where model_id = ${literal(modelId)}`;
}

const indexedExpression = (dimensions: number, kind: IndexKind): SQL => {
  const length = literal(dimensions);
  return kind === "bit"
    ? sql`((public.binary_quantize(embedding::public.halfvec(${length})))::bit(${length})) public.bit_hamming_ops`
    : sql`(embedding::public.halfvec(${length})) public.halfvec_cosine_ops`;
};

export const dropIndexConcurrentlyQuery = (modelId: number, kind: IndexKind): SQL => sql`
  drop index concurrently if exists devora.${sql.identifier(indexName(modelId, kind))}`;

export const dropIndexesQuery = (modelId: number): SQL => sql`
  select devora.drop_embedding_index(${modelId}::integer)`;

/** How far the build of an index of `devora.embeddings` is. */
export const buildProgressQuery = sql`
  select phase, blocks_done::float8 as blocks_done, blocks_total::float8 as blocks_total,
    tuples_done::float8 as tuples_done
  from pg_catalog.pg_stat_progress_create_index
  where relid = 'devora.embeddings'::regclass
  limit 1`;

/** The memory of one build, and how much the whole graph needs, in bytes; pgvector goes on row by row without it. */
export const buildMemoryQuery = (dimensions: number, kind: IndexKind, m: number): SQL => sql`
  select
    pg_size_bytes(current_setting('maintenance_work_mem'))::float8 as allowed,
    (pg_table_size('devora.embeddings') / (${dimensions}::float8 * 2 + 120)
      * (${kind === "bit" ? dimensions / 8 : dimensions * 2}::float8 * 1.15 + 45 * ${m}::float8))::float8 as needed`;
