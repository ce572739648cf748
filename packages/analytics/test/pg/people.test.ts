import {
  analyticsEvents,
  type Database,
  dirtyMarks,
  newId,
  projects,
  rowsOf,
  userAliases,
  withService,
  withUser,
} from "@devora/db-schema";
import { hasServer, installedModules, seedUser, useTestDatabase } from "@devora/testing";
import { asc, eq, inArray, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  createAnalytics,
  createDeliveryWorker,
  type DeliveredEvent,
  defineCatalogue,
  drop,
  hash,
  keep,
  posthogDestination,
} from "../../src/index.ts";
import { startPostHogServer } from "../../src/testing.ts";

const database = useTestDatabase();
const setup = () => createAnalytics({ db: database.db, destinations: ["posthog"], mode: "strict" });
type Analytics = ReturnType<typeof setup>;

const service = <T>(fn: (tx: Database) => Promise<T>) => withService(database.db, fn);
const aliasesOf = (...ids: string[]) =>
  service(async (tx) => {
    const rows = await tx
      .select()
      .from(userAliases)
      .where(inArray(userAliases.alias, ids))
      .orderBy(userAliases.alias);
    return Object.fromEntries(rows.map(({ alias, distinctId }) => [alias, distinctId]));
  });
const eventsOf = (distinctId: string) =>
  service((tx) =>
    tx
      .select()
      .from(analyticsEvents)
      .where(eq(analyticsEvents.distinctId, distinctId))
      .orderBy(asc(analyticsEvents.id)),
  );
const outcomeOf = async (analytics: Analytics, userId: string, alias: string) =>
  (await analytics.alias({ userId, alias })).outcome;

test("people and groups are rows like any event, in the caller's transaction, once by id", async () => {
  const { db } = database;
  const analytics = setup();
  const userId = await seedUser(db);
  const company = newId();
  const id = newId();
  await withUser(db, userId, async (tx) => {
    await tx.insert(projects).values({ userId, name: "n" });
    const identified = await analytics.identify(
      { id, userId, properties: { plan: "pro", email: "a@b.c" }, setOnce: ["plan"], sessionId: "s" },
      { db: tx },
    );
    expect(identified).toEqual({ id, outcome: "accepted" });
    const group = { groupType: "company", groupKey: company, properties: { member_count: 3 } };
    expect((await analytics.groupIdentify(group, { db: tx })).outcome).toBe("accepted");
    const event = { userId, groups: { company } };
    expect((await analytics.trackEvent("user_logged_in", event, { db: tx })).outcome).toBe("accepted");
  });
  const again = await analytics.identify({ id, userId, properties: { plan: "free" } });
  expect(again).toEqual({ id, outcome: "duplicate" });
  expect(await eventsOf(userId)).toMatchObject([
    {
      event: "$identify",
      ownerId: userId,
      sessionId: "s",
      countsAsActivity: false,
      properties: { plan: "pro", email: "a@b.c" },
      context: { $set_once: ["plan"] },
    },
    { event: "user_logged_in", context: { $groups: { company } } },
  ]);
  expect(await eventsOf(`$company_${company}`)).toMatchObject([
    {
      event: "$groupidentify",
      ownerId: null,
      properties: { member_count: 3 },
      context: { $groups: { company } },
    },
  ]);

  const rolledBack = withUser(db, userId, async (tx) => {
    expect((await analytics.alias({ userId, alias: "undone" }, { db: tx })).outcome).toBe("accepted");
    throw new Error("payment refused");
  });
  await expect(rolledBack).rejects.toThrow("payment refused");
  expect(await aliasesOf("undone")).toEqual({});
  expect(await eventsOf(userId)).toHaveLength(2);
});

