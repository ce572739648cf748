import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../sources/define-source.ts";
import { liveRow } from "./live-row.ts";

/** A passage's place: the row's id as text, and the passage's number in it. */
export interface ChunkCursor {
  entityId: string;
  ordinal: number;
}

/**
 * Looks at a page of one source's passages, in their order, and removes those whose row is gone, deleted, or another
 * owner's by now. Answers how many it looked at and removed, and the last one's place.
 */
export const removeOrphansQuery = (
  source: Source,
  { ownerId, after, limit }: { ownerId: string | undefined; after: ChunkCursor | undefined; limit: number },
): SQL => sql`
  with page as materialized (
    select chunk.id, chunk.entity_id, chunk.ordinal
    from devora.chunks as chunk
    where chunk.source = ${source.name}::text
      and ${ownerId === undefined ? sql`true` : sql`chunk.owner_id = ${ownerId}::text`}
      and ${after === undefined ? sql`true` : sql`(chunk.entity_id, chunk.ordinal) > (${after.entityId}::text, ${after.ordinal}::integer)`}
    order by chunk.entity_id, chunk.ordinal
    limit ${limit}::integer
  ), removed as (
    delete from devora.chunks as chunk
    using page
    where chunk.id = page.id and (${liveRow(source, sql`page.id`)}) is null
    returning chunk.id
  )
  select
    (select count(*)::integer from page) as checked,
    (select count(*)::integer from removed) as removed,
    last.entity_id, last.ordinal
  from (select) as one
  left join lateral (
    select entity_id, ordinal from page order by entity_id desc, ordinal desc limit 1
  ) as last on true`;
