import { type Database, rowsOf, withDatabaseErrors, withService } from "@devora/db-schema";
import { sql } from "drizzle-orm";

/** Names of events that wait for destinations and are not among the known, the first three. */
export const unknownEvents = (
  db: Database,
  { destinations, known }: { destinations: readonly string[]; known: readonly string[] },
  signal: AbortSignal,
): Promise<string[]> =>
  withDatabaseErrors("devora-analytics.flush", async () => {
    signal.throwIfAborted();
    const rows = await withService(db, (tx) =>
      rowsOf(
        tx,
        sql`
          select distinct event.name
          from devora.analytics_outbox as delivery
          cross join lateral (
            select kept.event as name
            from devora.analytics_events as kept
            where kept.id = delivery.event_id and kept.occurred_at = delivery.occurred_at
            limit 1
          ) as event
          where delivery.destination = any(${sql.param([...destinations])}::text[])
            and delivery.state in ('pending', 'leased')
            and event.name <> all(${sql.param([...known])}::text[])
          order by event.name
          limit 3`,
      ),
    );
    return rows.map((row) => String(row.name));
  });
