import { subscriptionChanges as c, type Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { decodeNumber } from "./decode.ts";
import { inForce, recurs } from "./prices.ts";

export interface CustomerCounts {
  /** `undefined`: customers of any currency, each once. */
  currency: string | undefined;
  now: number;
  before: number;
  /** Customers before who are none now. */
  lost: number;
}

/** Customers at two instants, per currency and over all. No row where there was none at either. */
export const customersQuery = (before: string, until: string): SQL => sql`
  with payers as (
    select ${c.userId} as user_id, ${c.currency} as currency,
           bool_or(${inForce(until)}) as is_now, bool_or(${inForce(before)}) as was_before
    from ${c}
    where ${recurs} and (${inForce(until)} or ${inForce(before)})
    group by grouping sets ((${c.userId}, ${c.currency}), (${c.userId}))
  )
  select currency,
         count(*) filter (where is_now)::float8 as now,
         count(*) filter (where was_before)::float8 as before,
         count(*) filter (where was_before and not is_now)::float8 as lost
  from payers
  group by currency
  order by currency nulls first`;

export const decodeCustomers = (row: Row): CustomerCounts => ({
  currency: row.currency === null ? undefined : String(row.currency),
  now: decodeNumber(row.now),
  before: decodeNumber(row.before),
  lost: decodeNumber(row.lost),
});
