import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

/** Deletes some of the logged queries before a time, the oldest first; leaves those that another deletes now. */
export const deleteQueriesQuery = (before: Date, limit: number): SQL => sql`
  with old as materialized (
    select id from devora.search_queries
    where occurred_at < ${before.toISOString()}::timestamptz
    order by occurred_at
    limit ${limit}::int
    for update skip locked
  ),
  deleted as (
    delete from devora.search_queries where id in (select id from old)
    returning 1
  )
  select count(*)::int as deleted from deleted`;

export const decodeDeleted = ([row]: readonly Row[]): number => Number(row?.deleted ?? 0);
