import { subscriptionChanges as c } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { isCounted } from "./persons.ts";

/** What one interval of a subscription costs: all units, less the discount, never below 0. */
const netMinor = sql`greatest(${c.amountMinor}::numeric * ${c.quantity} - ${c.discountMinor}, 0)`;

/**
 * A price per year times `interval_count`: a whole number, so that sums are exact.
 * Divided by interval_count it is the price per year, and by 12 more the one per month.
 */
export const annualMinor = sql`(${netMinor} * case ${c.billingInterval}
  when 'year' then 1 when 'month' then 12 when 'week' then 52 else 365 end)`;

/** A counted customer's price above 0 that recurs; trialing, paused, unpaid and canceled ones do not. */
export const recurs = sql`(${c.status} in ('active', 'past_due') and ${netMinor} > 0
  and ${isCounted(sql`${c.userId}::text`)})`;

/** In force just before `until`. */
export const inForce = (until: string): SQL => sql`(${c.effectiveFrom} < ${until}::timestamptz
  and (${c.effectiveTo} is null or ${c.effectiveTo} >= ${until}::timestamptz))`;
