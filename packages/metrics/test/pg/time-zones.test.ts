import { rowsOf } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { createMetrics } from "../../src/index.ts";
import { calendarQuery, decodeCalendar } from "../../src/queries/calendar.ts";
import { decodeLocalDay, localDaysQuery } from "../../src/queries/local-days.ts";
import { addActivity, addUser, clearTables } from "../rows.ts";

const database = useTestDatabase();
beforeEach(() => clearTables(database.db));

/** Start of a local day and its length in hours. */
const dayOf = async (timeZone: string, date: string) => {
  const query = localDaysQuery({ date, offsetDays: 0, dayCount: 1, timeZone });
  const [day] = (await rowsOf(database.db, query)).map(decodeLocalDay);
  if (!day) throw new Error("no day");
  return { start: day.start, hours: (Date.parse(day.end) - Date.parse(day.start)) / 3_600_000 };
};

const calendarOf = async (asOf: string, timeZone: string) =>
  decodeCalendar(await rowsOf(database.db, calendarQuery(new Date(asOf), timeZone)));

test("an event at 23:30 in New York belongs to that day, in every figure", async () => {
  const { db } = database;
  const user = await addUser(db, "2025-01-15T04:30:00Z"); // 23:30 on the 14th in New York
  await addActivity(db, user, "2025-01-16T04:30:00Z"); // 23:30 on the 15th
  const metrics = createMetrics({ db, timeZone: "America/New_York" });

  const lateOn15th = new Date("2025-01-16T04:45:00Z");
  expect(await metrics.getUserMetrics({ asOf: lateOn15th })).toMatchObject({
    dailyActiveUsers: { value: 1 },
    newUsersToday: { value: 0 },
  });
  const utc = await metrics.getUserMetrics({ asOf: lateOn15th, timeZone: "UTC" });
  expect([utc.dailyActiveUsers.value, utc.newUsersToday.value]).toEqual([1, 0]); // in UTC it is the 16th

  const { days } = await metrics.getTrends({ days: 3, asOf: lateOn15th });
  expect(days.map(({ date, newUsers, activeUsers }) => [date, newUsers, activeUsers])).toEqual([
    ["2025-01-13", 0, 0],
    ["2025-01-14", 1, 0],
    ["2025-01-15", 0, 1],
  ]);
  // Retention and trends agree: day 1 after the sign-up's is the 15th.
  const { size, cells } = await metrics.getCohortRetention({
    cohortDate: "2025-01-14",
    periodDays: 2,
    asOf: new Date("2025-02-01T00:00:00Z"),
  });
  expect([size, cells.map((cell) => cell.value)]).toEqual([1, [1, 0]]);
});

test("zones with half and quarter hours", async () => {
  expect((await dayOf("Asia/Kolkata", "2025-01-15")).start).toBe("2025-01-14T18:30:00.000000Z"); // +05:30
  expect((await dayOf("Asia/Kathmandu", "2025-01-15")).start).toBe("2025-01-14T18:15:00.000000Z"); // +05:45
  expect((await dayOf("America/St_Johns", "2025-01-15")).start).toBe("2025-01-15T03:30:00.000000Z"); // -03:30
});

test("days on which clocks change have 23, 25, 23.5 and 24.5 hours", async () => {
  expect(await dayOf("Europe/Paris", "2025-03-30")).toEqual({
    start: "2025-03-29T23:00:00.000000Z",
    hours: 23,
  });
  expect(await dayOf("Europe/Paris", "2025-10-26")).toEqual({
    start: "2025-10-25T22:00:00.000000Z",
    hours: 25,
  });
  expect((await dayOf("Australia/Lord_Howe", "2025-10-05")).hours).toBe(23.5);
  expect((await dayOf("Australia/Lord_Howe", "2025-04-06")).hours).toBe(24.5);
});

test("a day whose midnight is jumped over begins with the jump", async () => {
  // São Paulo, 4 November 2018: 00:00 became 01:00, at 03:00 UTC.
  expect(await dayOf("America/Sao_Paulo", "2018-11-04")).toEqual({
    start: "2018-11-04T03:00:00.000000Z",
    hours: 23,
  });
});

test("a day with two midnights begins with the first", async () => {
  // Azores, 26 October 2025: at 01:00 (01:00 UTC) clocks went back to 00:00. The first midnight was at 00:00 UTC.
  expect(await dayOf("Atlantic/Azores", "2025-10-26")).toEqual({
    start: "2025-10-26T00:00:00.000000Z",
    hours: 25,
  });
  expect((await dayOf("Atlantic/Azores", "2025-10-25")).hours).toBe(24);
});

test("a day that a zone left out has no length", async () => {
  // Samoa crossed the date line and had no 30 December 2011.
  expect((await dayOf("Pacific/Apia", "2011-12-30")).hours).toBe(0);
  expect((await dayOf("Pacific/Apia", "2011-12-31")).hours).toBe(24);
});

test("trailing days are local days: 30 of them are 719 hours and the time of day across a change of clocks", async () => {
  const { now, monthBefore, dayBefore } = await calendarOf("2025-04-10T10:00:00Z", "Europe/Paris"); // 12:00 local
  expect(now.month).toBe("2025-03-11T23:00:00.000000Z"); // 12 March 00:00, before the change
  expect(monthBefore.asOf).toBe("2025-03-11T11:00:00.000000Z"); // 11 March 12:00 local
  expect(dayBefore.asOf).toBe("2025-04-09T10:00:00.000000Z");
  expect(now.calendarMonth).toBe("2025-03-31T22:00:00.000000Z");
});

test("the month before the 31st is the last day of a shorter month", async () => {
  const { calendarMonthBefore } = await calendarOf("2025-03-31T12:00:00Z", "UTC");
  expect(calendarMonthBefore.asOf).toBe("2025-02-28T12:00:00.000000Z");
  expect(calendarMonthBefore.calendarMonth).toBe("2025-02-01T00:00:00.000000Z");
});

test("in the hour that happens twice, asOf stays the instant it was", async () => {
  const first = await calendarOf("2025-10-26T00:30:00.123Z", "Europe/Paris"); // 02:30 summer time
  expect(first.now.asOf).toBe("2025-10-26T00:30:00.123000Z");
  expect(first.now.until).toBe("2025-10-26T00:30:00.124000Z");
});

test("every instant lies in the local day that its date names, in every zone that the runtime offers", async () => {
  const zones = Intl.supportedValuesOf("timeZone").filter((zone) => zone.includes("/"));
  const known = new Set(
    (await rowsOf(database.db, sql`select name from pg_timezone_names`)).map((row) => row.name),
  );
  const checked = zones.filter((zone) => known.has(zone));
  expect(checked.length).toBeGreaterThan(350);
  for (const zone of checked) {
    const { now } = await calendarOf("2025-10-26T00:30:00Z", zone);
    const dayLocal = new Date(now.day).toLocaleDateString("sv-SE", { timeZone: zone });
    const before = new Date(Date.parse(now.day) - 1).toLocaleDateString("sv-SE", { timeZone: zone });
    expect([zone, dayLocal, before < now.date]).toEqual([zone, now.date, true]);
  }
});
