import { sql } from "drizzle-orm";

/**
 * A common table expression: from when to when the monthly partitions of `analytics_events` reach.
 * Bounds are printed and read back in the session's own time zone.
 */
export const eventPartitions = sql`
  event_partitions as (
    select bound[1]::timestamptz as starts, bound[2]::timestamptz as ends
    from pg_catalog.pg_inherits h
    join pg_catalog.pg_class child on child.oid = h.inhrelid
    join pg_catalog.pg_class parent on parent.oid = h.inhparent
    join pg_catalog.pg_namespace n on n.oid = parent.relnamespace
    cross join lateral regexp_match(pg_get_expr(child.relpartbound, child.oid), $$FROM [(]'([^']+)'[)] TO [(]'([^']+)'[)]$$) as bound
    where n.nspname = 'devora' and parent.relname = 'analytics_events' and bound is not null
  )`;
