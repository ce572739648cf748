import { expect, test } from "vitest";
import { z } from "zod";
import { withSystemEvents } from "../../src/catalogue/system-events.ts";
import { defineCatalogue, devoraCatalogue, drop, type InvalidEvent, keep } from "../../src/index.ts";
import { recordingAnalytics } from "../../src/testing.ts";

const catalogue = defineCatalogue({
  met: { description: "Two met.", properties: {} },
  $identify: {
    description: "A person is known.",
    properties: { plan: keep(z.string()), since: keep(z.string().optional()) },
  },
});
const catching = (mode: "warn" | "drop", own = catalogue) => {
  const invalid: InvalidEvent[] = [];
  return {
    invalid,
    analytics: recordingAnalytics({ catalogue: own, mode, onInvalid: (told) => invalid.push(told) }),
  };
};
const paths = (invalid: readonly InvalidEvent[]) =>
  invalid.map(({ issues }) => issues.map(({ path }) => path));

test("each verb is an event of its own name, of its person, with the caller's details", async () => {
  const analytics = recordingAnalytics({ now: () => new Date("2026-03-01T00:00:00Z") });
  const details = { id: "0194CC39-1f25-7000-8000-000000000001", actorId: "support", sessionId: "s" };
  await analytics.identify({
    userId: "alice",
    ...details,
    properties: { plan: "pro", signed_up_at: "2026-01-01T00:00:00Z", email: "a@b.c" },
    setOnce: ["signed_up_at", "signed_up_at"],
  });
  await analytics.alias({ distinctId: "visitor-2", alias: "visitor-1" });
  await analytics.groupIdentify({ groupType: "company", groupKey: "acme", properties: { member_count: 3 } });
  await analytics.groupIdentify({ groupType: "company", groupKey: "acme", userId: "alice" });
  await analytics.groupIdentify({
    groupType: "company",
    groupKey: "acme",
    distinctId: "visitor-2",
    ownerId: "alice",
  });
  await analytics.trackEvent("user_logged_in", { userId: "alice", groups: { company: "acme", team: "t1" } });
  await analytics.trackProjectCreated({ userId: "alice", projectId: "p", groups: { company: "acme" } });

  const nobody = { distinctId: "$company_acme", ownerId: null, actorId: null };
  const company = { $groups: { company: "acme" } };
  expect(analytics.events).toMatchObject([
    {
      id: "0194cc39-1f25-7000-8000-000000000001",
      event: "$identify",
      distinctId: "alice",
      ownerId: "alice",
      actorId: "support",
      sessionId: "s",
      countsAsActivity: false,
      properties: { plan: "pro", signed_up_at: "2026-01-01T00:00:00Z", email: "a@b.c" },
      context: { $set_once: ["signed_up_at"] },
    },
    { event: "$create_alias", distinctId: "visitor-2", ownerId: null, properties: { alias: "visitor-1" } },
    { event: "$groupidentify", ...nobody, properties: { member_count: 3 }, context: company },
    { event: "$groupidentify", distinctId: "alice", ownerId: "alice", context: company },
    { event: "$groupidentify", distinctId: "visitor-2", ownerId: "alice", context: company },
    { event: "user_logged_in", context: { $groups: { company: "acme", team: "t1" } } },
    { event: "project_created", properties: { project_id: "p" }, context: company },
  ]);
  for (const { context, event } of analytics.events.slice(1)) {
    expect(context).not.toHaveProperty("$set_once");
    if (event === "$create_alias") expect(context).not.toHaveProperty("$groups");
  }
});

test("a property that the catalogue does not declare is invalid; without a declaration that is each", async () => {
  const strict = recordingAnalytics({ catalogue });
  await expect(
    strict.identify({ userId: "a", properties: { plan: "pro", shoe: 43 } as never }),
  ).rejects.toMatchObject({
    code: "INVALID_EVENT",
    issues: [{ path: "properties.shoe" }],
  });
  await expect(strict.identify({ userId: "a" } as never)).rejects.toMatchObject({
    issues: [{ path: "properties.plan" }],
  });
  const bare = recordingAnalytics({ catalogue: { met: catalogue.met } });
  await expect(bare.identify({ userId: "a", properties: { plan: "pro" } as never })).rejects.toMatchObject({
    issues: [{ path: "properties.plan" }],
  });
  await bare.identify({ userId: "a" });
  await bare.groupIdentify({ groupType: "t", groupKey: "k" });
  await bare.alias({ userId: "a", alias: "b" });
  expect(bare.events.map(({ event }) => event)).toEqual(["$identify", "$groupidentify", "$create_alias"]);
});

test.each([
  ["no array", "plan", ["setOnce"]],
  ["a name that is not declared", ["plan", "shoe", "toString"], ["setOnce.1", "setOnce.2"]],
  ["no name", [7], ["setOnce.0"]],
  ["what cannot be read", Proxy.revocable([], {}), ["setOnce"]],
])("setOnce with %s is told, and the rest is kept", async (_what, setOnce, expected) => {
  const { invalid, analytics } = catching("warn");
  const revoked = setOnce as { revoke?: () => void; proxy?: unknown };
  revoked.revoke?.();
  const given = revoked.proxy ?? setOnce;
  const answer = await analytics.identify({
    userId: "a",
    properties: { plan: "pro" },
    setOnce: given as never,
  });
  expect(answer.outcome).toBe("accepted");
  expect(paths(invalid)).toEqual([expected]);
  const [row] = analytics.events;
  expect(row?.properties).toEqual({ plan: "pro" });
  expect(row?.context.$set_once).toEqual(
    Array.isArray(setOnce) && setOnce[0] === "plan" ? ["plan"] : undefined,
  );
});

