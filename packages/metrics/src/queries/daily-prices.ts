import { subscriptionChanges as c, type Row } from "@devora/db-schema";
import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { instants } from "./local-time.ts";
import { annualMinor, recurs } from "./prices.ts";

/** A change of the prices in force, from the end of the n-th day on (from 1); prices of before count for day 1. */
export interface PriceChange {
  day: number;
  currency: string;
  intervalCount: number;
  /** As in `RecurringAmount`; below 0 where prices end. */
  annualMinor: bigint;
}

/**
 * What began and ended per day, to be summed up: two passes over the intervals instead of one per day.
 * @param ends exclusive end of each day, the last one's as far as it got
 */
export function dailyPricesQuery(ends: readonly string[]): SQL {
  // In force at the end of the first day whose end lies after the instant.
  const firstEnd = (instant: SQLWrapper) => sql`width_bucket(${instant}, ${instants(ends)}) + 1`;
  return sql`
    with changes as (
      select ${firstEnd(c.effectiveFrom)} as day, ${c.currency} as currency, ${c.intervalCount} as interval_count,
             ${annualMinor} as annual_minor
      from ${c}
      where ${recurs}
      union all
      select ${firstEnd(c.effectiveTo)}, ${c.currency}, ${c.intervalCount}, -${annualMinor}
      from ${c}
      where ${recurs} and ${c.effectiveTo} is not null
    )
    select day, currency, interval_count, sum(annual_minor)::text as annual_minor
    from changes
    where day <= ${ends.length}::int
    group by day, currency, interval_count
    having sum(annual_minor) <> 0
    order by day, currency, interval_count`;
}

export const decodePriceChange = (row: Row): PriceChange => ({
  day: Number(row.day),
  currency: String(row.currency),
  intervalCount: Number(row.interval_count),
  annualMinor: BigInt(String(row.annual_minor)),
});
