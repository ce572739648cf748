import {
  activeDays,
  daySessions,
  demoSegment,
  lastDay,
  momentAfter,
  type Segment,
  segmentCumulative,
  segments,
} from "./activity.ts";
import { type Country, demoCountry, originsByLocale } from "./banks/people.ts";
import type { Calendar } from "./calendar.ts";
import { chance, idAt, kinds, pickCumulative, streamOf, unit } from "./random.ts";
import type { Locale } from "./text.ts";

/** What is kept of a user while rows are made: small, because there may be 15,000. */
export interface Person {
  index: number;
  id: string;
  segment: Segment;
  locale: Locale;
  country: Country;
  /** Ascending; never empty. */
  activeDays: Uint16Array;
  createdAt: number;
  /** The end of the last session. */
  lastSeenAt: number;
}

/** The demo user comes first, on the first day; the others follow in the order of their sign-up. */
export function planPeople(calendar: Calendar, seed: number, count: number): Person[] {
  return Array.from({ length: count }, (_, index) => planPerson(calendar, seed, index, count));
}

function planPerson(calendar: Calendar, seed: number, index: number, count: number): Person {
  const s = streamOf(seed, kinds.person, index);
  const isDemo = index === 0;
  const segment = isDemo ? demoSegment : (segments[pickCumulative(s, segmentCumulative)] as Segment);
  const locale: Locale = isDemo ? "en" : chance(s, 0.62) ? "fr" : "en";
  const origins = originsByLocale[locale];
  const country = isDemo
    ? demoCountry
    : (origins.countries[pickCumulative(s, origins.cumulative)] as Country);

  // The n-th of N comes at (n / N) ** (1 / 1.8) of the time: each month brings more people than the last.
  const last = lastDay(calendar);
  const progress = ((index + unit(s)) / count) ** (1 / 1.8);
  const signupDay = isDemo ? 0 : Math.min(Math.floor(progress * (last + 1)), last);
  const days = activeDays(calendar, s, segment, signupDay);
  const visitor = { index, segment, country };
  const createdAt = momentAfter(daySessions(calendar, seed, visitor, signupDay), 0, 0);
  const lastSeenAt = momentAfter(daySessions(calendar, seed, visitor, days.at(-1) ?? signupDay), 0, 1);
  return {
    ...visitor,
    id: idAt(createdAt, index, s),
    locale,
    activeDays: Uint16Array.from(days),
    createdAt,
    lastSeenAt,
  };
}

/** The first active day at or after `day`, as an index of `activeDays`; their number if there is none. */
export function stepFrom({ activeDays }: Person, day: number): number {
  let low = 0;
  let high = activeDays.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((activeDays[middle] as number) < day) low = middle + 1;
    else high = middle;
  }
  return low;
}
