import type { Country } from "./banks/people.ts";
import { type Calendar, dayMs, dayStart, elapsedShare, hourMs, minuteMs, weekdayOf } from "./calendar.ts";
import { chance, cumulate, kinds, pickCumulative, type Stream, spread, streamOf, unit } from "./random.ts";

/** How a person uses the product. */
export interface Segment {
  name: "bouncer" | "casual" | "regular" | "power" | "demo";
  share: number;
  /** Chance of being active on the k-th day after sign-up: floor + rise * (1 + k) ** -decay. */
  floor: number;
  rise: number;
  decay: number;
  /** Mean days until the person leaves for good. */
  lifetimeDays: number;
  /** Mean time in the product on an active day. */
  minutes: number;
  secondSession: number;
  /** Chance of ever subscribing. */
  subscribes: number;
  /** Projects, in proportion. */
  projects: number;
}

const segment = (
  name: Segment["name"],
  share: number,
  [floor, rise, decay]: readonly [number, number, number],
  rest: Omit<Segment, "name" | "share" | "floor" | "rise" | "decay">,
): Segment => ({ name, share, floor, rise, decay, ...rest });

/** Together some 40 % of all people are back on day 1, 24 % on day 7 and 14 % on day 30. */
export const segments: readonly Segment[] = [
  segment("bouncer", 20, [0, 0.3, 2], {
    lifetimeDays: 2,
    minutes: 9,
    secondSession: 0,
    subscribes: 0,
    projects: 0.4,
  }),
  segment("casual", 42, [0.04, 0.6, 0.8], {
    lifetimeDays: 110,
    minutes: 18,
    secondSession: 0.1,
    subscribes: 0.16,
    projects: 1,
  }),
  segment("regular", 27, [0.18, 0.65, 0.5], {
    lifetimeDays: 300,
    minutes: 30,
    secondSession: 0.25,
    subscribes: 0.55,
    projects: 2.6,
  }),
  segment("power", 11, [0.5, 0.45, 0.4], {
    lifetimeDays: 700,
    minutes: 45,
    secondSession: 0.4,
    subscribes: 0.85,
    projects: 6,
  }),
];
export const segmentCumulative = cumulate(segments.map(({ share }) => share));

export const demoSegment = segment("demo", 0, [0.7, 0, 1], {
  lifetimeDays: Number.POSITIVE_INFINITY,
  minutes: 45,
  secondSession: 0.5,
  subscribes: 1,
  projects: 14,
});

/** Sunday first. */
const weekdayFactors = [0.5, 1.05, 1.12, 1.12, 1.08, 0.98, 0.55];

/** The days on which a person used the product, ascending, from the day of sign-up on. */
export function activeDays(calendar: Calendar, s: Stream, how: Segment, signupDay: number): number[] {
  const days = [signupDay];
  const lifetime = how.lifetimeDays * -Math.log(1 - unit(s));
  for (let day = signupDay + 1; day <= calendar.today; day++) {
    const age = day - signupDay;
    if (age > lifetime) break;
    const probability =
      (how.floor + how.rise * (1 + age) ** -how.decay) * (weekdayFactors[weekdayOf(calendar, day)] ?? 1);
    if (chance(s, probability * shareOfToday(calendar, day))) days.push(day);
  }
  return days;
}

/** Less than an hour of today is too little for anything to have happened. */
const shareOfToday = (calendar: Calendar, day: number): number => {
  const share = elapsedShare(calendar, day);
  return share < 1 / 24 ? 0 : share;
};

/** The last day on which people can be active. */
export const lastDay = (calendar: Calendar): number =>
  shareOfToday(calendar, calendar.today) === 0 ? calendar.today - 1 : calendar.today;

// Local hours 0 to 23: mornings and afternoons at work, a smaller peak in the evening.
const workdayHours = cumulate([
  1, 0.5, 0.3, 0.2, 0.2, 0.4, 1, 2.5, 5, 8, 9, 8, 5, 6, 8, 9, 8, 7, 5.5, 5, 5.5, 5.5, 4, 2,
]);
const weekendHours = cumulate([
  1.5, 1, 0.5, 0.3, 0.2, 0.2, 0.4, 1, 2.5, 4.5, 6, 6.5, 5, 5, 6, 6.5, 6.5, 6, 5.5, 5.5, 6, 6, 4.5, 3,
]);

/** When a person was there on one day: one or two sessions, the second after a long break. Unix milliseconds. */
export interface DaySessions {
  first: number;
  firstLength: number;
  second: number;
  secondLength: number;
}

export interface Visitor {
  index: number;
  segment: Segment;
  country: Country;
}

/** Ends early enough for a deployment of the day to finish within it. */
const closingTime = 23.75 * hourMs;

/** The sessions of a person on an active day. They lie within the UTC day, and before now. */
export function daySessions(calendar: Calendar, seed: number, person: Visitor, day: number): DaySessions {
  const s = streamOf(seed, kinds.day, person.index, day);
  const weekday = weekdayOf(calendar, day);
  const localHour = pickCumulative(s, weekday === 0 || weekday === 6 ? weekendHours : workdayHours);
  const hour = (localHour - person.country.utcOffset + 24) % 24;
  const total = Math.min(Math.max(person.segment.minutes * spread(s, 0.7), 5), 180) * minuteMs;
  const firstLength = chance(s, person.segment.secondSession) ? total * (0.3 + 0.4 * unit(s)) : total;
  const pause = firstLength < total ? hourMs * (1 + 4 * unit(s)) : 0;
  const begin = Math.min((hour + unit(s)) * hourMs, closingTime - total - pause);

  // Today is squeezed into the part of it that is over.
  const scale = elapsedShare(calendar, day);
  const first = Math.floor(dayStart(calendar, day) + begin * scale);
  return {
    first,
    firstLength: firstLength * scale,
    second: Math.floor(first + (firstLength + pause) * scale),
    secondLength: (total - firstLength) * scale,
  };
}

/** A moment of the sessions at or after `after`: 0 is the first such moment, 1 the end of the last session. */
export function momentAfter(sessions: DaySessions, after: number, share: number): number {
  const { first, firstLength, second, secondLength } = sessions;
  const spent =
    after >= second
      ? firstLength + Math.min(after - second, secondLength)
      : Math.min(Math.max(after - first, 0), firstLength);
  const spentThen = spent + (firstLength + secondLength - spent) * share;
  const moment = spentThen <= firstLength ? first + spentThen : second + (spentThen - firstLength);
  return Math.max(Math.floor(moment), after);
}

/** 0 for the first session of the day, 1 for the second. */
export const sessionAt = ({ second, secondLength }: DaySessions, timeMs: number): 0 | 1 =>
  secondLength > 0 && timeMs >= second ? 1 : 0;

export const endOfDay = (calendar: Calendar, timeMs: number): number =>
  Math.min((Math.floor(timeMs / dayMs) + 1) * dayMs - 1, calendar.now);
