import { analyticsEvents as e, type Row, userAliases, users } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { decodeNumber } from "./decode.ts";
import type { LocalDay } from "./local-days.ts";
import { instants } from "./local-time.ts";
import { aliasJoin, isCounted, person } from "./persons.ts";

/** Day 0 holds the size of the cohort, day n how many of it were active on the n-th day after. Days without any have no row. */
export interface CohortCount {
  day: number;
  people: number;
}

/**
 * @param signupDay the cohort's local day
 * @param days      the local days after it, in order
 * @param until     exclusive end of what has happened
 */
export function cohortQuery(signupDay: LocalDay, days: readonly LocalDay[], until: string): SQL {
  const id = sql`coalesce(${userAliases.distinctId}, ${users.id}::text)`;
  return sql`
    with cohort as materialized (
      select distinct ${id} as person
      from ${users} ${aliasJoin(sql`${users.id}::text`)}
      where ${users.createdAt} >= ${signupDay.start}::timestamptz
        and ${users.createdAt} < least(${signupDay.end}::timestamptz, ${until}::timestamptz)
        and ${isCounted(id)}
    ),
    ids as (
      select distinct ${e.ownerId} as owner_id, ${e.distinctId} as distinct_id,
             width_bucket(${e.occurredAt}, ${instants(days.map((day) => day.start))}) as day
      from ${e}
      where ${e.countsAsActivity}
        and ${e.occurredAt} >= ${days.at(0)?.start ?? until}::timestamptz
        and ${e.occurredAt} < least(${days.at(-1)?.end ?? until}::timestamptz, ${until}::timestamptz)
    ),
    active as (
      select distinct ids.day, ${person(sql`ids.owner_id`, sql`ids.distinct_id`)} as person
      from ids ${aliasJoin(sql`ids.distinct_id`)}
    )
    select 0 as day, count(*)::float8 as people from cohort
    union all
    select active.day, count(*)::float8 from active join cohort using (person) group by active.day
    order by day`;
}

export const decodeCohortCount = (row: Row): CohortCount => ({
  day: Number(row.day),
  people: decodeNumber(row.people),
});