test("every way of capturing an alias keeps it with its event, beside other events", async () => {
  const analytics = setup();
  const [userId, one, two, three] = [newId(), newId(), newId(), newId()];
  const alias = (name: string) => ({ event: "$create_alias", userId, properties: { alias: name } }) as const;
  const many = await analytics.captureMany([alias(one), { event: "user_logged_in", userId }, alias(two)]);
  expect(many.map(({ outcome }) => outcome)).toEqual(["accepted", "accepted", "accepted"]);
  analytics.captureBuffered(alias(three));
  await analytics.flush();
  expect(await aliasesOf(one, two, three)).toEqual({ [one]: userId, [two]: userId, [three]: userId });
  const names = (await eventsOf(userId)).map(({ event }) => event).toSorted();
  expect(names).toEqual(["$create_alias", "$create_alias", "$create_alias", "user_logged_in"]);
  const [queued] = await service((tx) =>
    rowsOf(
      tx,
      sql`select count(*)::int as count from devora.analytics_outbox o
          join devora.analytics_events e on e.id = o.event_id where e.distinct_id = ${userId}`,
    ),
  );
  expect(queued?.count).toBe(4);
});

test("an id has one person for ever; chains end at the person, and what would turn round is refused", async () => {
  const analytics = setup();
  const [visitor, old, person, other] = [newId(), newId(), newId(), newId()];
  expect(await outcomeOf(analytics, old, visitor)).toBe("accepted");
  expect(await outcomeOf(analytics, other, visitor)).toBe("alias_taken");
  expect(await eventsOf(other)).toEqual([]);
  // Said again it is another event of the same truth.
  expect(await outcomeOf(analytics, old, visitor)).toBe("accepted");

  // An alias of an alias, from either end.
  expect(await outcomeOf(analytics, person, old)).toBe("accepted");
  expect(await aliasesOf(visitor, old)).toEqual({ [visitor]: person, [old]: person });
  const later = newId();
  expect(await outcomeOf(analytics, old, later)).toBe("accepted");
  expect(await aliasesOf(later)).toEqual({ [later]: person });

  for (const [of, alias] of [
    [old, person],
    [visitor, person],
    [later, person],
  ] as const) {
    expect(await outcomeOf(analytics, of, alias)).toBe("alias_taken");
  }
  expect(await aliasesOf(person, old, visitor)).toEqual({ [visitor]: person, [old]: person });

  // Within one call the first wins, too.
  const [shared, first, second] = [newId(), newId(), newId()];
  const claims = [first, second].map((userId) => ({
    event: "$create_alias" as const,
    userId,
    properties: { alias: shared },
  }));
  const results = await analytics.captureMany(claims);
  expect(results.map(({ outcome }) => outcome)).toEqual(["accepted", "alias_taken"]);
  expect(await aliasesOf(shared)).toEqual({ [shared]: first });
});

test("the database itself refuses an alias that is none, whoever asks", async () => {
  const event = (properties: object) => ({
    id: newId(),
    event: "$create_alias",
    distinct_id: "someone",
    occurred_at: new Date().toISOString(),
    properties,
  });
  const wrong = [{}, { alias: null }, { alias: "" }, { alias: "someone" }, { alias: "x".repeat(401) }].map(
    event,
  );
  const rows = await service((tx) =>
    rowsOf(tx, sql`select outcome from devora.capture_with_aliases(${JSON.stringify(wrong)}::jsonb, '{}')`),
  );
  expect(rows.map(({ outcome }) => outcome)).toEqual(Array(5).fill("alias_taken"));
  expect(await eventsOf("someone")).toEqual([]);
});

test("an alias of a person who opted out, and one whose event is known, is not kept", async () => {
  const analytics = setup();
  const [userId, alias, id] = [newId(), newId(), newId()];
  await analytics.trackEvent("user_logged_in", { userId, id });
  expect((await analytics.alias({ userId, alias, id })).outcome).toBe("duplicate");
  await analytics.setConsent({ distinctId: userId, optedOut: true });
  expect(await outcomeOf(analytics, userId, alias)).toBe("opted_out");
  expect(await aliasesOf(alias)).toEqual({});
});

