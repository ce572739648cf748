import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { instants, isoText, startOfDay } from "./local-time.ts";

/** Boundaries of local days around an instant, as timestamptz texts with microseconds. Ranges are half-open, up to `until`. */
export interface Windows {
  asOf: string;
  /** Exclusive end: a JavaScript Date names a whole millisecond, so one millisecond after `asOf`. */
  until: string;
  /** The local date of `asOf`, YYYY-MM-DD. */
  date: string;
  /** Start of that local day. */
  day: string;
  /** Start of the trailing 7 local days. */
  week: string;
  /** Start of the trailing 30 local days. */
  month: string;
  /** Start of the 30 local days before those. */
  previousMonth: string;
  /** Start of the local calendar month. */
  calendarMonth: string;
}

/** The instants that figures look from: the call's own, and earlier ones at the same local time of day. */
export interface Calendar {
  now: Windows;
  dayBefore: Windows;
  weekBefore: Windows;
  /** 30 local days before. */
  monthBefore: Windows;
  /** 60 local days before. */
  twoMonthsBefore: Windows;
  /** The same day of the calendar month before, or its last. */
  calendarMonthBefore: Windows;
}

/** All boundaries that the groups need, in one statement. Fails with 22023 when the server does not know the zone. */
export function calendarQuery(asOf: Date, timeZone: string): SQL {
  const start = (date: SQL) => isoText(startOfDay(date, sql`m.zone`));
  return sql`
    with given as (
      select ${asOf.toISOString()}::timestamptz as as_of, ${timeZone}::text as zone
    ),
    moments as (
      select back.name, g.zone,
             case when back.name = 'now' then g.as_of
                  else ((g.as_of at time zone g.zone) - back.by) at time zone g.zone end as as_of
      from given g
      cross join (values ('now', interval '0'), ('dayBefore', interval '1 day'), ('weekBefore', interval '7 days'),
                         ('monthBefore', interval '30 days'), ('twoMonthsBefore', interval '60 days'),
                         ('calendarMonthBefore', interval '1 month')) as back (name, by)
    ),
    days as (
      select m.name, m.zone, m.as_of, (m.as_of at time zone m.zone)::date as date from moments m
    )
    select m.name, m.date::text as date,
           ${isoText(sql`m.as_of`)} as as_of,
           ${isoText(sql`(m.as_of + interval '1 millisecond')`)} as until,
           ${start(sql`m.date`)} as day,
           ${start(sql`(m.date - 6)`)} as week,
           ${start(sql`(m.date - 29)`)} as month,
           ${start(sql`(m.date - 59)`)} as previous_month,
           ${start(sql`date_trunc('month', m.date::timestamp)::date`)} as calendar_month
    from days m`;
}

export function decodeCalendar(rows: readonly Row[]): Calendar {
  const windows = new Map(rows.map((row) => [String(row.name), decodeWindows(row)]));
  const of = (name: keyof Calendar): Windows => {
    const found = windows.get(name);
    if (!found) throw new RangeError(`calendarQuery answered no row ${name}`);
    return found;
  };
  return {
    now: of("now"),
    dayBefore: of("dayBefore"),
    weekBefore: of("weekBefore"),
    monthBefore: of("monthBefore"),
    twoMonthsBefore: of("twoMonthsBefore"),
    calendarMonthBefore: of("calendarMonthBefore"),
  };
}

const decodeWindows = (row: Row): Windows => ({
  asOf: String(row.as_of),
  until: String(row.until),
  date: String(row.date),
  day: String(row.day),
  week: String(row.week),
  month: String(row.month),
  previousMonth: String(row.previous_month),
  calendarMonth: String(row.calendar_month),
});

/** Several windows as the rows of a table `w` (until, day, calendar_month, position). */
export const windowRows = (windows: readonly Windows[]): SQL => sql`unnest(
  ${instants(windows.map((w) => w.until))}, ${instants(windows.map((w) => w.day))},
  ${instants(windows.map((w) => w.calendarMonth))}) with ordinality as w (until, day, calendar_month, position)`;
