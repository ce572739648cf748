import { type SQL, sql } from "drizzle-orm";
import { literal } from "./literal.ts";

/** The passages of several scopes as one list; each part is fetched by itself, so that its index serves it. */
export const candidatesQuery = (parts: readonly SQL[], limit: number): SQL => sql`
  select chunk.id, chunk.source, chunk.entity_id, near.distance::float8 as distance
  from (${sql.join(
    parts.map((part) => sql`(${part})`),
    sql` union all `,
  )}) as near
  join devora.chunks as chunk on chunk.id = near.chunk_id
  order by near.distance, chunk.id
  limit ${literal(limit)}`;

export const noCandidates: SQL = sql`
  select chunk.id, chunk.source, chunk.entity_id, null::float8 as distance
  from devora.chunks as chunk
  where false`;
