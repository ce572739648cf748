import { daySessions, momentAfter } from "./activity.ts";
import { dayOf } from "./calendar.ts";
import { type Person, stepFrom } from "./people.ts";
import type { Population } from "./population.ts";
import { below, type Stream, unit } from "./random.ts";

/** A moment after one time and before another at which the person used the product; undefined if there is none. */
export function activeMoment(
  { calendar, seed }: Population,
  person: Person,
  s: Stream,
  after: number,
  before: number,
): number | undefined {
  const from = stepFrom(person, dayOf(calendar, after));
  const to = stepFrom(person, dayOf(calendar, before - 1) + 1);
  if (from >= to) return undefined;
  const day = person.activeDays[from + below(s, to - from)] as number;
  const sessions = daySessions(calendar, seed, person, day);
  const moment = momentAfter(sessions, Math.max(after, sessions.first), 0.9 * unit(s));
  const end = momentAfter(sessions, 0, 1);
  return moment > after && moment < before && moment <= end ? moment : undefined;
}
