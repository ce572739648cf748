import type { Sql } from "postgres";

/** An event as the database has it. */
export interface KeptEvent {
  id: string;
  event: string;
  distinctId: string;
  /** As it is sent. */
  timestamp: string;
  projectId: string;
  mark: string;
  isInvalid: boolean;
  state: string | null;
}

/** All that the database has. */
export interface Books {
  events: readonly KeptEvent[];
  /** Rows of `event_ids`, and of the outbox. */
  ids: number;
  deliveries: number;
  /** The host's own rows. */
  projects: readonly { id: string; name: string }[];
}

/** @param sql a superuser's connection */
export async function readBooks(sql: Sql): Promise<Books> {
  const events = await sql<KeptEvent[]>`
    select event.id::text, event.event, event.distinct_id as "distinctId",
           to_char(event.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as timestamp,
           event.properties ->> 'project_id' as "projectId",
           coalesce(event.properties ->> 'project_name', event.properties ->> 'project_id') as mark,
           event.context ? '$invalid' as "isInvalid", delivery.state
    from devora.analytics_events as event
    left join devora.analytics_outbox as delivery on delivery.event_id = event.id and delivery.destination = 'posthog'`;
  const [counts] = await sql<{ ids: number; deliveries: number }[]>`
    select (select count(*)::int from devora.event_ids) as ids,
           (select count(*)::int from devora.analytics_outbox) as deliveries`;
  const projects = await sql<{ id: string; name: string }[]>`select id::text, name from projects`;
  return { events, ids: counts?.ids ?? 0, deliveries: counts?.deliveries ?? 0, projects };
}
