import { type Row, users } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { type Windows, windowRows } from "./calendar.ts";
import { decodeNumber } from "./decode.ts";
import { isCounted } from "./persons.ts";

export interface AccountCounts {
  total: number;
  today: number;
  thisMonth: number;
}

/** Accounts as of several instants: one row each, in their order. */
export const accountsQuery = (windows: readonly Windows[]): SQL => sql`
  select count(${users.id}) filter (where ${users.deletedAt} is null or ${users.deletedAt} >= w.until)::float8 as total,
         count(${users.id}) filter (where ${users.createdAt} >= w.day)::float8 as today,
         count(${users.id}) filter (where ${users.createdAt} >= w.calendar_month)::float8 as this_month
  from ${windowRows(windows)}
  left join ${users} on ${users.createdAt} < w.until and ${isCounted(sql`${users.id}::text`)}
  group by w.position
  order by w.position`;

export const decodeAccounts = (row: Row): AccountCounts => ({
  total: decodeNumber(row.total),
  today: decodeNumber(row.today),
  thisMonth: decodeNumber(row.this_month),
});
