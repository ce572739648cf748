import { analyticsEvents as e, type Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { Windows } from "./calendar.ts";
import { decodeNumber } from "./decode.ts";
import { aliasJoin, isCounted, person } from "./persons.ts";

export interface SessionTotals {
  sessions: number;
  /** Sessions of more than one event. */
  multiEvent: number;
  minutes: number;
}

const gap = sql`interval '30 minutes'`;

/**
 * Sessions begun in the trailing 30 days. Events of one gap before that time tell whether the first session in it
 * had begun earlier; such a one belongs to the day of its start.
 */
export const sessionsQuery = (w: Windows): SQL => sql`
  with activity as (
    select ${person(e.ownerId, e.distinctId)} collate "C" as person, ${e.occurredAt} as at
    from ${e} ${aliasJoin(e.distinctId)}
    where ${e.countsAsActivity}
      and ${e.occurredAt} >= ${w.month}::timestamptz - ${gap}
      and ${e.occurredAt} < ${w.until}::timestamptz
      and ${isCounted(person(e.ownerId, e.distinctId))}
  ),
  marked as (
    select person, at,
           case when at - lag(at) over (partition by person order by at) <= ${gap} then 0 else 1 end as begins
    from activity
  ),
  numbered as (
    -- The default frame takes events of one instant together, whichever of them begins the session.
    select person, at, sum(begins) over (partition by person order by at) as session from marked
  ),
  sessions as (
    select count(*) as events, max(at) - min(at) as duration
    from numbered
    group by person, session
    having min(at) >= ${w.month}::timestamptz
  )
  select count(*)::float8 as sessions,
         count(*) filter (where events > 1)::float8 as multi_event,
         (coalesce(sum(extract(epoch from duration)), 0) / 60)::float8 as minutes
  from sessions`;

export const decodeSessions = (row: Row | undefined): SessionTotals => ({
  sessions: decodeNumber(row?.sessions),
  multiEvent: decodeNumber(row?.multi_event),
  minutes: decodeNumber(row?.minutes),
});
