import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { type EventRange, eventPage, type Page, refuses } from "./event-page.ts";

export interface ReplayTarget {
  readonly destination: string;
  /** Sent deliveries go again if they were sent by this time, as {@link databaseTimeQuery} tells it; undefined: none do. */
  readonly sentBy: string | undefined;
}

/** What became of a page. */
export interface ReplayedPage {
  /** Events of the page; less than its limit at the end. */
  readonly read: number;
  readonly queued: number;
  readonly again: number;
  readonly refused: number;
  /** The last id; undefined where the page is empty. */
  readonly last: string | undefined;
}

/** The time of the database's clock, to the microsecond, in UTC. */
export const databaseTimeQuery = (): SQL =>
  sql`select to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as time`;

const wanted = (range: EventRange, page: Page): SQL => sql`
  page as materialized (${eventPage(range, page)}),
  judged as materialized (
    select page.id, page.occurred_at, ${refuses(sql`page`)} as refused
    from page
  )`;

const summary = sql`
  (select count(*) from page)::integer as read,
  (select count(*) from judged where refused)::integer as refused,
  (select page.id::text from page order by page.id desc limit 1) as last`;

/**
 * Queues a page of events for a destination: those that have no delivery there, and on request those that were sent.
 * What is pending, leased or parked stays as it is.
 */
export const replayPageQuery = (
  { destination, sentBy }: ReplayTarget,
  range: EventRange,
  page: Page,
): SQL => sql`
  with ${wanted(range, page)},
  queued as (
    insert into devora.analytics_outbox (event_id, destination, occurred_at)
    select judged.id, ${destination}::text, judged.occurred_at from judged where not judged.refused
    on conflict on constraint analytics_outbox_pkey do nothing
    returning event_id
  ),
  again as (
    update devora.analytics_outbox as delivery
    set state = 'pending', attempts = 0, next_attempt_at = now(), sent_at = null, last_error = null
    where delivery.event_id = any(array(select judged.id from judged where not judged.refused))
      and delivery.destination = ${destination}::text
      and ${wasSent(sentBy)}
    returning delivery.event_id
  )
  select ${summary},
         (select count(*) from queued)::integer as queued,
         (select count(*) from again)::integer as again`;

/** What {@link replayPageQuery} would do. */
export const replayPlanQuery = (
  { destination, sentBy }: ReplayTarget,
  range: EventRange,
  page: Page,
): SQL => sql`
  with ${wanted(range, page)},
  found as materialized (
    select delivery.*
    from judged
    cross join lateral (
      select * from devora.analytics_outbox as delivery
      where delivery.event_id = judged.id and delivery.destination = ${destination}::text
      limit 1
    ) as delivery
    where not judged.refused
  )
  select ${summary},
         (select count(*) from judged where not refused)::integer - (select count(*) from found)::integer as queued,
         (select count(*) from found as delivery where ${wasSent(sentBy)})::integer as again`;

const wasSent = (sentBy: string | undefined): SQL =>
  sentBy === undefined
    ? sql`false`
    : sql`delivery.state = 'sent' and delivery.sent_at <= ${sentBy}::timestamptz`;

export const decodeReplayed = (row: Row | undefined): ReplayedPage => ({
  read: Number(row?.read),
  queued: Number(row?.queued),
  again: Number(row?.again),
  refused: Number(row?.refused),
  last: typeof row?.last === "string" ? row.last : undefined,
});
