import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";

export const partitionHorizon: Check = {
  name: "partition-horizon",
  // Bounds are printed and read back in the session's own time zone.
  query: ({ analytics }) =>
    analytics
      ? sql`
        select to_char(month.starts at time zone 'UTC', 'YYYY-MM') as month
        from (values (0, 'this'), (1, 'next')) as ahead (months, name)
        cross join lateral (
          select (date_trunc('month', now() at time zone 'UTC') + make_interval(months => ahead.months)) at time zone 'UTC' as starts
        ) as month
        where not exists (
          select from pg_catalog.pg_inherits h
          join pg_catalog.pg_class child on child.oid = h.inhrelid
          join pg_catalog.pg_class parent on parent.oid = h.inhparent
          join pg_catalog.pg_namespace n on n.oid = parent.relnamespace
          cross join lateral regexp_match(pg_get_expr(child.relpartbound, child.oid), $$FROM [(]'([^']+)'[)] TO [(]'([^']+)'[)]$$) as bound
          where n.nspname = 'devora' and parent.relname = 'analytics_events'
            and bound[1]::timestamptz <= month.starts and bound[2]::timestamptz > month.starts
        )
        order by month.starts
        limit 1`
      : undefined,
  finding: ({ month }) => ({
    severity: "warning",
    object: "devora.analytics_events",
    message: `There is no partition for ${month}: its events go to the default partition, from where they have to be moved.`,
    fix: "devora-db partitions --ahead 3 (every month, or at each deployment)",
  }),
};
