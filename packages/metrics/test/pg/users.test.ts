import { useTestDatabase } from "@devora/testing";
import { beforeEach, expect, test } from "vitest";
import { createMetrics } from "../../src/index.ts";
import { addActivity, addAlias, addEvents, addUser, clearTables, exclude } from "../rows.ts";

const database = useTestDatabase();
beforeEach(() => clearTables(database.db));

const asOf = new Date("2025-06-15T12:00:00Z");
const users = (options: { asOf?: Date; timeZone?: string } = {}) =>
  createMetrics({ db: database.db }).getUserMetrics({ asOf, ...options });

test("accounts: created, of today, of the month, and deleted ones", async () => {
  const { db } = database;
  await addUser(db, "2025-05-31T23:59:59Z"); // last month
  await addUser(db, "2025-06-01T00:00:00Z"); // this month, its first instant
  await addUser(db, "2025-06-14T23:59:59Z"); // yesterday
  await addUser(db, "2025-06-15T00:00:00Z"); // today
  await addUser(db, "2025-06-15T08:00:00Z", { deletedAt: new Date("2025-06-15T09:00:00Z") }); // today, gone again
  await addUser(db, "2025-06-01T08:00:00Z", { deletedAt: new Date("2025-06-15T13:00:00Z") }); // deleted after asOf
  await addUser(db, "2025-06-15T12:00:01Z"); // after asOf

  const { totalUsers, newUsersToday, newUsersThisMonth } = await users();
  expect(totalUsers.value).toBe(5); // 7 - 1 deleted - 1 later
  expect(newUsersToday.value).toBe(2); // the one who left again did sign up
  expect(newUsersThisMonth.value).toBe(5); // without the one of May and the one of later
});

test("what happens within the millisecond of asOf counts, what comes after does not", async () => {
  const { db } = database;
  await addUser(db, "2025-06-15T12:00:00.000Z");
  await addUser(db, "2025-06-15T12:00:00.001Z");
  expect((await users()).totalUsers.value).toBe(1);
});

test("active people: trailing 1, 7 and 30 days end today, and each person counts once", async () => {
  const { db } = database;
  const [ann, bob, cem, dan, eve] = ["ann", "bob", "cem", "dan", "eve"] as const;
  await addActivity(db, ann, "2025-06-15T00:00:00Z", "2025-06-15T11:00:00Z", "2025-06-09T00:00:00Z");
  await addActivity(db, bob, "2025-06-09T00:00:00Z"); // the first instant of the 7 days (9 to 15 June)
  await addActivity(db, cem, "2025-06-08T23:59:59Z"); // the last one before
  await addActivity(db, dan, "2025-05-17T00:00:00Z"); // the first instant of the 30 days (17 May to 15 June)
  await addActivity(db, eve, "2025-05-16T23:59:59Z"); // the last one before
  await addActivity(db, ann, "2025-06-15T12:00:00.001Z"); // after asOf

  const metrics = await users();
  expect(metrics.dailyActiveUsers.value).toBe(1); // ann
  expect(metrics.weeklyActiveUsers.value).toBe(2); // ann, bob
  expect(metrics.activeUsersMonth.value).toBe(4); // ann, bob, cem, dan
  expect(metrics.stickiness).toMatchObject({ value: 1 / 4, numerator: 1, denominator: 4 });
});

test("retention and churn of activity: two 30-day windows, side by side", async () => {
  const { db } = database;
  await addActivity(db, "stays", "2025-05-16T12:00:00Z", "2025-05-17T12:00:00Z");
  await addActivity(db, "stays too", "2025-04-17T00:00:00Z", "2025-06-15T01:00:00Z"); // first instant of the window before
  await addActivity(db, "leaves", "2025-05-01T12:00:00Z");
  await addActivity(db, "new", "2025-06-01T12:00:00Z");
  await addActivity(db, "long gone", "2025-04-16T23:59:59Z"); // before both windows

  const { retentionRate30d, activityChurnRate30d } = await users();
  expect(retentionRate30d).toMatchObject({ value: 2 / 3, numerator: 2, denominator: 3 });
  expect(activityChurnRate30d).toMatchObject({ value: 1 / 3, numerator: 1, denominator: 3 });
});

test("an event that does not count as activity makes nobody active", async () => {
  const { db } = database;
  const occurredAt = new Date("2025-06-15T08:00:00Z");
  await addEvents(db, [{ distinctId: "u", ownerId: "u", occurredAt, countsAsActivity: false }]);
  expect((await users()).activeUsersMonth.value).toBe(0);
});

test("a person is the target of the alias, else the owner, else the anonymous id", async () => {
  const { db } = database;
  const occurredAt = new Date("2025-06-15T08:00:00Z");
  await addAlias(db, "anonymous-1", "ann");
  await addEvents(db, [
    { distinctId: "anonymous-1", ownerId: null, occurredAt }, // ann before she signed in
    { distinctId: "ann", ownerId: "ann", occurredAt },
    { distinctId: "device-7", ownerId: "ann", occurredAt }, // ann by the owner
    { distinctId: "anonymous-2", ownerId: null, occurredAt }, // a visitor
  ]);
  expect((await users()).dailyActiveUsers.value).toBe(2); // ann and the visitor
});

test("an account merged into another is the other, also where events name it as their owner", async () => {
  const { db } = database;
  await addAlias(db, "old-account", "ann");
  await addActivity(db, "old-account", "2025-06-15T08:00:00Z");
  await addActivity(db, "ann", "2025-06-15T09:00:00Z");
  expect((await users()).dailyActiveUsers.value).toBe(1);
});

test("excluded people are in no figure, whichever id an event has", async () => {
  const { db } = database;
  const staff = await addUser(db, "2025-06-15T08:00:00Z");
  await addUser(db, "2025-06-15T08:00:00Z");
  await addActivity(db, staff, "2025-06-15T09:00:00Z", "2025-05-01T09:00:00Z");
  await addAlias(db, "staff-laptop", staff);
  const occurredAt = new Date("2025-06-15T09:00:00Z");
  await addEvents(db, [{ distinctId: "staff-laptop", ownerId: null, occurredAt }]);
  expect(await users()).toMatchObject({ totalUsers: { value: 2 }, activeUsersMonth: { value: 1 } });

  await exclude(db, staff);
  expect(await users()).toMatchObject({
    totalUsers: { value: 1 },
    newUsersToday: { value: 1 },
    activeUsersMonth: { value: 0 },
    retentionRate30d: { value: null, reason: "empty_denominator" },
  });
});

test("people who deleted their account stay in the activity of the past", async () => {
  const { db } = database;
  const gone = await addUser(db, "2025-06-01T00:00:00Z", { deletedAt: new Date("2025-06-10T00:00:00Z") });
  await addActivity(db, gone, "2025-06-05T00:00:00Z");
  expect(await users()).toMatchObject({ totalUsers: { value: 0 }, activeUsersMonth: { value: 1 } });
});
