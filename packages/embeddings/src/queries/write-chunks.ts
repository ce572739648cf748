import { type SQL, sql } from "drizzle-orm";

/** What may change of a passage whose text stays the same. */
export interface ChunkPlace {
  id: string;
  ordinal: number;
  start: number;
  end: number;
  ownerId: string | null;
  language: string;
  updatedAt: string | null;
}

export interface NewChunk extends ChunkPlace {
  source: string;
  entityId: string;
  title: string;
  text: string;
  hash: string;
  tokens: number;
}

/** Ordinals are unique at every moment, so passages that trade places first go where nobody is. */
const farOrdinal = 1_000_000_000;

export const deleteChunksQuery = (ids: readonly string[]): SQL => sql`
  delete from devora.chunks
  where id = any(${sql.param([...ids])}::uuid[])`;

export const parkChunksQuery = (ids: readonly string[]): SQL => sql`
  update devora.chunks
  set ordinal = ordinal + ${farOrdinal}::integer
  where id = any(${sql.param([...ids])}::uuid[])`;

export const placeChunksQuery = (places: readonly ChunkPlace[]): SQL => sql`
  with places as (
    select * from jsonb_to_recordset(${JSON.stringify(places)}::jsonb) as place (
      "id" uuid, "ordinal" integer, "start" integer, "end" integer,
      "ownerId" text, "language" text, "updatedAt" timestamptz)
  ), owners as (
    update devora.embeddings as stored
    set owner_id = places."ownerId"
    from places
    where stored.chunk_id = places.id
      and stored.owner_id is distinct from places."ownerId"
  )
  update devora.chunks as chunk
  set ordinal = places.ordinal, start_offset = places."start", end_offset = places."end",
      owner_id = places."ownerId", language = places.language,
      updated_at = coalesce(places."updatedAt", chunk.updated_at)
  from places
  where chunk.id = places.id`;

export const insertChunksQuery = (chunks: readonly NewChunk[]): SQL => sql`
  insert into devora.chunks (id, owner_id, source, entity_id, ordinal, start_offset, end_offset,
    title, text, text_hash, tokens, language, updated_at)
  select id, "ownerId", source, "entityId", ordinal, "start", "end",
    title, text, hash, tokens, language, coalesce("updatedAt", now())
  from jsonb_to_recordset(${JSON.stringify(chunks)}::jsonb) as chunk (
    "id" uuid, "ownerId" text, "source" text, "entityId" text, "ordinal" integer, "start" integer, "end" integer,
    "title" text, "text" text, "hash" text, "tokens" integer, "language" text, "updatedAt" timestamptz)`;

export interface NewEmbedding {
  chunkId: string;
  ownerId: string | null;
  source: string;
  /** In pgvector's text form. */
  vector: string;
}

/**
 * The vectors as one text, split by what is in no vector: as JSON they cost a third more, of Node's time and of
 * PostgreSQL's, for the same bytes.
 */
export const insertEmbeddingsQuery = (modelId: number, rows: readonly NewEmbedding[]): SQL => sql`
  insert into devora.embeddings (chunk_id, model_id, owner_id, source, embedding)
  select embedding."chunkId", ${modelId}::integer, embedding."ownerId", embedding.source, embedding.vector::public.halfvec
  from rows from (
    jsonb_to_recordset(${JSON.stringify(rows.map(({ vector, ...row }) => row))}::jsonb) as (
      "chunkId" uuid, "ownerId" text, "source" text),
    string_to_table(${rows.map(({ vector }) => vector).join(";")}::text, ';')
  ) as embedding ("chunkId", "ownerId", source, vector)
  on conflict on constraint embeddings_pkey do nothing`;

/** One writer per entity; in one order, so that two writers of several never wait for each other in a circle. */
export const lockEntitiesQuery = (source: string, entityIds: readonly string[]): SQL => sql`
  select count(pg_advisory_xact_lock(lock_key))
  from (
    select hashtextextended('devora.embeddings:' || ${source}::text || ':' || entity_id, 0) as lock_key
    from unnest(${sql.param([...entityIds])}::text[]) as entity_id
    order by lock_key
    offset 0
  ) as lock_keys`;
