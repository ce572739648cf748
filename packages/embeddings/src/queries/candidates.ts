import { type SQL, sql } from "drizzle-orm";
import { literal } from "./literal.ts";
import { type NearParams, nearPassages } from "./near-passages.ts";

/**
 * The passages of several scopes as one list; each part is fetched by itself, so that its index serves it.
 * Columns: those of `Candidates.sql`.
 */
export const candidatesQuery = (parts: readonly NearParams[], limit: number): SQL => sql`
  with near as materialized (${sql.join(
    parts.map(
      (part, ordinal) =>
        sql`select ${literal(ordinal)} as part, found.* from (${nearPassages(part)}) as found`,
    ),
    sql` union all `,
  )})
  select chunk.id, chunk.source, chunk.entity_id, chunk.title, chunk.text, chunk.start_offset, chunk.end_offset,
    least(1, greatest(0, 1 - near.distance))::float8 as score, chunk.updated_at,
    ${sql.join([sql`true`, ...parts.flatMap(isFilled)], sql` and `)} as complete,
    near.distance::float8 as distance
  from near
  join devora.chunks as chunk on chunk.id = near.chunk_id
  order by near.distance, chunk.id
  limit ${literal(limit)}`;

/** An index that ended before it had as many as were asked for may have missed some; comparing all misses none. */
function isFilled({ scan, candidates, oversampling }: NearParams, ordinal: number): SQL[] {
  if (scan === "all" || scan === "rows") return [];
  const scanned = scan === "bit" ? candidates * oversampling : candidates;
  return [
    sql`(select count(*) >= ${literal(candidates)} and max(scanned) >= ${literal(scanned)} from near where part = ${literal(ordinal)})`,
  ];
}

/** The same columns without a row. */
export const noCandidates: SQL = sql`
  select chunk.id, chunk.source, chunk.entity_id, chunk.title, chunk.text, chunk.start_offset, chunk.end_offset,
    null::float8 as score, chunk.updated_at, true as complete, null::float8 as distance
  from devora.chunks as chunk
  where false`;
