import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../sources/define-source.ts";

/**
 * A subquery that answers true for a passage whose row lives, is visible in this scope, still belongs to the
 * passage's owner, and passes a condition; else null.
 *
 * Two steps, kept apart by `offset 0`: under row level security a condition may use an index only when nothing in
 * it could leak, and the cast of the id could. As a value from outside it is a mere parameter.
 *
 * @param condition on columns of the source's table. Default: none
 */
export const liveRow = (source: Source, chunkId: SQL, condition: SQL = sql`true`): SQL => sql`
  select true
  from (
    select passage.entity_id::${source.idType.cast} as id, passage.owner_id
    from devora.chunks as passage
    where passage.id = ${chunkId}
    offset 0
  ) as devora_passage
  cross join lateral (
    select from ${source.table}
    where ${source.id} = devora_passage.id
      and ${source.owner === undefined ? sql`devora_passage.owner_id is null` : sql`${source.owner}::text is not distinct from devora_passage.owner_id`}
      and ${source.live}
      and ${condition}
    offset 0
  ) as devora_live_row`;
