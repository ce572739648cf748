import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

/** A stored passage that has no vector of a model. */
export interface LackingChunk {
  id: string;
  source: string;
  entityId: string;
  title: string;
  text: string;
}

/** The condition on a passage as `chunk`. */
export const lacksVector = (sources: readonly string[], modelId: number): SQL => sql`
  chunk.source = any(${sql.param([...sources])}::text[])
    and not exists (
      select from devora.embeddings as stored
      where stored.chunk_id = chunk.id and stored.model_id = ${modelId}::integer)`;

/** The next passages without a vector, in the order of their ids. */
export const lackingChunksQuery = (params: {
  sources: readonly string[];
  modelId: number;
  afterId: string | undefined;
  limit: number;
}): SQL => sql`
  select chunk.id::text, chunk.source, chunk.entity_id, chunk.title, chunk.text
  from devora.chunks as chunk
  where ${params.afterId === undefined ? sql`true` : sql`chunk.id > ${params.afterId}::uuid`}
    and ${lacksVector(params.sources, params.modelId)}
  order by chunk.id
  limit ${params.limit}::integer`;

export const decodeLackingChunk = (row: Row): LackingChunk => ({
  id: String(row.id),
  source: String(row.source),
  entityId: String(row.entity_id),
  title: String(row.title),
  text: String(row.text),
});

/** How many passages there are, and how many of them have no vector of the model. */
export const countLackingQuery = (sources: readonly string[], modelId: number): SQL => sql`
  select
    (select count(*) from devora.chunks as chunk
     where chunk.source = any(${sql.param([...sources])}::text[]))::float8 as chunks,
    (select count(*) from devora.chunks as chunk where ${lacksVector(sources, modelId)})::float8 as lacking`;

/** Writes vectors of passages that are still there; owner and source are the passage's of now. */
export const insertVectorsQuery = (
  modelId: number,
  vectors: readonly { chunkId: string; vector: string }[],
): SQL => sql`
  insert into devora.embeddings (chunk_id, model_id, owner_id, source, embedding)
  select chunk.id, ${modelId}::integer, chunk.owner_id, chunk.source, made.vector::public.halfvec
  from jsonb_to_recordset(${JSON.stringify(vectors)}::jsonb) as made ("chunkId" uuid, "vector" text)
  join devora.chunks as chunk on chunk.id = made."chunkId"
  on conflict on constraint embeddings_pkey do nothing`;

/** Titles, or the beginnings of passages without one, that stand in for questions; the same ones at each call. */
export const sampleQueriesQuery = (sources: readonly string[], limit: number): SQL => sql`
  select query
  from (
    select distinct coalesce(nullif(chunk.title, ''), left(chunk.text, 100)) as query
    from devora.chunks as chunk
    where chunk.source = any(${sql.param([...sources])}::text[])
  ) as questions
  where btrim(query) <> ''
  order by md5(query), query
  limit ${limit}::integer`;
