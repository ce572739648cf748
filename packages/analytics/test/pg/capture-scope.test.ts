import {
  analyticsEvents,
  analyticsOutbox,
  type Database,
  newId,
  projects,
  userAliases,
  withService,
  withUser,
} from "@devora/db-schema";
import { seedUser, useTestDatabase } from "@devora/testing";
import { inArray } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { createAnalytics } from "../../src/index.ts";

const database = useTestDatabase();
const setup = (destinations: string[] = []) =>
  createAnalytics({ db: database.db, mode: "strict", destinations });

interface People {
  /** Whose scope it is; a second id of hers is known. */
  alice: string;
  aliceAtHome: string;
  /** Has events. */
  bob: string;
  /** Has no events, but an alias. */
  carol: string;
  carolAtHome: string;
  /** Opted out. */
  dave: string;
}
let people: People;

beforeAll(async () => {
  const { db } = database;
  const alice = await seedUser(db);
  people = {
    alice,
    aliceAtHome: `home-${alice}`,
    bob: newId(),
    carol: newId(),
    carolAtHome: newId(),
    dave: newId(),
  };
  await withService(db, (tx) =>
    tx.insert(userAliases).values([
      { alias: people.aliceAtHome, distinctId: alice },
      { alias: people.carolAtHome, distinctId: people.carol },
    ]),
  );
  await setup().trackEvent("user_logged_in", { userId: people.bob });
  await setup().setConsent({ distinctId: people.dave, optedOut: true });
});

type Person = { distinctId: string; ownerId: string | null; actorId: string | null };

/** What the user Alice may write, and under whom she may not. */
const cases: [string, (people: People) => Person, string][] = [
  ["her own event", ({ alice }) => ({ distinctId: alice, ownerId: alice, actorId: alice }), "accepted"],
  ["one of nobody's", ({ alice }) => ({ distinctId: alice, ownerId: null, actorId: null }), "accepted"],
  [
    "her other id",
    ({ alice, aliceAtHome }) => ({ distinctId: aliceAtHome, ownerId: alice, actorId: null }),
    "accepted",
  ],
  [
    "an anonymous id",
    ({ alice }) => ({ distinctId: `cookie-${newId()}`, ownerId: alice, actorId: alice }),
    "accepted",
  ],
  [
    "support acting for her",
    ({ alice, bob }) => ({ distinctId: alice, ownerId: alice, actorId: bob }),
    "accepted",
  ],
  ["another's event", ({ bob }) => ({ distinctId: bob, ownerId: bob, actorId: bob }), "foreign_owner"],
  [
    "another owner",
    ({ alice, bob }) => ({ distinctId: alice, ownerId: bob, actorId: alice }),
    "foreign_owner",
  ],
  [
    "another person, of nobody's",
    ({ bob }) => ({ distinctId: bob, ownerId: null, actorId: null }),
    "foreign_owner",
  ],
  [
    "another person, as her own",
    ({ alice, bob }) => ({ distinctId: bob, ownerId: alice, actorId: alice }),
    "foreign_owner",
  ],
  [
    "another's alias",
    ({ alice, carolAtHome }) => ({ distinctId: carolAtHome, ownerId: alice, actorId: null }),
    "foreign_owner",
  ],
  [
    "one who has an alias",
    ({ alice, carol }) => ({ distinctId: carol, ownerId: alice, actorId: null }),
    "foreign_owner",
  ],
  [
    "another actor, of nobody's",
    ({ alice, bob }) => ({ distinctId: alice, ownerId: null, actorId: bob }),
    "foreign_owner",
  ],
  ["one who opted out", ({ dave }) => ({ distinctId: dave, ownerId: null, actorId: null }), "opted_out"],
  [
    "an owner who opted out",
    ({ alice, dave }) => ({ distinctId: alice, ownerId: dave, actorId: null }),
    "opted_out",
  ],
];
const expected = cases.map(([name, , outcome]) => `${name}: ${outcome}`);
const named = (results: readonly { outcome: string }[]) =>
  results.map(({ outcome }, i) => `${cases[i]?.[0]}: ${outcome}`);
const events = () =>
  cases.map(([, person]) => ({ event: "user_logged_in" as const, id: newId(), ...person(people) }));

test.each<[string, (db: Database, all: ReturnType<typeof events>) => Promise<{ outcome: string }[]>]>([
  [
    "one by one",
    async (tx, all) => {
      const results = [];
      for (const event of all) results.push(await setup(["posthog"]).capture(event, { db: tx }));
      return results;
    },
  ],
  ["in one statement", (tx, all) => setup(["posthog"]).captureMany(all, { db: tx })],
])("a user's scope writes in its own name alone, %s, and goes on", async (_, capture) => {
  const { db } = database;
  const all = events();
  const results = await withUser(db, people.alice, async (tx) => {
    const answered = await capture(tx, all);
    await tx.insert(projects).values({ userId: people.alice, name: "after" });
    return answered;
  });
  expect(named(results)).toEqual(expected);

  const ids = all.map(({ id }) => id);
  const [kept, queued] = await withService(db, async (tx) => [
    await tx.$count(analyticsEvents, inArray(analyticsEvents.id, ids)),
    await tx.$count(analyticsOutbox, inArray(analyticsOutbox.eventId, ids)),
  ]);
  expect([kept, queued]).toEqual([5, 5]);
});

test("who was refused is counted by reason", async () => {
  const analytics = setup();
  await withUser(database.db, people.alice, (tx) => analytics.captureMany(events(), { db: tx }));
  expect(analytics.stats()).toMatchObject({
    captured: 5,
    dropped: 9,
    foreignOwner: 7,
    optedOut: 2,
    disabled: 0,
  });
});

test("outside a scope the names of an event are trusted", async () => {
  const results = await setup().captureMany(events());
  expect(results.map(({ outcome }) => outcome)).toEqual(
    cases.map(([, , outcome]) => (outcome === "foreign_owner" ? "accepted" : outcome)),
  );
});

test("one event alone is a duplicate, and no event at all nothing, as among many", async () => {
  const analytics = setup();
  const event = { event: "user_logged_in", userId: people.alice, id: newId() } as const;
  const other = { ...event, id: newId() };
  expect((await analytics.capture(event)).outcome).toBe("accepted");
  expect((await analytics.capture(event)).outcome).toBe("duplicate");
  const many = await analytics.captureMany([event, other]);
  expect(many.map(({ outcome }) => outcome)).toEqual(["duplicate", "accepted"]);
  expect((await analytics.capture(other)).outcome).toBe("duplicate");
});