test.each<[string, unknown, string[], unknown]>([
  ["no object", "acme", ["groups"], undefined],
  ["null", null, ["groups"], undefined],
  ["a key that is no text", { company: 7, team: "t" }, ["groups.company"], { team: "t" }],
  ["an empty key", { company: "" }, ["groups.company"], undefined],
  ["an empty type", { "": "acme" }, ["groups."], undefined],
  ["a key that is too long", { company: "x".repeat(401) }, ["groups.company"], undefined],
  ["a key that cannot be stored", { company: "a\u0000" }, ["groups.company"], undefined],
  [
    "too many",
    Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`t${n}`, "k"])),
    ["groups"],
    Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`t${n}`, "k"])),
  ],
  [
    "what cannot be read",
    {
      get company() {
        throw new Error("secret");
      },
    },
    ["groups"],
    undefined,
  ],
])("groups with %s are told, and the event is kept", async (_what, groups, expected, kept) => {
  const { invalid, analytics } = catching("warn");
  await analytics.trackEvent("met", { userId: "a", groups: groups as never });
  expect(paths(invalid)).toEqual([expected]);
  expect(analytics.events).toHaveLength(1);
  expect(analytics.events[0]?.context.$groups).toEqual(kept);
});

test("only people have properties that are set once, and a group's event is of the id that is given", async () => {
  const analytics = recordingAnalytics({ catalogue });
  await analytics.trackEvent("met", { userId: "a", setOnce: ["plan"] } as never);
  await analytics.groupIdentify({ groupType: "t", groupKey: "k", userId: "a", distinctId: "d" });
  expect(analytics.events[0]?.context).not.toHaveProperty("$set_once");
  expect(analytics.events[1]).toMatchObject({ distinctId: "d", ownerId: "a" });
});

test("groups named as objects' own members are groups", async () => {
  const analytics = recordingAnalytics({ catalogue });
  await analytics.groupIdentify({ groupType: "__proto__", groupKey: "k" });
  expect(Object.entries(analytics.events[0]?.context.$groups ?? {})).toEqual([["__proto__", "k"]]);
});

test.each<[string, (analytics: ReturnType<typeof recordingAnalytics>) => Promise<{ outcome: string }>]>([
  ["alias", (analytics) => analytics.alias({ userId: "a" } as never)],
  ["alias", (analytics) => analytics.alias({ userId: "a", alias: 7 as never })],
  ["alias", (analytics) => analytics.alias({ userId: "a", alias: "" })],
  ["alias", (analytics) => analytics.alias({ userId: "a", alias: "a" })],
  ["alias", (analytics) => analytics.alias({ userId: "u", distinctId: "a", alias: "a" })],
  ["alias", (analytics) => analytics.alias({ userId: "a", alias: "b\ud800" })],
  ["alias", (analytics) => analytics.alias({ userId: "a", alias: "x".repeat(401) })],
  ["alias", (analytics) => analytics.alias(undefined as never)],
  ["group", (analytics) => analytics.groupIdentify({ groupType: "company" } as never)],
  ["group", (analytics) => analytics.groupIdentify({ groupKey: "acme" } as never)],
  ["group", (analytics) => analytics.groupIdentify({ groupType: "company", groupKey: "" })],
  ["group", (analytics) => analytics.groupIdentify({ groupType: "t", groupKey: "x".repeat(399) })],
  ["group", (analytics) => analytics.groupIdentify(null as never)],
  ["group", (analytics) => analytics.trackEvent("$groupidentify", { userId: "a" })],
  [
    "group",
    (analytics) => analytics.trackEvent("$groupidentify", { userId: "a", groups: { a: "1", b: "2" } }),
  ],
  ["person", (analytics) => analytics.identify(undefined as never)],
])("what names no %s is kept in no mode: %#", async (_what, call) => {
  for (const mode of ["warn", "drop"] as const) {
    const { invalid, analytics } = catching(mode, devoraCatalogue as never);
    expect((await call(analytics as never)).outcome).toBe("invalid");
    expect(analytics.events).toEqual([]);
    expect(invalid).toMatchObject([{ kept: false }]);
  }
});

test("in memory too an alias has one person", async () => {
  const analytics = recordingAnalytics();
  const outcome = async (userId: string) => (await analytics.alias({ userId, alias: "visitor" })).outcome;
  expect([await outcome("alice"), await outcome("bob"), await outcome("alice")]).toEqual([
    "accepted",
    "alias_taken",
    "accepted",
  ]);
  expect(analytics.events.map(({ distinctId }) => distinctId)).toEqual(["alice", "alice"]);
  expect(analytics.stats()).toMatchObject({ captured: 2, dropped: 1, invalid: 0 });
});

test("an own catalogue may declare people and groups, but not take from an event what makes it work", () => {
  const description = "d";
  expect(withSystemEvents(catalogue).$identify).toBe(catalogue.$identify);
  expect(withSystemEvents({ ...devoraCatalogue }).$create_alias).toBe(devoraCatalogue.$create_alias);
  const alias = z.string();
  const more = {
    $create_alias: { description, properties: { alias: keep(alias), channel: keep(z.string()) } },
  };
  expect(withSystemEvents(more).$create_alias).toBe(more.$create_alias);
  for (const properties of [{}, { alias: drop(alias) }, { distinct_id: keep(alias) }]) {
    expect(() => recordingAnalytics({ catalogue: { $create_alias: { description, properties } } })).toThrow(
      expect.objectContaining({ code: "INVALID_CATALOGUE", message: expect.stringContaining('"alias"') }),
    );
  }
});