describe("within a user's scope", () => {
  const inScope = (scope: string, fields: Parameters<Analytics["alias"]>[0]) =>
    withUser(database.db, scope, async (tx) => {
      const { outcome } = await setup().alias(fields, { db: tx });
      // The transaction goes on.
      expect(await rowsOf(tx, sql`select 1 as one`)).toEqual([{ one: 1 }]);
      return outcome;
    });

  test("the user takes the visitor's id, and what it did", async () => {
    const [userId, visitor] = [await seedUser(database.db), newId()];
    await setup().trackEvent("page_viewed", { distinctId: visitor, properties: { path: "/" } });
    expect(await inScope(userId, { userId, alias: visitor })).toBe("accepted");
    expect(await inScope(userId, { userId, alias: visitor })).toBe("accepted");
    expect(await inScope(userId, { distinctId: userId, alias: newId() })).toBe("accepted");
    expect(await aliasesOf(visitor)).toEqual({ [visitor]: userId });
  });

  test("nobody gives an alias to another, nor takes one that is another's", async () => {
    const [thief, victim, visitor] = [await seedUser(database.db), await seedUser(database.db), newId()];
    const analytics = setup();
    expect(await inScope(thief, { userId: victim, alias: newId() })).toBe("foreign_owner");
    expect(await inScope(thief, { distinctId: victim, alias: newId() })).toBe("foreign_owner");
    expect(await inScope(thief, { userId: thief, ownerId: victim, alias: newId() })).toBe("foreign_owner");

    // Known by its events.
    await analytics.trackEvent("user_logged_in", { userId: victim });
    expect(await inScope(thief, { userId: thief, alias: victim })).toBe("alias_taken");
    // An id under which somebody else is known.
    const device = newId();
    await analytics.trackEvent("user_logged_in", { userId: victim, distinctId: device });
    expect(await inScope(thief, { userId: thief, alias: device })).toBe("alias_taken");
    // Known by its aliases alone.
    const silent = newId();
    await analytics.alias({ distinctId: silent, alias: visitor });
    expect(await inScope(thief, { userId: thief, alias: silent })).toBe("alias_taken");
    expect(await inScope(thief, { userId: thief, alias: visitor })).toBe("alias_taken");
    expect(await eventsOf(thief)).toEqual([]);

    // The own ones are free, whoever's device it is.
    expect(await inScope(victim, { userId: victim, alias: device })).toBe("accepted");
    expect(await aliasesOf(device, visitor, silent, victim)).toEqual({ [device]: victim, [visitor]: silent });
  });
});

test.runIf(installedModules().includes("metrics"))(
  "the days on which an id was active are counted anew, when it becomes an alias and when its person does",
  async () => {
    const analytics = createAnalytics({ db: database.db, maxAgeDays: Number.POSITIVE_INFINITY });
    const [visitor, userId, merged] = [newId(), newId(), newId()];
    const see = (event: "user_logged_in" | "email_verified" | "session_ended", day: string) =>
      analytics.capture({
        event,
        distinctId: visitor,
        occurredAt: new Date(`${day}T23:30:00Z`),
        properties: event === "session_ended" ? { duration_ms: 1 } : {},
      } as never);
    await see("user_logged_in", "2026-03-01");
    await see("email_verified", "2026-03-01");
    await see("user_logged_in", "2026-04-02");
    await see("session_ended", "2026-05-03");
    await analytics.trackEvent("user_logged_in", { userId, occurredAt: new Date("2026-06-04T00:00:00Z") });
    const marks = async (fn: () => Promise<unknown>) => {
      await service((tx) => tx.delete(dirtyMarks));
      await fn();
      const rows = await service((tx) => tx.select().from(dirtyMarks).orderBy(asc(dirtyMarks.day)));
      return rows.filter(({ reason }) => reason === "aliases").map(({ day }) => day);
    };
    expect(await marks(() => analytics.alias({ userId, alias: visitor }))).toEqual([
      "2026-03-01",
      "2026-04-02",
    ]);
    expect(await marks(() => analytics.alias({ userId, alias: visitor }))).toEqual([]);
    expect(await marks(() => analytics.alias({ userId: merged, alias: userId }))).toEqual([
      "2026-03-01",
      "2026-04-02",
      "2026-06-04",
    ]);
  },
);

