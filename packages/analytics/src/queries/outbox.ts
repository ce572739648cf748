import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { DeliveredEvent } from "../ports.ts";

/** The deliveries of one claim. */
export interface Lease {
  readonly destination: string;
  readonly token: string;
}

/** A claimed delivery, with its event as it is kept; without one where the event is gone. */
export interface ClaimedDelivery {
  readonly eventId: string;
  /** Deliveries that the destination refused so far. */
  readonly attempts: number;
  readonly event: DeliveredEvent | undefined;
}

const milliseconds = (value: number): SQL => sql`${value}::float8 * interval '1 millisecond'`;
/** As a subquery, whose length the planner does not know: of 500 ids that it sees it reads the whole table instead. */
const anyOf = (ids: readonly string[]): SQL => sql`any(array(select unnest(${sql.param([...ids])}::uuid[])))`;

/** Whether an event may leave: nobody whom it is of opted out. */
const mayLeave: SQL = sql`not exists (
        select from devora.consents as consent
        where consent.distinct_id in (kept.distinct_id, kept.owner_id) and consent.opted_out)`;

/**
 * Leases deliveries that are due, oldest first, and reads their events; two workers never get the same one.
 *
 * Ordered by the index alone: a second column would sort all that an import queued at one moment. Rows and
 * events are looked up by key, written so that the planner has no other way: it would read all of a table of 100,000.
 * While analytics are off for everybody nothing is due, and the events of who opted out are as good as gone.
 */
export const claimDeliveriesQuery = (
  { destination, token }: Lease,
  leaseMs: number,
  limit: number,
): SQL => sql`
  with due as materialized (
    select event_id
    from devora.analytics_outbox
    where destination = ${destination}::text
      and state in ('pending', 'leased')
      and next_attempt_at <= now()
      and (leased_until is null or leased_until < now())
      and not exists (select from devora.consents where distinct_id = '' and opted_out)
    order by next_attempt_at
    limit ${limit}::integer
    for update skip locked
  ),
  leased as (
    update devora.analytics_outbox as delivery
    set state = 'leased', lease_token = ${token}::uuid, leased_until = now() + ${milliseconds(leaseMs)}
    where delivery.event_id = any(array(select event_id from due)) and delivery.destination = ${destination}::text
    returning delivery.event_id, delivery.occurred_at, delivery.attempts
  )
  select leased.event_id::text, leased.attempts, event.name, event.distinct_id, event.is_known, event.session_id,
         floor(extract(epoch from leased.occurred_at) * 1000)::float8 as occurred_at_ms,
         event.properties::text, event.context::text
  from leased
  left join lateral (
    select kept.event as name, kept.distinct_id, kept.owner_id is not distinct from kept.distinct_id as is_known,
           kept.session_id, kept.properties, kept.context
    from devora.analytics_events as kept
    where kept.id = leased.event_id and kept.occurred_at = leased.occurred_at and ${mayLeave}
    limit 1
  ) as event on true`;

export function decodeClaimed(row: Row): ClaimedDelivery {
  const eventId = String(row.event_id);
  const attempts = Number(row.attempts);
  if (row.name === null) return { eventId, attempts, event: undefined };
  const event: DeliveredEvent = {
    id: eventId,
    event: String(row.name),
    distinctId: String(row.distinct_id),
    isKnown: row.is_known === true,
    sessionId: row.session_id === null ? null : String(row.session_id),
    occurredAt: new Date(Number(row.occurred_at_ms)),
    properties: JSON.parse(String(row.properties)),
    context: JSON.parse(String(row.context)),
  };
  return { eventId, attempts, event };
}

/** The rows of a lease, as long as it is ours: after its end another worker may have taken them. */
const held = ({ destination, token }: Lease): SQL => sql`
  delivery.destination = ${destination}::text and delivery.lease_token = ${token}::uuid`;

const counted = (statement: SQL): SQL => sql`
  with settled as (${statement} returning delivery.event_id)
  select count(*)::integer as count from settled`;

export const settleSentQuery = (lease: Lease, ids: readonly string[]): SQL =>
  counted(sql`
  update devora.analytics_outbox as delivery
  set state = 'sent', sent_at = now(), lease_token = null, leased_until = null, last_error = null
  where delivery.event_id = ${anyOf(ids)} and ${held(lease)}`);

/** A delivery that did not succeed by its own fault. */
export interface RefusedDelivery {
  readonly id: string;
  /** A code, never a value. */
  readonly error: string;
  /** Until the next attempt; ignored where it is parked. */
  readonly delayMs: number;
  readonly park: boolean;
}

export const settleRefusedQuery = (lease: Lease, refused: readonly RefusedDelivery[]): SQL =>
  counted(sql`
  update devora.analytics_outbox as delivery
  set state = case when refused.park then 'parked' else 'pending' end,
      attempts = delivery.attempts + 1,
      next_attempt_at = now() + refused."delayMs" * interval '1 millisecond',
      last_error = refused.error, lease_token = null, leased_until = null
  from jsonb_to_recordset(${JSON.stringify(refused)}::jsonb) as refused (
    "id" uuid, "error" text, "delayMs" float8, "park" boolean)
  where delivery.event_id = refused.id and ${held(lease)}`);

/** Gives back what was not judged, without an attempt; `error` null leaves the last one. */
export const releaseQuery = (
  lease: Lease,
  ids: readonly string[],
  { delayMs, error }: { delayMs: number; error: string | null },
): SQL =>
  counted(sql`
  update devora.analytics_outbox as delivery
  set state = 'pending', lease_token = null, leased_until = null,
      next_attempt_at = greatest(delivery.next_attempt_at, now() + ${milliseconds(delayMs)}),
      last_error = coalesce(${error}::text, delivery.last_error)
  where delivery.event_id = ${anyOf(ids)} and ${held(lease)}`);

/** Takes deliveries out whose event is gone or may not leave. It is looked for again, by a statement that began after the claim. */
export const removeGoneQuery = (lease: Lease, ids: readonly string[]): SQL =>
  counted(sql`
  delete from devora.analytics_outbox as delivery
  where delivery.event_id = ${anyOf(ids)} and ${held(lease)}
    and not exists (
      select from devora.analytics_events as kept
      where kept.id = delivery.event_id and kept.occurred_at = delivery.occurred_at and ${mayLeave})`);

export const renewLeaseQuery = (lease: Lease, ids: readonly string[], leaseMs: number): SQL => sql`
  update devora.analytics_outbox as delivery
  set leased_until = now() + ${milliseconds(leaseMs)}
  where delivery.event_id = ${anyOf(ids)} and ${held(lease)}`;
