import {
  analyticsEvents,
  analyticsOutbox,
  consents,
  type Database,
  eventIds,
  newId,
  rowsOf,
  userAliases,
  withService,
  withUser,
} from "@devora/db-schema";
import { deferred, seedUser, useTestDatabase } from "@devora/testing";
import { asc, eq, inArray, sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import {
  createAnalytics,
  createDeliveryWorker,
  type DeliveredEvent,
  type Destination,
} from "../../src/index.ts";
import { eraseBatchQuery } from "../../src/queries/erase-person.ts";
import { outboxOf, startAfresh, timePasses } from "./delivery/deliveries.ts";

const database = useTestDatabase();
beforeEach(async () => {
  await startAfresh(database.db);
  await withService(database.db, async (tx) => {
    await tx.delete(consents);
    await tx.delete(userAliases);
  });
});
const setup = () => createAnalytics({ db: database.db, mode: "strict", destinations: ["sink"] });
const link = (alias: string, distinctId: string) =>
  withService(database.db, (tx) => tx.insert(userAliases).values({ alias, distinctId }));
const people = (...names: string[]) => names.map((name) => `${name}-${newId()}`);

/** A worker over a destination that keeps what it is sent. */
function delivering(before: () => Promise<void> = async () => {}) {
  const events: DeliveredEvent[] = [];
  const sink: Destination = {
    async send(batch) {
      await before();
      events.push(...batch);
    },
  };
  const worker = createDeliveryWorker({ db: database.db, destinations: { sink } });
  const run = async () => (await worker.runOnce()).sink;
  return { run, arrived: () => events.map(({ distinctId }) => distinctId).toSorted() };
}

describe("consent", () => {
  test("is what was last chosen, with its time, and taking part where nothing was", async () => {
    const analytics = setup();
    const [distinctId = ""] = people("p");
    expect(await analytics.getConsent(distinctId)).toEqual({ optedOut: false, changedAt: null });
    await analytics.setConsent({ distinctId, optedOut: true });
    const chosen = await analytics.getConsent(distinctId);
    expect(chosen).toEqual({ optedOut: true, changedAt: expect.any(Date) });
    expect(Math.abs(Date.now() - (chosen.changedAt?.getTime() ?? 0))).toBeLessThan(3_600_000);
    await analytics.setConsent({ distinctId, optedOut: false });
    expect(await analytics.getConsent(distinctId)).toMatchObject({ optedOut: false });
  });

  test("holds for all ids of a person, those that are linked later among them", async () => {
    const analytics = setup();
    const [user = "", phone = "", cookie = "", later = "", stranger = ""] = people(
      "u",
      "phone",
      "c",
      "l",
      "s",
    );
    await link(phone, user);
    await link(cookie, phone);
    await analytics.setConsent({ distinctId: cookie, optedOut: true });
    const outcomes = async () =>
      Object.fromEntries(
        (
          await analytics.captureMany(
            [user, phone, cookie, later, stranger].map((distinctId) => ({
              event: "user_logged_in",
              distinctId,
            })),
          )
        ).map(({ outcome }, i) => [["user", "phone", "cookie", "later", "stranger"][i], outcome]),
      );
    const out = "opted_out";
    const before = { user: out, phone: out, cookie: out, later: "accepted", stranger: "accepted" };
    expect(await outcomes()).toEqual(before);
    await link(later, user);
    expect(await outcomes()).toEqual({ ...before, later: out });

    await analytics.setConsent({ distinctId: phone, optedOut: false });
    expect(Object.values(await outcomes())).toEqual(Array(5).fill("accepted"));
  });

  test("a link between people who take part changes no consent", async () => {
    const [user = "", cookie = ""] = people("u", "c");
    await setup().setConsent({ distinctId: user, optedOut: false });
    await link(cookie, user);
    expect(await setup().getConsent(cookie)).toEqual({ optedOut: false, changedAt: null });
  });

  test("a link that a user's transaction takes back takes its opt-out back", async () => {
    const analytics = setup();
    const [user = "", cookie = ""] = people("u", "c");
    await analytics.setConsent({ distinctId: user, optedOut: true });
    const undone = withService(database.db, async (tx) => {
      await tx.insert(userAliases).values({ alias: cookie, distinctId: user });
      expect((await analytics.getConsent(cookie, { db: tx })).optedOut).toBe(true);
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    expect((await analytics.getConsent(cookie)).optedOut).toBe(false);
  });

  test("what waits of a person who opts out leaves no more, whatever its state", async () => {
    const { db } = database;
    const analytics = setup();
    const [out = "", cookie = "", stays = ""] = people("out", "cookie", "stays");
    const capture = (distinctId: string, ownerId: string | null = null) =>
      analytics.trackEvent("user_logged_in", { distinctId, ownerId });
    await capture(out);
    await capture(cookie, out);
    const { id: parked } = await capture(out);
    const { id: leased } = await capture(out);
    await capture(stays);
    await withService(db, async (tx) => {
      await tx.execute(
        sql`update devora.analytics_outbox set state = 'parked' where event_id = ${parked}::uuid`,
      );
      await tx.execute(sql`
        update devora.analytics_outbox set state = 'leased', lease_token = gen_random_uuid(), leased_until = now()
        where event_id = ${leased}::uuid`);
    });
    await analytics.setConsent({ distinctId: out, optedOut: true });
    await timePasses(db);

    const { run, arrived } = delivering();
    expect(await run()).toMatchObject({ claimed: 4, sent: 1, removed: 3 });
    await withService(db, (tx) =>
      tx.execute(sql`update devora.analytics_outbox set state = 'pending' where event_id = ${parked}::uuid`),
    );
    expect(await run()).toMatchObject({ claimed: 1, sent: 0, removed: 1 });
    expect(arrived()).toEqual([stays]);
    expect(await outboxOf(db, "sink")).toMatchObject([{ state: "sent" }]);
    expect(await withService(db, (tx) => tx.$count(analyticsEvents))).toBe(5);
  });

  test("a choice made while a batch is sent holds from the next batch on", async () => {
    const { db } = database;
    const analytics = setup();
    const [person = ""] = people("p");
    await analytics.trackEvent("user_logged_in", { distinctId: person });
    const { run, arrived } = delivering(() => analytics.setConsent({ distinctId: person, optedOut: true }));
    expect(await run()).toMatchObject({ claimed: 1, sent: 1 });
    expect(arrived()).toEqual([person]);
    expect(await outboxOf(db, "sink")).toMatchObject([{ state: "sent" }]);
  });
});

describe("the switch for everybody", () => {
  test("holds for all processes at once, refuses with its own outcome, and keeps the choices of persons", async () => {
    const [here, elsewhere] = [setup(), setup()];
    const userId = await seedUser(database.db);
    const [out = ""] = people("out");
    await here.setConsent({ distinctId: out, optedOut: true });
    expect(await here.getGlobalConsent()).toEqual({ optedOut: false, changedAt: null });
    await here.setGlobalConsent({ optedOut: true });
    expect(await elsewhere.getGlobalConsent()).toEqual({ optedOut: true, changedAt: expect.any(Date) });

    const event = { event: "user_logged_in", userId } as const;
    expect(await elsewhere.capture(event)).toMatchObject({ outcome: "disabled" });
    elsewhere.captureBuffered(event);
    elsewhere.captureBuffered({ event: "user_logged_in", distinctId: out });
    await elsewhere.flush();
    const scoped = await withUser(database.db, userId, (tx) => elsewhere.capture(event, { db: tx }));
    expect(scoped.outcome).toBe("disabled");
    expect(elsewhere.stats()).toMatchObject({ captured: 0, dropped: 4, disabled: 4, optedOut: 0 });
    expect(await withService(database.db, (tx) => tx.$count(analyticsEvents))).toBe(0);

    await elsewhere.setGlobalConsent({ optedOut: false });
    expect(await here.capture(event)).toMatchObject({ outcome: "accepted" });
    expect(await here.capture({ event: "user_logged_in", distinctId: out })).toMatchObject({
      outcome: "opted_out",
    });
  });

  test("holds deliveries back, and lets them go when it is on again", async () => {
    const analytics = setup();
    const [person = ""] = people("p");
    await analytics.trackEvent("user_logged_in", { distinctId: person });
    await analytics.setGlobalConsent({ optedOut: true });
    const { run, arrived } = delivering();
    expect(await run()).toMatchObject({ claimed: 0, failure: undefined });
    expect(await outboxOf(database.db, "sink")).toMatchObject([{ state: "pending" }]);
    await analytics.setGlobalConsent({ optedOut: false });
    expect(await run()).toMatchObject({ sent: 1 });
    expect(arrived()).toEqual([person]);
  });

  test("cannot be reached as a person's alias", async () => {
    await expect(link("", "someone")).rejects.toMatchObject({ cause: { code: "23514" } });
    await expect(setup().setConsent({ distinctId: "", optedOut: true })).rejects.toMatchObject({
      code: "INVALID_OPTION",
    });
  });
});

test("a process of its own may be off: it checks, and needs no database", async () => {
  const lost = () => Promise.reject(new Error("no statement expected"));
  const db = { execute: lost, transaction: lost } as unknown as Database;
  const analytics = createAnalytics({ db, disabled: true, mode: "strict" });
  expect((await analytics.trackEvent("user_logged_in", { userId: "u" })).outcome).toBe("disabled");
  await expect(analytics.capture({ event: "nonsense", userId: "u" } as never)).rejects.toMatchObject({
    code: "INVALID_EVENT",
  });
  analytics.captureBuffered({ event: "user_logged_in", userId: "u" });
  expect(await analytics.close()).toEqual({ remaining: 0 });
  expect(analytics.stats()).toMatchObject({ captured: 0, dropped: 2, disabled: 2 });
});

describe("erasing a person", () => {
  const remaining = async () =>
    (
      await withService(database.db, (tx) =>
        tx
          .select({ distinctId: analyticsEvents.distinctId })
          .from(analyticsEvents)
          .orderBy(asc(analyticsEvents.distinctId)),
      )
    ).map(({ distinctId }) => distinctId);

  /** Alice under three ids and in two months, an anonymous id of hers that nobody linked, and Bob. */
  async function population() {
    const analytics = createAnalytics({
      db: database.db,
      mode: "strict",
      destinations: ["sink", "other"],
      maxAgeDays: Number.POSITIVE_INFINITY,
    });
    const [alice = "", phone = "", cookie = "", bob = ""] = people("alice", "phone", "cookie", "bob");
    await link(phone, alice);
    const lastYear = new Date(Date.now() - 400 * 86_400_000);
    const results = await analytics.captureMany([
      { event: "user_logged_in", userId: alice },
      { event: "user_logged_in", userId: alice, occurredAt: lastYear },
      { event: "user_logged_in", distinctId: phone },
      { event: "user_logged_in", userId: alice, distinctId: cookie },
      { event: "user_logged_in", userId: bob, ownerId: alice },
      { event: "user_logged_in", userId: bob },
      { event: "user_logged_in", userId: bob, actorId: alice },
    ]);
    return { analytics, alice, phone, cookie, bob, ids: results.map(({ id }) => id) };
  }

  test("deletes what is hers under all ids, in all months and queues, and of nobody else", async () => {
    const { db } = database;
    const { analytics, alice, phone, cookie, bob, ids } = await population();
    await analytics.setConsent({ distinctId: alice, optedOut: false });
    const progress: unknown[] = [];
    const erasure = await analytics.erasePerson({
      distinctIds: [phone],
      onProgress: (done) => void progress.push(done),
    });
    expect(erasure).toEqual({
      events: 5,
      deliveries: 10,
      aliases: 1,
      consents: 2,
      distinctIds: [alice, cookie, phone].toSorted(),
      complete: true,
    });
    expect(progress).toEqual([{ events: 5, deliveries: 10 }]);
    expect(await remaining()).toEqual([bob, bob]);
    const [queued, known] = await withService(db, async (tx) => [
      await tx.$count(analyticsOutbox),
      await tx.$count(eventIds, inArray(eventIds.id, ids)),
    ]);
    expect([queued, known]).toEqual([4, 7]);

    // A retry of what was erased brings nothing back.
    const again = { event: "user_logged_in", userId: alice, id: ids[0] } as const;
    expect(await analytics.capture(again)).toMatchObject({ outcome: "duplicate" });
    expect(await analytics.captureMany([again, { ...again, id: newId(), userId: bob }])).toMatchObject([
      { outcome: "duplicate" },
      { outcome: "accepted" },
    ]);
    expect(await analytics.erasePerson({ ownerId: alice })).toMatchObject({ events: 0, complete: true });
  });

  test("keeps an opt-out under all her ids, and leaves metrics' rollups as they are", async () => {
    const { db } = database;
    const { analytics, alice, phone } = await population();
    await analytics.setConsent({ distinctId: alice, optedOut: true });
    const rollups = () =>
      withService(db, (tx) => rowsOf(tx, sql`select max(id)::text as marks from devora.dirty_marks`));
    const before = await rollups();
    expect(await analytics.erasePerson({ ownerId: alice })).toMatchObject({
      events: 5,
      consents: 0,
      aliases: 1,
    });
    expect(await rollups()).toEqual(before);
    for (const distinctId of [alice, phone]) {
      expect(await analytics.capture({ event: "user_logged_in", distinctId })).toMatchObject({
        outcome: "opted_out",
      });
    }
  });

  test("goes through many events by batches, stops when told, and goes on where it was", async () => {
    const { db } = database;
    const [alice = "", bob = ""] = people("alice", "bob");
    await withService(db, (tx) =>
      tx.execute(sql`
        with made as (
          insert into devora.analytics_events (id, event, distinct_id, owner_id, occurred_at)
          select gen_random_uuid(), 'user_logged_in', ${alice}, ${alice}, now() - n * interval '1 minute'
          from generate_series(1, 6000) as n
          returning id, occurred_at
        )
        insert into devora.analytics_outbox (event_id, destination, occurred_at) select id, 'sink', occurred_at from made`),
    );
    const analytics = setup();
    await analytics.trackEvent("user_logged_in", { userId: bob });
    const stop = new AbortController();
    const progress: number[] = [];
    const stopped = analytics.erasePerson(
      {
        ownerId: alice,
        onProgress: ({ events }) => {
          progress.push(events);
          stop.abort(new Error("enough"));
        },
      },
      { signal: stop.signal },
    );
    await expect(stopped).rejects.toThrow("enough");
    expect(progress).toEqual([5_000]);
    expect(await withService(db, (tx) => tx.$count(analyticsEvents))).toBe(1_001);

    const undone = db.transaction(async (tx) => {
      expect(await analytics.erasePerson({ ownerId: alice }, { db: tx })).toMatchObject({ events: 1_000 });
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    expect(await analytics.erasePerson({ ownerId: alice })).toMatchObject({
      events: 1_000,
      deliveries: 1_000,
      complete: true,
    });
    expect(await remaining()).toEqual([bob]);
  });

  test("a worker that holds her events settles nothing of them, and goes on", async () => {
    const { db } = database;
    const analytics = setup();
    const [alice = "", bob = ""] = people("alice", "bob");
    await analytics.trackEvent("user_logged_in", { userId: alice });
    await analytics.trackEvent("user_logged_in", { userId: bob });
    const [sending, erased] = [deferred<void>(), deferred<void>()];
    const { run, arrived } = delivering(async () => {
      sending.resolve();
      await erased.promise;
    });
    const running = run();
    await sending.promise;
    expect(await analytics.erasePerson({ ownerId: alice })).toMatchObject({ events: 1, deliveries: 1 });
    erased.resolve();
    expect(await running).toMatchObject({ claimed: 2, sent: 1, stale: 1, failure: undefined });
    expect(await outboxOf(db, "sink")).toMatchObject([{ state: "sent" }]);
    expect(arrived()).toEqual([alice, bob]);
  });

  test("says when events came in meanwhile, and keeps the links until none do", async () => {
    const { analytics, alice, phone } = await population();
    const late = createAnalytics({ db: lateEvents(database.db, alice), mode: "strict" });
    expect(await late.erasePerson({ ownerId: alice })).toMatchObject({
      events: 5,
      complete: false,
      aliases: 0,
    });
    expect(await analytics.erasePerson({ distinctIds: [phone] })).toMatchObject({
      events: 1,
      aliases: 1,
      complete: true,
    });
  });

  test.each([
    [{}, "ownerId"],
    [{ distinctIds: [] }, "ownerId"],
    [{ ownerId: "" }, "an id"],
    [{ distinctIds: "alice" }, "distinctIds"],
    [{ distinctIds: ["a\u0000"] }, "an id"],
  ])("erasing %j is refused", async (person, name) => {
    await expect(setup().erasePerson(person as never)).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining(name),
    });
  });

  test("finds her events by index and by month", async () => {
    const plan = await withService(database.db, async (tx) => {
      await tx.execute(sql`set local enable_seqscan = on`);
      return (await rowsOf(tx, sql`explain (costs off) ${eraseBatchQuery(["a", "b"], 5_000)}`))
        .map((row) => Object.values(row)[0])
        .join("\n");
    });
    expect(plan).toMatch(/owner_id_occurred_at_idx|owner_id_/);
    expect(plan).toMatch(/distinct_id_occurred_at_idx/);
  });
});

/** The database, into which an event of the person comes with the batch that finds none. */
function lateEvents(db: Database, userId: string): Database {
  let transactions = 0;
  return new Proxy(db, {
    get(target, name) {
      if (name !== "transaction") return Reflect.get(target, name, target);
      return async (...args: Parameters<Database["transaction"]>) => {
        // The ids of the person, then a batch; the event is there when it is asked what is left.
        if (++transactions === 3) await setup().trackEvent("user_logged_in", { userId });
        return target.transaction(...args);
      };
    },
  });
}

test("an id that a detour leads to is one person, and a circle ends", async () => {
  const [a = "", b = "", c = ""] = people("a", "b", "c");
  await link(a, b);
  await link(b, c);
  await link(c, a);
  const analytics = setup();
  await analytics.setConsent({ distinctId: b, optedOut: true });
  for (const id of [a, b, c]) expect((await analytics.getConsent(id)).optedOut).toBe(true);
  expect(await withService(database.db, (tx) => tx.$count(consents, eq(consents.optedOut, true)))).toBe(3);
});
