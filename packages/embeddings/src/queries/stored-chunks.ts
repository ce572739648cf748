import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

/** A stored passage without its text. */
export interface StoredChunk {
  id: string;
  entityId: string;
  ordinal: number;
  start: number;
  end: number;
  ownerId: string | null;
  language: string;
  updatedAt: string;
  hash: string;
  /** Of the models asked for, those that it has a vector of. */
  models: readonly number[];
}

export const storedChunksQuery = (
  source: string,
  entityIds: readonly string[],
  modelIds: readonly number[],
): SQL => sql`
  select
    chunk.id::text, chunk.entity_id, chunk.ordinal, chunk.start_offset, chunk.end_offset,
    chunk.owner_id, chunk.language, chunk.updated_at::text, chunk.text_hash,
    (
      select coalesce(jsonb_agg(stored.model_id), '[]')
      from devora.embeddings as stored
      where stored.chunk_id = chunk.id and stored.model_id = any(${sql.param([...modelIds])}::integer[])
    ) as models
  from devora.chunks as chunk
  where chunk.source = ${source}::text
    and chunk.entity_id = any(${sql.param([...entityIds])}::text[])
  order by chunk.entity_id, chunk.ordinal`;

export const decodeStoredChunk = (row: Row): StoredChunk => ({
  id: String(row.id),
  entityId: String(row.entity_id),
  ordinal: Number(row.ordinal),
  start: Number(row.start_offset),
  end: Number(row.end_offset),
  ownerId: row.owner_id === null ? null : String(row.owner_id),
  language: String(row.language),
  updatedAt: String(row.updated_at),
  hash: String(row.text_hash),
  models: row.models as number[],
});
