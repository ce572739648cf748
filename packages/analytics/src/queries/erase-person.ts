import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

const texts = (values: readonly string[]): SQL => sql`${sql.param([...values])}::text[]`;

/** All ids of a person, those that `user_aliases` knows among them. */
export const idsOfPersonQuery = (ids: readonly string[]): SQL =>
  sql`select to_json(devora.ids_of_person(${texts(ids)}))::text as ids`;

/** What one statement erased. */
export interface ErasedBatch {
  /** Events that it found; below `limit` when there are no more. */
  found: number;
  events: number;
  deliveries: number;
  /** The ids under which these were captured. */
  distinctIds: string[];
}

/**
 * Deletes `limit` to twice `limit` events of a person, oldest first, with their deliveries.
 *
 * Found by index, id by id: events of an owner, and those under an id that is not their owner's. Deleted by key, within
 * their range of time, so that only their months are looked at. Deliveries are locked in the order in which workers
 * lock them, so that neither waits for the other in a circle.
 */
export const eraseBatchQuery = (ids: readonly string[], limit: number): SQL => sql`
  with doomed as materialized (
    (select owned.id, owned.occurred_at
     from unnest(${texts(ids)}) as person (id)
     cross join lateral (
       select id, occurred_at from devora.analytics_events
       where owner_id = person.id order by occurred_at limit ${limit}::integer
     ) as owned
     limit ${limit}::integer)
    union
    (select done.id, done.occurred_at
     from unnest(${texts(ids)}) as person (id)
     cross join lateral (
       select id, occurred_at from devora.analytics_events
       where distinct_id = person.id and owner_id is distinct from distinct_id limit ${limit}::integer
     ) as done
     limit ${limit}::integer)
  ),
  locked as materialized (
    select event_id
    from devora.analytics_outbox
    where event_id = any(array(select id from doomed))
    order by event_id, destination
    for update
  ),
  dequeued as (
    delete from devora.analytics_outbox as delivery
    where delivery.event_id = any(array(select event_id from locked))
    returning delivery.event_id
  ),
  erased as (
    delete from devora.analytics_events as kept
    where kept.id = any(array(select id from doomed))
      and kept.occurred_at >= (select min(occurred_at) from doomed)
      and kept.occurred_at <= (select max(occurred_at) from doomed)
    returning kept.distinct_id
  )
  select (select count(*) from doomed)::integer as found,
         (select count(*) from erased)::integer as events,
         (select count(*) from dequeued)::integer as deliveries,
         (select coalesce(json_agg(distinct distinct_id), '[]') from erased)::text as distinct_ids`;

export const decodeErasedBatch = (row: Row | undefined): ErasedBatch => ({
  found: Number(row?.found),
  events: Number(row?.events),
  deliveries: Number(row?.deliveries),
  distinctIds: JSON.parse(String(row?.distinct_ids)),
});

/** Takes the person out of the other tables. An opt-out stays: without it the next event would be kept. */
export const forgetPersonQuery = (ids: readonly string[]): SQL => sql`
  with unlinked as (
    delete from devora.user_aliases
    where alias = any(${texts(ids)}) or distinct_id = any(${texts(ids)})
    returning alias
  ),
  forgotten as (
    delete from devora.consents where distinct_id = any(${texts(ids)}) and not opted_out returning distinct_id
  )
  select (select count(*) from unlinked)::integer as aliases,
         (select count(*) from forgotten)::integer as consents`;

/** Whether events of the person are there, and which of the found ids are nobody else's. */
export const afterErasureQuery = (ids: readonly string[], found: readonly string[]): SQL => sql`
  select exists (
           select from unnest(${texts(ids)}) as person (id)
           where exists (select from devora.analytics_events where owner_id = person.id)
              or exists (
                select from devora.analytics_events
                where distinct_id = person.id and owner_id is distinct from distinct_id)
         ) as is_left,
         (select coalesce(json_agg(other.id order by other.id), '[]')
          from unnest(${texts(found)}) as other (id)
          where not exists (select from devora.analytics_events where owner_id = other.id)
            and not exists (select from devora.user_aliases where alias = other.id)
            and not exists (select from devora.user_aliases where distinct_id = other.id)
         )::text as own_ids`;
