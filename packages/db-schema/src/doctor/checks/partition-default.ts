import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { eventPartitions } from "../event-partitions.ts";

export const partitionDefault: Check = {
  name: "partition-default",
  asService: true,
  // Beyond the months that have a partition, so that the server reads none of these.
  query: ({ analytics }) =>
    analytics
      ? sql`
        with ${eventPartitions}
        select count(*)::int as rows,
               to_char(min(occurred_at) at time zone 'UTC', 'YYYY-MM-01') as first_month,
               to_char(max(occurred_at) at time zone 'UTC', 'YYYY-MM-01') as last_month
        from devora.analytics_events
        where occurred_at < coalesce((select min(starts) from event_partitions), 'infinity')
           or occurred_at >= (select max(ends) from event_partitions)
        having count(*) > 0`
      : undefined,
  finding: ({ rows, first_month, last_month }) => ({
    severity: "warning",
    object: "devora.analytics_events_default",
    message: `${rows} events from ${first_month} to ${last_month} wait in the default partition, which every query reads and no retention drops.`,
    fix: `As devora_service: select devora.ensure_event_partitions('${first_month}', '${last_month}');`,
  }),
};
