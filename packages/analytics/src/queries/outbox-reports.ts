import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

/** What one destination's queue holds. */
export interface DeliveryStats {
  destination: string;
  /** Waiting for their first or a later attempt. */
  pending: number;
  /** With a worker, or with one that was killed until its lease ends. */
  leased: number;
  /** Taken by the destination in the last 24 hours. */
  sentLastDay: number;
  /** Put aside until somebody looks at them. */
  parked: number;
  /** Age of what has waited longest, in seconds since it was captured; null when nothing waits. */
  oldestPendingAgeSeconds: number | null;
}

/** Each state by the index of its own, so that years of sent rows are not read. */
export const deliveryStatsQuery = (): SQL => sql`
  select destination,
         sum(count) filter (where state = 'pending')::float8 as pending,
         sum(count) filter (where state = 'leased')::float8 as leased,
         sum(count) filter (where state = 'sent')::float8 as sent,
         sum(count) filter (where state = 'parked')::float8 as parked,
         extract(epoch from now() - min(oldest))::float8 as oldest_age
  from (
    select destination, state, count(*), min(created_at) as oldest
    from devora.analytics_outbox
    where state in ('pending', 'leased')
    group by destination, state
    union all
    select destination, 'parked', count(*), null
    from devora.analytics_outbox
    where state = 'parked'
    group by destination
    union all
    select destination, 'sent', count(*), null
    from devora.analytics_outbox
    where state = 'sent' and sent_at >= now() - interval '24 hours'
    group by destination
  ) as states
  group by destination
  order by destination`;

export const decodeStats = (row: Row): DeliveryStats => ({
  destination: String(row.destination),
  pending: Number(row.pending ?? 0),
  leased: Number(row.leased ?? 0),
  sentLastDay: Number(row.sent ?? 0),
  parked: Number(row.parked ?? 0),
  oldestPendingAgeSeconds: row.oldest_age === null ? null : Number(row.oldest_age),
});

/** A delivery that was put aside. */
export interface ParkedEvent {
  id: string;
  /** The event's name; null where the event is gone. */
  event: string | null;
  occurredAt: Date;
  /** When it was queued. */
  queuedAt: Date;
  /** Deliveries that the destination refused. */
  attempts: number;
  /** A code, such as `HTTP 400` or `UNKNOWN_EVENT`. */
  reason: string;
}

export const parkedEventsQuery = (destination: string, limit: number): SQL => sql`
  select delivery.event_id::text, kept.event, delivery.attempts, delivery.last_error,
         floor(extract(epoch from delivery.occurred_at) * 1000)::float8 as occurred_at_ms,
         floor(extract(epoch from delivery.created_at) * 1000)::float8 as created_at_ms
  from (
    select *
    from devora.analytics_outbox
    where destination = ${destination}::text and state = 'parked'
    order by created_at, event_id
    limit ${limit}::integer
  ) as delivery
  left join lateral (
    select event
    from devora.analytics_events as kept
    where kept.id = delivery.event_id and kept.occurred_at = delivery.occurred_at
    limit 1
  ) as kept on true
  order by delivery.created_at, delivery.event_id`;

export const decodeParked = (row: Row): ParkedEvent => ({
  id: String(row.event_id),
  event: row.event === null ? null : String(row.event),
  occurredAt: new Date(Number(row.occurred_at_ms)),
  queuedAt: new Date(Number(row.created_at_ms)),
  attempts: Number(row.attempts),
  reason: String(row.last_error ?? ""),
});

/** Without `ids` all of the destination. */
export const retryParkedQuery = (destination: string, ids: readonly string[] | undefined): SQL => sql`
  with retried as (
    update devora.analytics_outbox
    set state = 'pending', attempts = 0, next_attempt_at = now()
    where destination = ${destination}::text and state = 'parked'
      and ${ids === undefined ? sql`true` : sql`event_id = any(${sql.param([...ids])}::uuid[])`}
    returning event_id
  )
  select count(*)::integer as count from retried`;

/** Deletes the oldest sent deliveries of a destination, `limit` at most. */
export const purgeSentQuery = (destination: string, olderThanDays: number, limit: number): SQL => sql`
  with old as materialized (
    select event_id
    from devora.analytics_outbox
    where destination = ${destination}::text and state = 'sent'
      and sent_at < now() - ${olderThanDays}::float8 * interval '1 day'
    order by sent_at
    limit ${limit}::integer
    for update skip locked
  ),
  purged as (
    delete from devora.analytics_outbox as delivery
    where delivery.event_id = any(array(select event_id from old)) and delivery.destination = ${destination}::text
    returning delivery.event_id
  )
  select count(*)::integer as count from purged`;
