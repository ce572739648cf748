import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";

export const partitionDefault: Check = {
  name: "partition-default",
  query: ({ analytics }) =>
    analytics
      ? sql`
        select count(*)::int as rows,
               to_char(min(occurred_at) at time zone 'UTC', 'YYYY-MM-01') as first_month,
               to_char(max(occurred_at) at time zone 'UTC', 'YYYY-MM-01') as last_month
        from devora.analytics_events_default
        having count(*) > 0`
      : undefined,
  finding: ({ rows, first_month, last_month }) => ({
    severity: "warning",
    object: "devora.analytics_events_default",
    message: `${rows} events from ${first_month} to ${last_month} wait in the default partition, which every query reads and no retention drops.`,
    fix: `select devora.ensure_event_partitions('${first_month}', '${last_month}');`,
  }),
};
