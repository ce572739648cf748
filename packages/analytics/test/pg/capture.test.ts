import {
  analyticsEvents,
  analyticsOutbox,
  consents,
  type Database,
  newId,
  projects,
  rowsOf,
  withService,
  withUser,
} from "@devora/db-schema";
import { seedUser, useTestDatabase } from "@devora/testing";
import { asc, eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { createAnalytics, EventType } from "../../src/index.ts";

const database = useTestDatabase();
const eventsOf = (distinctId: string) =>
  withService(database.db, (tx) =>
    tx
      .select()
      .from(analyticsEvents)
      .where(eq(analyticsEvents.distinctId, distinctId))
      .orderBy(asc(analyticsEvents.id)),
  );
const setup = () => createAnalytics({ db: database.db, mode: "strict" });

test("a captured event is a row with everything it was given", async () => {
  const now = new Date("2025-06-15T12:00:00.123Z");
  const analytics = createAnalytics({ db: database.db, now: () => now, environment: "test" });
  const userId = await seedUser(database.db);
  const claimed = new Date("1999-01-01T00:00:00.000Z");

  const result = await analytics.runWithContext({ requestId: "r1", sessionId: "s1" }, () =>
    analytics.trackEvent(EventType.SubscriptionStarted, {
      userId,
      distinctId: `d-${userId}`,
      actorId: "billing",
      occurredAt: claimed,
      properties: { subscription_id: "sub_1", plan: "pro", amount_minor: 990, currency: "EUR" },
    }),
  );

  const [row] = await eventsOf(`d-${userId}`);
  expect(row).toEqual({
    id: result.id,
    event: "subscription_started",
    distinctId: `d-${userId}`,
    ownerId: userId,
    actorId: "billing",
    sessionId: "s1",
    occurredAt: now,
    claimedAt: claimed,
    receivedAt: expect.any(Date),
    countsAsActivity: false,
    retentionClass: "long",
    properties: { subscription_id: "sub_1", plan: "pro", amount_minor: 990, currency: "EUR" },
    context: {
      $lib: "@devora/analytics",
      $lib_version: "0.1.0",
      environment: "test",
      request_id: "r1",
    },
  });
});

test("nothing is queued while nothing delivers", async () => {
  await setup().trackEvent("user_logged_in", { userId: newId() });
  expect(await withService(database.db, (tx) => tx.$count(analyticsOutbox))).toBe(0);
});

test("an event commits with the business row, and a rollback takes both", async () => {
  const { db } = database;
  const analytics = setup();
  const userId = await seedUser(db);
  const create = (projectId: string, after: () => void) =>
    withUser(db, userId, async (tx) => {
      await tx.insert(projects).values({ id: projectId, userId, name: "n" });
      const result = await analytics.trackProjectCreated({ userId, projectId }, { db: tx });
      expect(result.outcome).toBe("accepted");
      after();
    });

  const lost = newId();
  const rolledBack = create(lost, () => {
    throw new Error("payment refused");
  });
  await expect(rolledBack).rejects.toThrow("payment refused");
  expect(await eventsOf(userId)).toEqual([]);

  const kept = newId();
  await create(kept, () => {});
  expect(await eventsOf(userId)).toMatchObject([
    { event: "project_created", properties: { project_id: kept } },
  ]);
});

test("within a user's scope an event of another owner is refused, told, and breaks nothing", async () => {
  const { db } = database;
  const analytics = setup();
  const alice = await seedUser(db);
  const bob = await seedUser(db);

  const results = await withUser(db, alice, async (tx) => {
    const forged = await analytics.trackEvent("user_logged_in", { userId: bob }, { db: tx });
    const owned = await analytics.trackEvent("user_logged_in", { distinctId: bob, ownerId: bob }, { db: tx });
    await tx.insert(projects).values({ userId: alice, name: "after" });
    const own = await analytics.trackEvent("user_logged_in", { userId: alice }, { db: tx });
    const system = await analytics.trackEvent("user_logged_in", { userId: alice, ownerId: null }, { db: tx });
    return [forged, owned, own, system].map(({ outcome }) => outcome);
  });

  expect(results).toEqual(["foreign_owner", "foreign_owner", "accepted", "accepted"]);
  expect(await eventsOf(bob)).toEqual([]);
  expect(await eventsOf(alice)).toHaveLength(2);
  expect(await withUser(db, alice, (tx) => tx.$count(projects))).toBe(1);
  expect(analytics.stats()).toEqual({
    captured: 2,
    duplicate: 0,
    invalid: 0,
    dropped: 2,
    optedOut: 0,
    disabled: 0,
    foreignOwner: 2,
    lost: 0,
    buffered: 0,
  });
});

test("the app's role writes events and reads none, not even the user's own", async () => {
  const { db } = database;
  const userId = await seedUser(db);
  await withUser(db, userId, (tx) => setup().trackEvent("user_logged_in", { userId }, { db: tx }));
  for (const table of ["analytics_events", "event_ids", "analytics_outbox", "consents"]) {
    const read = withUser(db, userId, (tx) =>
      rowsOf(tx, sql`select from ${sql.identifier("devora")}.${sql.identifier(table)}`),
    );
    await expect(read).rejects.toMatchObject({ cause: { code: "42501" } });
  }
});

test("an invalid event leaves the caller's transaction as it was", async () => {
  const { db } = database;
  const userId = await seedUser(db);
  const analytics = createAnalytics({ db });
  await withUser(db, userId, async (tx) => {
    for (const bad of [
      { event: "user_logged_in", userId, id: "no-uuid" },
      { event: "user_logged_in", userId: "x".repeat(100_000) },
      { event: "\u0000", userId },
      { event: "user_logged_in", userId, occurredAt: new Date(8.64e15) },
      { event: "user_logged_in", userId, properties: { method: "\ud800\u0000".repeat(1000) } },
    ]) {
      await analytics.capture(bad as never, { db: tx });
    }
    await tx.insert(projects).values({ userId, name: "after" });
  });
  expect(await withUser(db, userId, (tx) => tx.$count(projects))).toBe(1);
  expect(await eventsOf(userId)).toHaveLength(2);
});

test("the same id is kept once, across calls and within one", async () => {
  const analytics = setup();
  const userId = newId();
  const event = { event: "user_logged_in", userId, id: newId() } as const;
  const many = await analytics.captureMany([
    event,
    { event: "user_logged_out", userId },
    { ...event, userId: "other" },
  ]);
  expect(many.map(({ outcome }) => outcome)).toEqual(["accepted", "accepted", "duplicate"]);
  expect(await analytics.capture(event)).toEqual({ id: event.id, outcome: "duplicate" });
  expect((await eventsOf(userId)).map((row) => row.event)).toEqual(["user_logged_in", "user_logged_out"]);
  expect(await eventsOf("other")).toEqual([]);
});

test("two callers with one id at once keep it once", async () => {
  const analytics = setup();
  const userId = newId();
  const event = { event: "user_logged_in", userId, id: newId() } as const;
  const results = await Promise.all(Array.from({ length: 8 }, () => analytics.capture(event)));
  expect(results.map(({ outcome }) => outcome).toSorted()).toEqual([
    "accepted",
    ...Array(7).fill("duplicate"),
  ]);
  expect(await eventsOf(userId)).toHaveLength(1);
});

test("thousands of events are written in order, all or none", async () => {
  const { db } = database;
  const userId = newId();
  const events = Array.from({ length: 2500 }, (_, i) => ({
    event: "session_ended" as const,
    userId,
    properties: { duration_ms: i },
  }));
  const analytics = setup();
  const results = await analytics.captureMany(events);
  expect(results.every(({ outcome }) => outcome === "accepted")).toBe(true);
  const rows = await eventsOf(userId);
  expect(rows.map((row) => row.properties.duration_ms)).toEqual(events.map((_, i) => i));
  expect(rows.map((row) => row.id)).toEqual(results.map(({ id }) => id));

  const other = newId();
  const controller = new AbortController();
  const failing = createAnalytics({ db: abortAfter(db, 2, controller) });
  const aborted = failing.captureMany(
    events.map((event) => ({ ...event, userId: other })),
    { signal: controller.signal },
  );
  await expect(aborted).rejects.toThrow("enough");
  expect(await eventsOf(other)).toEqual([]);
});

test("no events need no statement", async () => {
  const analytics = createAnalytics({ db: failing("no statement expected") });
  expect(await analytics.captureMany([])).toEqual([]);
});

test("a person who opted out leaves no events, and the choice can change", async () => {
  const analytics = setup();
  const userId = newId();
  const track = async () => (await analytics.trackEvent("user_logged_in", { userId })).outcome;

  await analytics.setConsent({ distinctId: userId, optedOut: true });
  expect(await track()).toBe("opted_out");
  const changedAt = () =>
    withService(database.db, (tx) => tx.select().from(consents).where(eq(consents.distinctId, userId)));
  const [first] = await changedAt();
  await analytics.setConsent({ distinctId: userId, optedOut: true });
  expect(await changedAt()).toEqual([first]);
  await analytics.setConsent({ distinctId: userId, optedOut: false });
  expect(await track()).toBe("accepted");
  expect(await eventsOf(userId)).toHaveLength(1);
});

test("consent joins the caller's transaction and gives its scope back", async () => {
  const { db } = database;
  const userId = await seedUser(db);
  const analytics = setup();
  const refused = withUser(db, userId, async (tx) => {
    await analytics.setConsent({ distinctId: userId, optedOut: true }, { db: tx });
    expect((await analytics.trackEvent("user_logged_in", { userId }, { db: tx })).outcome).toBe("opted_out");
    const [scope] = await rowsOf(tx, sql`select current_user::text as role`);
    expect(scope?.role).toBe("devora_app");
    throw new Error("undone");
  });
  await expect(refused).rejects.toThrow("undone");
  expect((await analytics.trackEvent("user_logged_in", { userId })).outcome).toBe("accepted");
});

test("a failing database is a DatabaseError without the event's values", async () => {
  const analytics = createAnalytics({ db: failing("s3cret") });
  const error = await analytics.trackEvent("user_logged_in", { userId: "s3cret" }).catch((thrown) => thrown);
  expect(error).toMatchObject({ name: "DatabaseError", operation: "analytics.capture", sqlState: "08006" });
  expect(String(error) + JSON.stringify(error)).not.toContain("s3cret");
  expect(analytics.stats()).toEqual({
    captured: 0,
    duplicate: 0,
    invalid: 0,
    dropped: 0,
    optedOut: 0,
    disabled: 0,
    foreignOwner: 0,
    lost: 0,
    buffered: 0,
  });

  const readOnly = database.db.transaction(
    (tx) => setup().trackEvent("user_logged_in", { userId: "u" }, { db: tx }),
    { accessMode: "read only" },
  );
  await expect(readOnly).rejects.toMatchObject({ sqlState: "25006" });
});

/** A database whose every statement fails as a lost connection does. */
function failing(message: string): Database {
  const lost = () => Promise.reject(Object.assign(new Error(message), { code: "08006" }));
  return { execute: lost, transaction: lost } as unknown as Database;
}

/** The database, aborting its caller once a transaction ran so many statements. */
function abortAfter(db: Database, statements: number, controller: AbortController): Database {
  let ran = 0;
  const counted = (tx: Database) =>
    new Proxy(tx, {
      get(target, name) {
        if (name === "execute" && ++ran === statements) controller.abort(new Error("enough"));
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
  return {
    execute: () => Promise.reject(new Error("outside the transaction")),
    transaction: (fn: (tx: Database) => Promise<unknown>) => db.transaction((tx) => fn(counted(tx))),
  } as unknown as Database;
}
