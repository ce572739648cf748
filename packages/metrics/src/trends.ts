import { readCalendar } from "./calendar.ts";
import { type Fraction, fraction, round } from "./fraction.ts";
import { assertDayCount, type MetricsCall, type MetricsSettings, momentOf } from "./options.ts";
import { dailyActivityQuery, dailyErrorsQuery } from "./queries/daily-events.ts";
import { dailyPricesQuery, decodePriceChange, type PriceChange } from "./queries/daily-prices.ts";
import { dailyRowsQuery } from "./queries/daily-rows.ts";
import { decodeDayCount } from "./queries/day-span.ts";
import { decodeLocalDay, localDaysQuery } from "./queries/local-days.ts";
import { withSnapshot } from "./read.ts";
import { monthlyByCurrency } from "./revenue.ts";

export interface TrendsCall extends MetricsCall {
  /** How many local days, the last one that of `asOf`; 1 to 400. */
  days: number;
}

export interface TrendDay {
  /** YYYY-MM-DD in the call's zone. */
  date: string;
  /** True for a day that is not over; leave it out of averages and forecasts. */
  partial: boolean;
  /** Accounts created, also those deleted since. */
  newUsers: number;
  /** People with an event that counts as activity. */
  activeUsers: number;
  /** Projects created, also those deleted since. */
  projectsCreated: number;
  /** Messages of every role written, also those deleted since. */
  messages: number;
  /** Monthly recurring revenue in force just before the day's end (or `asOf`), minor units by currency. */
  mrrMinor: Readonly<Record<string, number>>;
  /** Requests with status 500 or above. */
  errors: number;
}

export interface Trends {
  asOf: Date;
  timeZone: string;
  /** Oldest first. Every day has the same currencies. */
  days: readonly TrendDay[];
}

export async function getTrends(settings: MetricsSettings, call: TrendsCall): Promise<Trends> {
  const verb = "getTrends";
  const { days: dayCount } = call;
  assertDayCount(verb, "days", dayCount);
  const moment = momentOf(verb, settings, call);
  return withSnapshot(verb, settings, call, async (read) => {
    const { now } = await readCalendar(verb, read, moment);
    const options = { date: now.date, offsetDays: 1 - dayCount, dayCount, timeZone: moment.timeZone };
    const days = (await read(localDaysQuery(options))).map(decodeLocalDay);
    const starts = days.map((day) => day.start);
    const ends = [...starts.slice(1), now.until];
    const span = { starts, until: now.until };

    const counts = [
      ...(await read(dailyRowsQuery(span))),
      ...(await read(dailyActivityQuery(span))),
      ...(await read(dailyErrorsQuery(span))),
    ].map(decodeDayCount);
    const countOf = new Map(counts.map(({ kind, day, count }) => [`${kind} ${day}`, count]));
    const mrr = mrrPerDay((await read(dailyPricesQuery(ends))).map(decodePriceChange), dayCount);
    return {
      ...moment,
      days: days.map((day, index) => ({
        date: day.date,
        // Texts of one fixed form, so they compare as instants do.
        partial: day.end > now.until,
        newUsers: countOf.get(`users ${index + 1}`) ?? 0,
        activeUsers: countOf.get(`active ${index + 1}`) ?? 0,
        projectsCreated: countOf.get(`projects ${index + 1}`) ?? 0,
        messages: countOf.get(`messages ${index + 1}`) ?? 0,
        mrrMinor: mrr[index] ?? {},
        errors: countOf.get(`errors ${index + 1}`) ?? 0,
      })),
    };
  });
}

/** Sums the changes up, day by day; exact until the last step. */
function mrrPerDay(changes: readonly PriceChange[], dayCount: number): Record<string, number>[] {
  const currencies = [...new Set(changes.map((change) => change.currency))].sort();
  const inForce = new Map<string, PriceChange>();
  const days: Record<string, number>[] = [];
  for (let day = 1; day <= dayCount; day++) {
    for (const change of changes.filter((candidate) => candidate.day === day)) {
      const key = `${change.currency} ${change.intervalCount}`;
      const before = inForce.get(key)?.annualMinor ?? 0n;
      inForce.set(key, { ...change, annualMinor: before + change.annualMinor });
    }
    const monthly = monthlyByCurrency([...inForce.values()]);
    days.push(Object.fromEntries(currencies.map((code) => [code, minorOf(monthly.get(code))])));
  }
  return days;
}

const minorOf = (monthly: Fraction = fraction(0)): number => Number(round(monthly));
