import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { type EventRange, eventPage, type Page, refuses } from "./event-page.ts";

/** A day, and until when deliveries are judged. */
export interface ReconcileWindow {
  readonly from: Date;
  readonly to: Date;
  /** What was sent by then is missing where the destination has it not; to the microsecond. */
  readonly sentBy: string;
}

export const windowQuery = (day: string, timeZone: string, lagMinutes: number): SQL => sql`
  select floor(extract(epoch from ${day}::date::timestamp at time zone ${timeZone}::text) * 1000)::float8 as from_ms,
         floor(extract(epoch from (${day}::date + 1)::timestamp at time zone ${timeZone}::text) * 1000)::float8 as to_ms,
         to_char((now() - ${lagMinutes}::float8 * interval '1 minute') at time zone 'UTC',
                 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as sent_by`;

export const decodeWindow = (row: Row | undefined): ReconcileWindow => ({
  from: new Date(Number(row?.from_ms)),
  to: new Date(Number(row?.to_ms)),
  sentBy: String(row?.sent_by),
});

/** An event of ours, and what is known of its delivery. */
export interface LedgerEntry {
  readonly id: string;
  /** `unqueued`: there is no delivery, because none was asked for, or its note was purged. */
  readonly state: "pending" | "leased" | "sent" | "parked" | "unqueued";
  /** It was sent long enough ago to be there. */
  readonly judged: boolean;
  /** Its person refuses analytics by now. */
  readonly refused: boolean;
}

/** A page of events with their deliveries to a destination, in order of their ids. */
export const ledgerPageQuery = (
  destination: string,
  sentBy: string,
  range: EventRange,
  page: Page,
): SQL => sql`
  select page.id::text, coalesce(delivery.state, 'unqueued') as state,
         coalesce(delivery.state = 'sent' and delivery.sent_at <= ${sentBy}::timestamptz, false) as judged,
         ${refuses(sql`page`)} as refused
  from (${eventPage(range, page)}) as page
  left join lateral (
    select delivery.state, delivery.sent_at
    from devora.analytics_outbox as delivery
    where delivery.event_id = page.id and delivery.destination = ${destination}::text
    limit 1
  ) as delivery on true
  order by page.id`;

export const decodeEntry = (row: Row): LedgerEntry => ({
  id: String(row.id),
  state: row.state as LedgerEntry["state"],
  judged: row.judged === true,
  refused: row.refused === true,
});

/** Queues sent deliveries again; those that somebody else queued or sent since are left alone. */
export const requeueQuery = (destination: string, ids: readonly string[], sentBy: string): SQL => sql`
  with requeued as (
    update devora.analytics_outbox as delivery
    set state = 'pending', attempts = 0, next_attempt_at = now(), sent_at = null, last_error = 'MISSING'
    where delivery.event_id = any(array(select unnest(${sql.param([...ids])}::uuid[])))
      and delivery.destination = ${destination}::text
      and delivery.state = 'sent' and delivery.sent_at <= ${sentBy}::timestamptz
    returning delivery.event_id
  )
  select count(*)::integer as count from requeued`;

/**
 * Of ids that a destination has under a day and we have not: those that are nobody's, or that were of this day and are
 * gone. An event of a neighbouring day is none of them: destinations shift times a little.
 */
export const strangersQuery = (ids: readonly string[], { from, to }: EventRange): SQL => sql`
  select theirs.id::text
  from unnest(${sql.param([...ids])}::uuid[]) as theirs (id)
  left join lateral (
    select known.occurred_at from devora.event_ids as known where known.id = theirs.id limit 1
  ) as known on true
  where (known.occurred_at is null
         or known.occurred_at >= ${from.toISOString()}::timestamptz and known.occurred_at < ${to.toISOString()}::timestamptz)
    and not exists (
      select from devora.analytics_events as kept
      where kept.id = theirs.id and kept.occurred_at = known.occurred_at)
  order by theirs.id`;
