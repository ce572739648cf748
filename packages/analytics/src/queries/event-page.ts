import { type SQL, sql } from "drizzle-orm";

/** Events by when they happened. */
export interface EventRange {
  /** Inclusive. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  /** Names; undefined for all. */
  readonly events?: readonly string[] | undefined;
}

/** Where to go on, and how far. */
export interface Page {
  /** The last id of the page before; undefined at the beginning. */
  readonly after: string | undefined;
  readonly limit: number;
}

const within = ({ from, to, events }: EventRange): SQL => sql`
  kept.occurred_at >= ${from.toISOString()}::timestamptz and kept.occurred_at < ${to.toISOString()}::timestamptz
    and ${events === undefined ? sql`true` : sql`kept.event = any(${sql.param([...events])}::text[])`}`;

/** A page of events in order of their ids: `id`, `occurred_at`, `distinct_id`, `owner_id`. */
export const eventPage = (range: EventRange, { after, limit }: Page): SQL => sql`
  select kept.id, kept.occurred_at, kept.distinct_id, kept.owner_id
  from devora.analytics_events as kept
  where ${within(range)}
    and ${after === undefined ? sql`true` : sql`kept.id > ${after}::uuid`}
  order by kept.id
  limit ${limit}::integer`;

export const countEventsQuery = (range: EventRange): SQL => sql`
  select count(*)::float8 as count
  from devora.analytics_events as kept
  where ${within(range)}`;

/** Whether a row's person or owner refuses analytics: nothing more of it leaves. */
export const refuses = (row: SQL): SQL => sql`exists (
    select from devora.consents as consent
    where consent.distinct_id in (${row}.distinct_id, ${row}.owner_id) and consent.opted_out)`;
