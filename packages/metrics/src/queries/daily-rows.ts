import { messages, projects, users } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { type DaySpan, dayOf, within } from "./day-span.ts";
import { isCounted } from "./persons.ts";

/** New users, projects and messages per day. */
export const dailyRowsQuery = (span: DaySpan): SQL => sql`
  with created as (
    select 'users' as kind, ${dayOf(users.createdAt, span)} as day from ${users}
    where ${within(users.createdAt, span)} and ${isCounted(sql`${users.id}::text`)}
    union all
    select 'projects', ${dayOf(projects.createdAt, span)} from ${projects}
    where ${within(projects.createdAt, span)} and ${isCounted(sql`${projects.userId}::text`)}
    union all
    select 'messages', ${dayOf(messages.createdAt, span)} from ${messages}
    where ${within(messages.createdAt, span)} and ${isCounted(sql`${messages.userId}::text`)}
  )
  select kind, day, count(*)::float8 as count from created group by kind, day order by kind, day`;
