import { conversations, messages, projects, type Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { type Windows, windowRows } from "./calendar.ts";
import { decodeNumber } from "./decode.ts";
import { isCounted } from "./persons.ts";

export interface ContentCounts {
  projects: number;
  projectsToday: number;
  conversations: number;
  conversationsToday: number;
  messages: number;
  messagesToday: number;
}

/** Projects, conversations and messages as of several instants: one row each, in their order. */
export const contentQuery = (windows: readonly Windows[]): SQL => sql`
  select p.total as projects, p.today as projects_today,
         c.total as conversations, c.today as conversations_today,
         m.total as messages, m.today as messages_today
  from ${windowRows(windows)}
  cross join lateral (${countsOf(projects)}) p
  cross join lateral (${countsOf(conversations)}) c
  cross join lateral (${countsOf(messages)}) m
  order by w.position`;

const countsOf = (t: typeof projects | typeof conversations | typeof messages): SQL => sql`
  select count(*) filter (where ${t.deletedAt} is null or ${t.deletedAt} >= w.until)::float8 as total,
         count(*) filter (where ${t.createdAt} >= w.day)::float8 as today
  from ${t}
  where ${t.createdAt} < w.until and ${isCounted(sql`${t.userId}::text`)}`;

export const decodeContent = (row: Row): ContentCounts => ({
  projects: decodeNumber(row.projects),
  projectsToday: decodeNumber(row.projects_today),
  conversations: decodeNumber(row.conversations),
  conversationsToday: decodeNumber(row.conversations_today),
  messages: decodeNumber(row.messages),
  messagesToday: decodeNumber(row.messages_today),
});
