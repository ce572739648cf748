import { useTestDatabase } from "@devora/testing";
import { beforeEach, expect, test } from "vitest";
import { createMetrics } from "../../src/index.ts";
import {
  addActivity,
  addAlias,
  addConversation,
  addEvents,
  addProject,
  addSubscription,
  addUser,
  clearTables,
  exclude,
} from "../rows.ts";

const database = useTestDatabase();
beforeEach(() => clearTables(database.db));

const trends = (days: number, asOf: string, timeZone = "UTC") =>
  createMetrics({ db: database.db, timeZone }).getTrends({ days, asOf: new Date(asOf) });

test("one row a day, oldest first, the current one flagged", async () => {
  const { db } = database;
  const user = await addUser(db, "2025-06-13T00:00:00Z");
  await addUser(db, "2025-06-12T23:59:59Z"); // before the first day
  await addUser(db, "2025-06-13T10:00:00Z", { deletedAt: new Date("2025-06-14T00:00:00Z") });
  await addProject(db, user, "2025-06-14T23:59:59Z");
  await addConversation(db, user, "2025-06-14T10:00:00Z", "2025-06-14T10:00:00Z", "2025-06-15T10:00:00Z");
  await addAlias(db, "phone", user);
  await addActivity(db, user, "2025-06-14T10:00:00Z", "2025-06-15T10:00:00Z", "2025-06-15T12:00:01Z");
  await addActivity(db, "other", "2025-06-14T11:00:00Z");
  await addEvents(db, [{ distinctId: "phone", ownerId: null, occurredAt: new Date("2025-06-14T12:00:00Z") }]);
  const failure = { event: "request_completed", countsAsActivity: false };
  for (const status of [500, 499, 503]) {
    const occurredAt = new Date("2025-06-15T09:00:00Z");
    await addEvents(db, [{ ...failure, distinctId: "server", occurredAt, properties: { status } }]);
  }

  const { days } = await trends(3, "2025-06-15T12:00:00Z");
  const nothing = { newUsers: 0, activeUsers: 0, projectsCreated: 0, messages: 0, errors: 0, mrrMinor: {} };
  expect(days).toEqual([
    { ...nothing, date: "2025-06-13", partial: false, newUsers: 2 },
    { ...nothing, date: "2025-06-14", partial: false, activeUsers: 2, projectsCreated: 1, messages: 1 },
    { ...nothing, date: "2025-06-15", partial: true, activeUsers: 1, messages: 1, errors: 2 },
  ]);
});

test("a day at its last millisecond is whole", async () => {
  expect((await trends(1, "2025-06-15T23:59:59.998Z")).days[0]?.partial).toBe(true);
  expect((await trends(1, "2025-06-15T23:59:59.999Z")).days[0]?.partial).toBe(false);
});

test("recurring revenue just before each day's end, per currency", async () => {
  const { db } = database;
  const user = await addUser(db, "2025-01-01T00:00:00Z");
  const from = "2025-06-13T00:00:00Z";
  await addSubscription(db, user, { from, to: "2025-06-14T00:00:00Z" }); // the whole 13th
  await addSubscription(db, user, {
    from: "2025-06-14T15:00:00Z",
    amountMinor: 500,
    billingInterval: "year",
  });
  await addSubscription(db, user, {
    from: "2025-06-14T15:00:00Z",
    amountMinor: 100,
    billingInterval: "year",
  });
  await addSubscription(db, user, { from: "2025-06-14T10:00:00Z", to: "2025-06-14T20:00:00Z" }); // within a day
  await addSubscription(db, user, { from: "2025-06-01T00:00:00Z", currency: "JPY", amountMinor: 980 });
  await addSubscription(db, user, {
    from: "2024-06-01T00:00:00Z",
    to: "2024-07-01T00:00:00Z",
    currency: "USD",
  });
  await addSubscription(db, user, { from, status: "trialing", amountMinor: 7 });

  const { days } = await trends(4, "2025-06-15T12:00:00Z");
  expect(days.map(({ date, mrrMinor }) => [date, mrrMinor])).toEqual([
    ["2025-06-12", { EUR: 0, JPY: 980 }],
    ["2025-06-13", { EUR: 1_000, JPY: 980 }],
    ["2025-06-14", { EUR: 50, JPY: 980 }], // (500 + 100) / 12
    ["2025-06-15", { EUR: 50, JPY: 980 }],
  ]);
});

test("the last day agrees with the revenue as of the same instant", async () => {
  const { db } = database;
  const user = await addUser(db, "2025-01-01T00:00:00Z");
  await addSubscription(db, user, { from: "2025-06-15T12:00:00Z", amountMinor: 4_242 });
  for (const asOf of ["2025-06-15T11:59:59.999Z", "2025-06-15T12:00:00.000Z"]) {
    const { mrr } = await createMetrics({ db }).getRevenueMetrics({ asOf: new Date(asOf) });
    const { days } = await trends(1, asOf);
    expect(days[0]?.mrrMinor.EUR ?? 0).toBe(mrr.value);
  }
});

test("days are local: half-hour zones, and the day of 23 hours", async () => {
  const { db } = database;
  await addUser(db, "2025-06-13T18:30:00Z"); // 00:00 on the 14th in India
  await addUser(db, "2025-06-13T18:29:59Z"); // 23:59:59 on the 13th
  const { days } = await trends(2, "2025-06-14T06:30:00Z", "Asia/Kolkata");
  expect(days.map(({ date, newUsers }) => [date, newUsers])).toEqual([
    ["2025-06-13", 1],
    ["2025-06-14", 1],
  ]);

  await addUser(db, "2025-03-29T23:00:00Z"); // 00:00 on the 30th in Paris
  await addUser(db, "2025-03-30T21:59:59Z"); // 23:59:59, after 22:59:59 hours of that day
  await addUser(db, "2025-03-30T22:00:00Z"); // 00:00 on the 31st
  const spring = await trends(3, "2025-03-31T12:00:00Z", "Europe/Paris");
  expect(spring.days.map(({ newUsers }) => newUsers)).toEqual([0, 2, 1]);
});

test("excluded people are in no series", async () => {
  const { db } = database;
  const staff = await addUser(db, "2025-06-15T01:00:00Z");
  await addProject(db, staff, "2025-06-15T01:00:00Z");
  await addConversation(db, staff, "2025-06-15T01:00:00Z", "2025-06-15T01:00:00Z");
  await addActivity(db, staff, "2025-06-15T01:00:00Z");
  await addSubscription(db, staff, { from: "2025-06-15T01:00:00Z" });
  const occurredAt = new Date("2025-06-15T01:00:00Z");
  const event = { event: "request_completed", properties: { status: 500 }, occurredAt };
  await addEvents(db, [{ ...event, distinctId: staff, ownerId: staff }]);
  await exclude(db, staff);
  expect((await trends(1, "2025-06-15T12:00:00Z")).days).toEqual([
    {
      date: "2025-06-15",
      partial: true,
      newUsers: 0,
      activeUsers: 0,
      projectsCreated: 0,
      messages: 0,
      errors: 0,
      mrrMinor: {},
    },
  ]);
});
