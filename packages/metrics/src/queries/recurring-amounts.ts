import { subscriptionChanges as c, type Row, currencyRates as r } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { Windows } from "./calendar.ts";
import { annualMinor, inForce, recurs } from "./prices.ts";

/** Prices in force of one currency and interval count. */
export interface RecurringAmount {
  currency: string;
  intervalCount: number;
  /** Sum of yearly minor units times `intervalCount`. */
  annualMinor: bigint;
  /** What one major unit is worth in the base currency, by the newest rate up to the local date. */
  rate: { value: string; day: string } | undefined;
}

export const recurringAmountsQuery = (w: Windows, baseCurrency: string): SQL => sql`
  with amounts as (
    select ${c.currency} as currency, ${c.intervalCount} as interval_count, sum(${annualMinor}) as annual_minor
    from ${c}
    where ${recurs} and ${inForce(w.until)}
    group by 1, 2
  )
  select a.currency, a.interval_count, a.annual_minor::text as annual_minor, rate.value as rate, rate.day as rate_day
  from amounts a
  left join lateral (
    select ${r.rate}::text as value, ${r.day}::text as day
    from ${r}
    where ${r.baseCurrency} = ${baseCurrency}::text and ${r.currency} = a.currency and ${r.day} <= ${w.date}::date
    order by ${r.day} desc
    limit 1
  ) rate on true
  order by a.currency, a.interval_count`;

export const decodeRecurringAmount = (row: Row): RecurringAmount => ({
  currency: String(row.currency),
  intervalCount: Number(row.interval_count),
  annualMinor: BigInt(String(row.annual_minor)),
  rate: row.rate === null ? undefined : { value: String(row.rate), day: String(row.rate_day) },
});
