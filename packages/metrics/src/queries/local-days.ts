import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { isoText, startOfDay } from "./local-time.ts";

/** A local day: half-open from `start` to `end`. */
export interface LocalDay {
  date: string;
  start: string;
  end: string;
}

/** `dayCount` local days in order, the first `offsetDays` after `date`. */
export function localDaysQuery(options: {
  date: string;
  offsetDays: number;
  dayCount: number;
  timeZone: string;
}): SQL {
  const { date, offsetDays, dayCount, timeZone } = options;
  const zone = sql`d.zone`;
  return sql`
    with days as (
      select ${date}::date + ${offsetDays}::int + i as date, ${timeZone}::text as zone
      from generate_series(0, ${dayCount}::int - 1) as i
    )
    select d.date::text as date,
           ${isoText(startOfDay(sql`d.date`, zone))} as start,
           ${isoText(startOfDay(sql`(d.date + 1)`, zone))} as "end"
    from days d
    order by d.date`;
}

export const decodeLocalDay = (row: Row): LocalDay => ({
  date: String(row.date),
  start: String(row.start),
  end: String(row.end),
});
