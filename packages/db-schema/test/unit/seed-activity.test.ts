import fc from "fast-check";
import { expect, test } from "vitest";
import { activeDays, daySessions, momentAfter, segments, sessionAt } from "../../src/seed/activity.ts";
import { originsByLocale } from "../../src/seed/banks/people.ts";
import { calendarOf, dayStart, weekdayOf } from "../../src/seed/calendar.ts";
import { kinds, streamOf } from "../../src/seed/random.ts";

const calendar = calendarOf(Date.parse("2026-03-15T14:20:00.000Z"), 13);
const power = segments.at(-1) as (typeof segments)[number];
const countries = [...originsByLocale.fr.countries, ...originsByLocale.en.countries];

const visit = fc.record({
  index: fc.nat(20_000),
  day: fc.nat(calendar.today),
  country: fc.constantFrom(...countries),
  segment: fc.constantFrom(...segments),
});

test("the sessions of a day lie within that day in UTC, and before now", () => {
  fc.assert(
    fc.property(visit, ({ day, ...person }) => {
      const sessions = daySessions(calendar, 1, person, day);
      const end = momentAfter(sessions, 0, 1);
      expect(sessions.first).toBeGreaterThanOrEqual(dayStart(calendar, day));
      expect(end).toBeGreaterThan(sessions.first);
      expect(end).toBeLessThanOrEqual(Math.min(dayStart(calendar, day + 1), calendar.now));
    }),
  );
});

test("a moment after another one is never before it, whole, inside a session, and grows with the share", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(visit, share, share, share, ({ day, ...person }, first, second, third) => {
      const sessions = daySessions(calendar, 1, person, day);
      const after = momentAfter(sessions, 0, first);
      const [low, high] = [second, third].sort((a, b) => a - b) as [number, number];
      const moments = [momentAfter(sessions, after, low), momentAfter(sessions, after, high)] as const;
      expect(Number.isInteger(moments[0])).toBe(true);
      expect(moments[0]).toBeGreaterThanOrEqual(after);
      expect(moments[1]).toBeGreaterThanOrEqual(moments[0]);
      expect(moments[1]).toBeLessThanOrEqual(momentAfter(sessions, 0, 1));
      const begin = sessionAt(sessions, moments[1]) === 0 ? sessions.first : sessions.second;
      const length = sessionAt(sessions, moments[1]) === 0 ? sessions.firstLength : sessions.secondLength;
      expect(moments[1]).toBeGreaterThanOrEqual(begin);
      expect(moments[1]).toBeLessThanOrEqual(begin + length + 1);
    }),
    { numRuns: 300 },
  );
});

test("a moment that is not whole in time does not slip behind the one before it", () => {
  const sessions = { first: 1000, firstLength: 0.7, second: 1001, secondLength: 0 };
  expect(momentAfter(sessions, 1001, 0.5)).toBe(1001);
});

test("people are there on their first day, in ascending days, less at weekends, and come back less and less", () => {
  const perWeekday = [0, 0, 0, 0, 0, 0, 0];
  const back = [0, 0];
  for (let index = 0; index < 2000; index++) {
    const days = activeDays(calendar, streamOf(1, kinds.person, index), power, 20);
    expect(days[0]).toBe(20);
    expect(days).toEqual([...new Set(days)].sort((a, b) => a - b));
    expect(days.at(-1)).toBeLessThanOrEqual(calendar.today);
    for (const day of days.slice(1)) perWeekday[weekdayOf(calendar, day)]! += 1;
    back[0]! += days.filter((day) => day > 20 && day <= 34).length;
    back[1]! += days.filter((day) => day > 200 && day <= 214).length;
  }
  // The first day, 2025-02-15, was a Saturday.
  expect(weekdayOf(calendar, 0)).toBe(6);
  const [sunday, monday] = perWeekday as [number, number];
  expect(sunday / monday).toBeGreaterThan(0.35);
  expect(sunday / monday).toBeLessThan(0.65);
  expect(back[0]).toBeGreaterThan(back[1]! * 1.2);
});
