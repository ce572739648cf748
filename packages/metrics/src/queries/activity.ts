import { analyticsEvents as e, type Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { Windows } from "./calendar.ts";
import { decodeNumber } from "./decode.ts";
import { aliasJoin, isCounted, person } from "./persons.ts";

export interface ActivityCounts {
  daily: number;
  weekly: number;
  monthly: number;
  /** Active in the 30 days before the trailing 30. */
  before: number;
  /** Of those, active in the trailing 30 as well. */
  retained: number;
}

/**
 * People by when they were last active. One pass over 60 days; ids are grouped before aliases are looked up, and
 * the last instant of a person answers every trailing window, so that nothing is counted distinct.
 */
export const activityQuery = (w: Windows): SQL => sql`
  with ids as (
    select ${e.ownerId} as owner_id, ${e.distinctId} as distinct_id, max(${e.occurredAt}) as last_at,
           bool_or(${e.occurredAt} < ${w.month}::timestamptz) as before
    from ${e}
    where ${e.countsAsActivity}
      and ${e.occurredAt} >= ${w.previousMonth}::timestamptz
      and ${e.occurredAt} < ${w.until}::timestamptz
    group by 1, 2
  ),
  people as (
    select ${person(sql`ids.owner_id`, sql`ids.distinct_id`)} as id, max(last_at) as last_at, bool_or(before) as before
    from ids ${aliasJoin(sql`ids.distinct_id`)}
    group by 1
  )
  select count(*) filter (where last_at >= ${w.day}::timestamptz)::float8 as daily,
         count(*) filter (where last_at >= ${w.week}::timestamptz)::float8 as weekly,
         count(*) filter (where last_at >= ${w.month}::timestamptz)::float8 as monthly,
         count(*) filter (where before)::float8 as before,
         count(*) filter (where before and last_at >= ${w.month}::timestamptz)::float8 as retained
  from people
  where ${isCounted(sql`people.id`)}`;

export const decodeActivity = (row: Row | undefined): ActivityCounts => ({
  daily: decodeNumber(row?.daily),
  weekly: decodeNumber(row?.weekly),
  monthly: decodeNumber(row?.monthly),
  before: decodeNumber(row?.before),
  retained: decodeNumber(row?.retained),
});

/** How many people were active from `from` to `until`. */
export const activePeopleQuery = (from: string, until: string): SQL => sql`
  with ids as (
    select distinct ${e.ownerId} as owner_id, ${e.distinctId} as distinct_id
    from ${e}
    where ${e.countsAsActivity} and ${e.occurredAt} >= ${from}::timestamptz and ${e.occurredAt} < ${until}::timestamptz
  ),
  people as (
    select distinct ${person(sql`ids.owner_id`, sql`ids.distinct_id`)} as id
    from ids ${aliasJoin(sql`ids.distinct_id`)}
  )
  select count(*)::float8 as people from people where ${isCounted(sql`people.id`)}`;

export const decodeActivePeople = (row: Row | undefined): number => decodeNumber(row?.people);
