import { useTestDatabase } from "@devora/testing";
import { beforeEach, expect, test } from "vitest";
import { createMetrics } from "../../src/index.ts";
import { addActivity, addAlias, addEvents, addUser, clearTables, exclude } from "../rows.ts";

const database = useTestDatabase();
beforeEach(() => clearTables(database.db));

const cohort = (periodDays: number, asOf = "2025-03-01T00:00:00Z", timeZone = "UTC") =>
  createMetrics({ db: database.db, timeZone }).getCohortRetention({
    cohortDate: "2024-12-01",
    periodDays,
    asOf: new Date(asOf),
  });

test("the share of the day's sign-ups who were active on the n-th day after", async () => {
  const { db } = database;
  const [ann, bob] = [await addUser(db, "2024-12-01T00:00:00Z"), await addUser(db, "2024-12-01T23:59:59Z")];
  await addUser(db, "2024-12-01T12:00:00Z"); // never seen again
  await addUser(db, "2024-12-01T12:00:00Z", { deletedAt: new Date("2024-12-02T00:00:00Z") }); // left: still of the cohort
  const later = await addUser(db, "2024-12-02T00:00:00Z");
  await addActivity(db, ann, "2024-12-01T10:00:00Z"); // day 0 is no return
  await addActivity(db, ann, "2024-12-02T00:00:00Z", "2024-12-02T23:59:59Z", "2024-12-04T12:00:00Z");
  await addActivity(db, bob, "2024-12-02T12:00:00Z");
  await addActivity(db, later, "2024-12-03T12:00:00Z");

  const { size, cells } = await cohort(4);
  expect(size).toBe(4);
  expect(cells.map(({ day, date, numerator, value }) => [day, date, numerator, value])).toEqual([
    [1, "2024-12-02", 2, 2 / 4],
    [2, "2024-12-03", 0, 0],
    [3, "2024-12-04", 1, 1 / 4],
    [4, "2024-12-05", 0, 0],
  ]);
});

test("a day that is not over has no share yet", async () => {
  const { db } = database;
  const ann = await addUser(db, "2024-12-01T08:00:00Z");
  await addActivity(db, ann, "2024-12-02T08:00:00Z", "2024-12-03T08:00:00Z");
  const { cells } = await cohort(3, "2024-12-03T23:59:59.998Z");
  expect(cells[0]).toMatchObject({ value: 1 });
  expect(cells[1]).toMatchObject({ value: null, numerator: null, denominator: 1, reason: "day_not_over" });
  expect(cells[2]).toMatchObject({ value: null, reason: "day_not_over" });
  // Its last millisecond ends it.
  expect((await cohort(3, "2024-12-03T23:59:59.999Z")).cells[1]).toMatchObject({ value: 1 });
});

test("nobody signed up: no share, and why", async () => {
  const { size, cells } = await cohort(1);
  expect(size).toBe(0);
  expect(cells).toMatchObject([{ value: null, denominator: 0, reason: "empty_denominator" }]);
});

test("days are local, over a change of clocks", async () => {
  const { db } = database;
  // In Paris clocks changed on 30 March 2025, a day of 23 hours.
  const user = await addUser(db, "2025-03-28T23:30:00Z"); // 00:30 on the 29th
  await addActivity(db, user, "2025-03-30T21:59:59Z"); // 23:59:59 on the 30th
  await addActivity(db, user, "2025-03-31T22:00:00Z"); // 00:00 on 1 April
  const { size, cells } = await createMetrics({ db, timeZone: "Europe/Paris" }).getCohortRetention({
    cohortDate: "2025-03-29",
    periodDays: 3,
    asOf: new Date("2025-05-01T00:00:00Z"),
  });
  expect([size, cells.map((cell) => cell.value)]).toEqual([1, [1, 0, 1]]); // 30th, 31st, 1st
});

test("a member's other ids count, excluded members do not", async () => {
  const { db } = database;
  const ann = await addUser(db, "2024-12-01T08:00:00Z");
  const staff = await addUser(db, "2024-12-01T08:00:00Z");
  await addAlias(db, "anns-phone", ann);
  await addEvents(db, [
    { distinctId: "anns-phone", ownerId: null, occurredAt: new Date("2024-12-02T08:00:00Z") },
  ]);
  await addActivity(db, staff, "2024-12-02T08:00:00Z");
  await exclude(db, staff);
  const { size, cells } = await cohort(1);
  expect([size, cells[0]?.value]).toEqual([1, 1]);
});

test("a member whose account was merged into another is back when the other is", async () => {
  const { db } = database;
  const old = await addUser(db, "2024-12-01T08:00:00Z");
  await addAlias(db, old, "ann");
  await addActivity(db, "ann", "2024-12-02T08:00:00Z");
  const { size, cells } = await cohort(1);
  expect([size, cells[0]?.value]).toEqual([1, 1]);
});

test("events that count as no activity bring nobody back", async () => {
  const { db } = database;
  const ann = await addUser(db, "2024-12-01T08:00:00Z");
  const occurredAt = new Date("2024-12-02T08:00:00Z");
  await addEvents(db, [{ distinctId: ann, ownerId: ann, occurredAt, countsAsActivity: false }]);
  expect((await cohort(1)).cells[0]?.value).toBe(0);
});
