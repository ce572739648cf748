import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { eventPartitions } from "../event-partitions.ts";

export const partitionHorizon: Check = {
  name: "partition-horizon",
  query: ({ analytics }) =>
    analytics
      ? sql`
        with ${eventPartitions}
        select to_char(month.starts at time zone 'UTC', 'YYYY-MM') as month
        from generate_series(0, 1) as ahead (months)
        cross join lateral (
          select (date_trunc('month', now() at time zone 'UTC') + make_interval(months => ahead.months)) at time zone 'UTC' as starts
        ) as month
        where not exists (
          select from event_partitions p where p.starts <= month.starts and p.ends > month.starts
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
