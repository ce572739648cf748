import { readCalendar } from "./calendar.ts";
import { definitions } from "./definitions.ts";
import { type Figure, quotient } from "./figure.ts";
import {
  assertDayCount,
  assertLocalDate,
  type MetricsCall,
  type MetricsSettings,
  momentOf,
} from "./options.ts";
import { cohortQuery, decodeCohortCount } from "./queries/cohort.ts";
import { decodeLocalDay, type LocalDay, localDaysQuery } from "./queries/local-days.ts";
import { withSnapshot } from "./read.ts";

export interface CohortRetentionCall extends MetricsCall {
  /** Local day of the sign-up, such as "2024-12-01"; from 1970 to 8999. */
  cohortDate: string;
  /** How many days after it to look at; 1 to 400. */
  periodDays: number;
}

export interface CohortCell extends Figure {
  /** Days after the sign-up's, from 1. */
  day: number;
  /** That local day, YYYY-MM-DD. */
  date: string;
}

export interface CohortRetention {
  asOf: Date;
  timeZone: string;
  cohortDate: string;
  /** Users who signed up on the local day, also those deleted since. */
  size: number;
  /** Day 1 to `periodDays`, in order. */
  cells: readonly CohortCell[];
}

export async function getCohortRetention(
  settings: MetricsSettings,
  call: CohortRetentionCall,
): Promise<CohortRetention> {
  const verb = "getCohortRetention";
  const { cohortDate, periodDays } = call;
  assertLocalDate(verb, "cohortDate", cohortDate);
  assertDayCount(verb, "periodDays", periodDays);
  const moment = momentOf(verb, settings, call);
  return withSnapshot(verb, settings, call, async (read) => {
    const { now } = await readCalendar(verb, read, moment);
    const dayCount = periodDays + 1;
    const query = localDaysQuery({ date: cohortDate, offsetDays: 0, dayCount, timeZone: moment.timeZone });
    const [signupDay, ...days] = (await read(query)).map(decodeLocalDay);
    if (!signupDay) throw new RangeError(`${verb}: the calendar has no day`);
    const counts = (await read(cohortQuery(signupDay, days, now.until))).map(decodeCohortCount);
    const people = new Map(counts.map((count) => [count.day, count.people]));
    const size = people.get(0) ?? 0;
    return {
      ...moment,
      cohortDate,
      size,
      cells: days.map((localDay, index) =>
        cell({ day: index + 1, localDay, retained: people.get(index + 1) ?? 0, size, now }),
      ),
    };
  });
}

function cell(options: {
  day: number;
  localDay: LocalDay;
  retained: number;
  size: number;
  now: { asOf: string; until: string };
}): CohortCell {
  const { day, localDay, retained, size, now } = options;
  const figure = quotient(definitions.cohortCell, new Date(now.asOf), retained, size);
  // Texts of one fixed form, so they compare as instants do.
  const isOver = localDay.end <= now.until;
  return {
    ...figure,
    ...(isOver ? {} : { value: null, numerator: null, reason: "day_not_over" as const }),
    day,
    date: localDay.date,
  };
}