test.skipIf(!hasServer())(
  "of many at once who want one id one has it, and chains stay one step (needs a server)",
  async () => {
    const analytics = setup();
    const [visitor, people] = [newId(), Array.from({ length: 6 }, () => newId())];
    const outcomes = await Promise.all(people.map((userId) => outcomeOf(analytics, userId, visitor)));
    expect(outcomes.toSorted()).toEqual(["accepted", ...Array(5).fill("alias_taken")]);
    // a -> b, b -> c, c -> d … all at once, in any order.
    await Promise.all(people.slice(1).map((userId, n) => outcomeOf(analytics, userId, String(people[n]))));
    const last = people.at(-1);
    expect(Object.values(await aliasesOf(...people))).toEqual(Array(5).fill(last));
  },
);

test("PostHog gets person and group properties as their privacy classes leave them", async () => {
  const { db } = database;
  await service((tx) => tx.execute(sql`delete from devora.analytics_outbox`));
  const hashKey = "a key of sixteen characters";
  const catalogue = defineCatalogue({
    $identify: {
      description: "A reader is known.",
      properties: {
        plan: keep(z.string()),
        email: hash(z.string()),
        name: drop(z.string()),
        since: keep(z.string()),
      },
    },
    $groupidentify: {
      description: "A library is known.",
      properties: { city: keep(z.string()), head: drop(z.string()) },
    },
  });
  const analytics = createAnalytics({ db, catalogue, destinations: ["posthog", "own"], mode: "strict" });
  const userId = newId();
  await analytics.identify({
    userId,
    properties: { plan: "pro", email: "a@b.c", name: "Ann", since: "2026" },
    setOnce: ["since", "name"],
  });
  await analytics.alias({ userId, alias: "visitor-7" });
  await analytics.groupIdentify({
    userId,
    groupType: "library",
    groupKey: "lib-1",
    properties: { city: "Lyon", head: "Bob" },
  });
  await using server = await startPostHogServer();
  const own: DeliveredEvent[] = [];
  const worker = createDeliveryWorker({
    db,
    catalogue,
    hashKey,
    destinations: {
      posthog: posthogDestination({ host: server.url, apiKey: "phc_test" }),
      own: { send: async (events) => void own.push(...events) },
    },
  });
  expect(await worker.runOnce()).toMatchObject({ posthog: { sent: 3 }, own: { sent: 3 } });
  expect(server.violations).toEqual([]);
  const [identified, aliased, grouped] = [...server.events.values()].map(
    ({ event, distinct_id, properties }) => {
      const { $lib, $lib_version, $is_server, $geoip_disable, ...rest } = properties;
      return { event, distinct_id, ...rest };
    },
  );
  const email = expect.stringMatching(/^[0-9a-f]{64}$/);
  expect(identified).toEqual({
    event: "$identify",
    distinct_id: userId,
    $set: { plan: "pro", email },
    $set_once: { since: "2026" },
  });
  expect(aliased).toEqual({ event: "$create_alias", distinct_id: userId, alias: "visitor-7" });
  expect(grouped).toEqual({
    event: "$groupidentify",
    distinct_id: userId,
    $group_type: "library",
    $group_key: "lib-1",
    $group_set: { city: "Lyon" },
  });
  const flat = own.find(({ event }) => event === "$identify");
  expect(flat).toMatchObject({
    isKnown: true,
    properties: { plan: "pro", email, since: "2026" },
    context: { $set_once: ["since", "name"] },
  });
  expect(JSON.stringify([own, [...server.events.values()]])).not.toMatch(/a@b\.c|Ann|Bob/);
});
