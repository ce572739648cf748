import { analyticsEvents as e } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { eventNames } from "../event-names.ts";
import { type DaySpan, dayOf, within } from "./day-span.ts";
import { aliasJoin, isCounted, person } from "./persons.ts";
import { httpStatus } from "./properties.ts";

/** People active per day. */
export const dailyActivityQuery = (span: DaySpan): SQL => sql`
  with ids as (
    select distinct ${e.ownerId} as owner_id, ${e.distinctId} as distinct_id, ${dayOf(e.occurredAt, span)} as day
    from ${e}
    where ${e.countsAsActivity} and ${within(e.occurredAt, span)}
  ),
  people as (
    select distinct ids.day, ${person(sql`ids.owner_id`, sql`ids.distinct_id`)} as id
    from ids ${aliasJoin(sql`ids.distinct_id`)}
  )
  select 'active' as kind, day, count(*)::float8 as count
  from people
  where ${isCounted(sql`people.id`)}
  group by day
  order by day`;

/** Requests that failed per day. */
export const dailyErrorsQuery = (span: DaySpan): SQL => sql`
  with failed as (
    select ${dayOf(e.occurredAt, span)} as day
    from ${e} ${aliasJoin(e.distinctId)}
    where ${e.event} = ${eventNames.requestCompleted}::text and ${within(e.occurredAt, span)}
      and ${httpStatus} >= 500
      and ${isCounted(person(e.ownerId, e.distinctId))}
  )
  select 'errors' as kind, day, count(*)::float8 as count from failed group by day order by day`;
