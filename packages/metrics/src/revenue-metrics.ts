import { readCalendar } from "./calendar.ts";
import { zero } from "./fraction.ts";
import { type MetricsCall, type MetricsSettings, momentOf } from "./options.ts";
import type { Windows } from "./queries/calendar.ts";
import { customersQuery, decodeCustomers } from "./queries/customers.ts";
import { decodeRecurringAmount, recurringAmountsQuery } from "./queries/recurring-amounts.ts";
import { type Read, withSnapshot } from "./read.ts";
import {
  type Conversion,
  monthlyByCurrency,
  type RevenueFigures,
  revenueFigures,
  totalRevenue,
} from "./revenue.ts";

export interface CurrencyRevenue extends RevenueFigures {
  currency: string;
}

/** The figures over all currencies, and those of each currency by itself. */
export interface RevenueReport extends RevenueFigures {
  /** By code: currencies with a customer now or 30 local days ago. */
  byCurrency: readonly CurrencyRevenue[];
  /** The rates behind the total; empty where nothing was converted. */
  conversions: readonly Conversion[];
}

export interface RevenueMetrics extends RevenueReport {
  asOf: Date;
  timeZone: string;
}

export async function getRevenueMetrics(
  settings: MetricsSettings,
  call: MetricsCall = {},
): Promise<RevenueMetrics> {
  const verb = "getRevenueMetrics";
  const moment = momentOf(verb, settings, call);
  return withSnapshot(verb, settings, call, async (read) => {
    const { now, monthBefore } = await readCalendar(verb, read, moment);
    return { ...moment, ...(await readRevenue(read, { now, before: monthBefore }, settings.currency)) };
  });
}

/** Revenue as of `now`, with the customers lost since `before`. */
export async function readRevenue(
  read: Read,
  { now, before }: { now: Windows; before: Windows },
  reporting: string,
): Promise<RevenueReport> {
  const amounts = (await read(recurringAmountsQuery(now, reporting))).map(decodeRecurringAmount);
  const customers = (await read(customersQuery(before.until, now.until))).map(decodeCustomers);
  const customersOf = (currency: string | undefined) =>
    customers.find((row) => row.currency === currency) ?? { now: 0, before: 0, lost: 0 };

  const asOf = new Date(now.asOf);
  const monthly = monthlyByCurrency(amounts);
  const currencies = customers.flatMap(({ currency }) => currency ?? []);
  const { mrr, conversions } = totalRevenue(amounts, reporting);
  return {
    ...revenueFigures(asOf, mrr, customersOf(undefined)),
    byCurrency: currencies.map((currency) => ({
      currency,
      ...revenueFigures(asOf, { currency, minor: monthly.get(currency) ?? zero }, customersOf(currency)),
    })),
    conversions,
  };
}
