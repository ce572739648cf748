import { useTestDatabase } from "@devora/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { createMetrics } from "../../src/index.ts";
import {
  addActivity,
  addAlias,
  addConversation,
  addEvents,
  addProject,
  addUser,
  clearTables,
  exclude,
} from "../rows.ts";

const database = useTestDatabase();
beforeEach(() => clearTables(database.db));

const asOf = new Date("2025-06-15T12:00:00Z");
const engagement = () => createMetrics({ db: database.db }).getEngagementMetrics({ asOf });

test("projects, conversations and messages: in all, and of today", async () => {
  const { db } = database;
  const user = await addUser(db, "2025-01-01T00:00:00Z");
  await addProject(db, user, "2025-06-14T23:59:59Z");
  await addProject(db, user, "2025-06-15T00:00:00Z");
  await addProject(db, user, "2025-06-15T01:00:00Z", "2025-06-15T02:00:00Z"); // deleted again today
  await addProject(db, user, "2025-06-01T01:00:00Z", "2025-06-15T13:00:00Z"); // deleted after asOf
  await addProject(db, user, "2025-06-15T12:00:01Z"); // after asOf
  await addConversation(db, user, "2025-06-14T10:00:00Z", "2025-06-14T10:00:00Z", "2025-06-15T10:00:00Z");
  await addConversation(db, user, "2025-06-15T10:00:00Z", "2025-06-15T10:00:00Z", "2025-06-15T13:00:00Z");
  const staff = await addUser(db, "2025-01-01T00:00:00Z");
  await addProject(db, staff, "2025-06-15T00:00:00Z");
  await addConversation(db, staff, "2025-06-15T00:00:00Z", "2025-06-15T00:00:00Z");
  await exclude(db, staff);

  expect(await engagement()).toMatchObject({
    totalProjects: { value: 3, unit: "projects" },
    projectsCreatedToday: { value: 2 },
    totalConversations: { value: 2 },
    conversationsStartedToday: { value: 1 },
    totalMessages: { value: 3 },
    messagesWrittenToday: { value: 2 },
  });
});

describe("sessions", () => {
  test("a gap of 30 minutes continues a session, one of a second more begins the next", async () => {
    await addActivity(
      database.db,
      "ann",
      "2025-06-10T10:00:00Z",
      "2025-06-10T10:30:00Z", // 30:00 later: still the first
      "2025-06-10T11:00:01Z", // 30:01 later: the second, of one event
    );
    await addActivity(database.db, "bob", "2025-06-10T10:10:00Z", "2025-06-10T10:22:00Z"); // 12 minutes
    const metrics = await engagement();
    expect(metrics.sessions30d.value).toBe(3);
    // (30 + 0 + 12) / 3 sessions = 14; / 2 with more than one event = 21
    expect(metrics.averageSessionDurationMinutes).toMatchObject({ value: 14, numerator: 42, denominator: 3 });
    expect(metrics.averageMultiEventSessionMinutes).toMatchObject({
      value: 21,
      numerator: 42,
      denominator: 2,
    });
  });

  test("midnight does not cut a session; it belongs to the day of its start", async () => {
    const { db } = database;
    await addActivity(db, "ann", "2025-06-13T23:50:00Z", "2025-06-14T00:10:00Z");
    // Begun 15 minutes before the 30 days (from 17 May) and going on in them: not theirs, nor is its rest.
    await addActivity(db, "bob", "2025-05-16T23:45:00Z", "2025-05-17T00:00:00Z", "2025-05-17T00:20:00Z");
    const metrics = await engagement();
    expect(metrics.sessions30d.value).toBe(1);
    expect(metrics.averageSessionDurationMinutes.value).toBe(20);
  });

  test("a person's ids are one person; other people's events do not bridge a gap", async () => {
    const { db } = database;
    await addAlias(db, "anonymous-1", "ann");
    const at = (time: string) => new Date(`2025-06-10T${time}Z`);
    await addEvents(db, [
      { distinctId: "anonymous-1", ownerId: null, occurredAt: at("10:00:00") },
      { distinctId: "ann", ownerId: "ann", occurredAt: at("10:20:00") },
      { distinctId: "bob", ownerId: "bob", occurredAt: at("10:40:00") },
      { distinctId: "ann", ownerId: "ann", occurredAt: at("11:00:00") },
    ]);
    // ann 10:00-10:20 and 11:00; bob 10:40
    expect((await engagement()).sessions30d.value).toBe(3);
  });

  test("events of one instant, at a session's start as well, are one session", async () => {
    const { db } = database;
    const twice = ["2025-06-10T10:00:00Z", "2025-06-10T10:00:00Z", "2025-06-10T10:00:00Z"];
    await addActivity(db, "ann", "2025-06-10T08:00:00Z", ...twice);
    const metrics = await engagement();
    expect(metrics.sessions30d.value).toBe(2);
    expect(metrics.averageMultiEventSessionMinutes).toMatchObject({ value: 0, denominator: 1 });
  });

  test("system events and excluded people have no sessions", async () => {
    const { db } = database;
    const occurredAt = new Date("2025-06-10T10:00:00Z");
    await addEvents(db, [{ distinctId: "ann", ownerId: "ann", occurredAt, countsAsActivity: false }]);
    await addActivity(db, "staff", "2025-06-10T10:00:00Z");
    await exclude(db, "staff");
    expect(await engagement()).toMatchObject({
      sessions30d: { value: 0 },
      averageSessionDurationMinutes: { value: null, reason: "empty_denominator" },
    });
  });
});
