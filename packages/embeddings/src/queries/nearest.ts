import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { type NearParams, nearPassages } from "./near-passages.ts";

export interface NearestParams extends NearParams {
  /** Best passage of each entity only. */
  perEntity: boolean;
  /** Least cosine similarity of a hit. */
  minSimilarity?: number | undefined;
  limit: number;
}

export interface NearestRow {
  id: string;
  source: string;
  entityId: string;
  title: string;
  text: string;
  start: number;
  end: number;
  updatedAt: Date;
  distance: number;
}

/** The nearest passages with what they say, and how many the scan has found for them. */
export function nearestQuery(params: NearestParams): SQL {
  const { perEntity, minSimilarity, limit } = params;
  // After the scan: inside, it would turn the index away.
  const isNear = minSimilarity === undefined ? sql`true` : sql`1 - near.distance >= ${minSimilarity}::float8`;
  return sql`
    with near as materialized (
      ${nearPassages(params)}
    ), hits as (
      select ${perEntity ? sql`distinct on (chunk.source, chunk.entity_id)` : sql``}
        chunk.id, chunk.source, chunk.entity_id, chunk.title, chunk.text,
        chunk.start_offset, chunk.end_offset, chunk.updated_at, near.distance
      from near
      join devora.chunks as chunk on chunk.id = near.chunk_id
      where ${isNear}
      order by ${perEntity ? sql`chunk.source, chunk.entity_id,` : sql``} near.distance, chunk.id
    )
    select counted.*, page.*
    from (
      select coalesce(max(scanned), 0)::integer as scanned, count(*)::integer as candidates,
        count(*) filter (where ${isNear})::integer as near_enough
      from near
    ) as counted
    left join lateral (
      select
        hits.id::text as id, hits.source, hits.entity_id, hits.title, hits.text, hits.start_offset, hits.end_offset,
        hits.updated_at::text as updated_at, hits.distance::float8 as distance
      from hits
      order by hits.distance, hits.id
      limit ${limit}::integer
    ) as page on true
    order by page.distance, page.id`;
}

export interface Nearest {
  /** How many live passages the scan has found, how many were compared exactly, and how many are similar enough. */
  scanned: number;
  candidates: number;
  nearEnough: number;
  /** Nearest first. */
  hits: NearestRow[];
}

export function decodeNearest(rows: readonly Row[]): Nearest {
  return {
    scanned: Number(rows[0]?.scanned ?? 0),
    candidates: Number(rows[0]?.candidates ?? 0),
    nearEnough: Number(rows[0]?.near_enough ?? 0),
    hits: rows
      .filter((row) => row.id !== null)
      .map((row) => ({
        id: String(row.id),
        source: String(row.source),
        entityId: String(row.entity_id),
        title: String(row.title),
        text: String(row.text),
        start: Number(row.start_offset),
        end: Number(row.end_offset),
        updatedAt: new Date(String(row.updated_at)),
        distance: Number(row.distance),
      })),
  };
}
