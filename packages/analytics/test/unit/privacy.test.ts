import { expect, test } from "vitest";
import { recordingAnalytics } from "../../src/testing.ts";

const now = new Date("2026-03-01T10:00:00Z");
const untyped = (value: unknown) => value as never;

test("recorded analytics know consents as the database does", async () => {
  const analytics = recordingAnalytics({ now: () => now });
  expect(await analytics.getConsent("u")).toEqual({ optedOut: false, changedAt: null });
  await analytics.setConsent({ distinctId: "u", optedOut: true });
  expect(await analytics.getConsent("u")).toEqual({ optedOut: true, changedAt: now });
  const outcome = async (person: { userId: string; distinctId?: string }) =>
    (await analytics.trackEvent("user_logged_in", person)).outcome;
  expect(await outcome({ userId: "u", distinctId: "cookie" })).toBe("opted_out");
  expect(await outcome({ userId: "v" })).toBe("accepted");

  await analytics.setGlobalConsent({ optedOut: true });
  expect(await analytics.getGlobalConsent()).toEqual({ optedOut: true, changedAt: now });
  expect(await outcome({ userId: "u" })).toBe("disabled");
  expect(await outcome({ userId: "v" })).toBe("disabled");
  await analytics.setGlobalConsent({ optedOut: false });
  expect(await outcome({ userId: "u" })).toBe("opted_out");
  expect(analytics.stats()).toMatchObject({ captured: 1, dropped: 4, disabled: 2, optedOut: 2 });
});

test("recorded analytics erase a person's events, and keep an opt-out", async () => {
  const analytics = recordingAnalytics();
  await analytics.trackEvent("user_logged_in", { userId: "u", distinctId: "cookie" });
  await analytics.trackEvent("user_logged_in", { userId: "v" });
  const { id } = await analytics.trackEvent("user_logged_in", { distinctId: "u" });
  await analytics.setConsent({ distinctId: "u", optedOut: true });
  expect(await analytics.erasePerson({ ownerId: "u" })).toEqual({
    events: 2,
    deliveries: 0,
    aliases: 0,
    consents: 0,
    distinctIds: ["cookie", "u"],
    complete: true,
  });
  expect(analytics.events.map(({ distinctId }) => distinctId)).toEqual(["v"]);
  expect((await analytics.getConsent("u")).optedOut).toBe(true);
  await analytics.setConsent({ distinctId: "u", optedOut: false });
  expect((await analytics.trackEvent("user_logged_in", { userId: "u", id })).outcome).toBe("duplicate");
  expect(await analytics.erasePerson({ distinctIds: ["u"] })).toMatchObject({ consents: 1 });
});

test.each([
  ["getConsent", (analytics: ReturnType<typeof recordingAnalytics>) => analytics.getConsent(untyped(5))],
  ["setGlobalConsent", (analytics) => analytics.setGlobalConsent({ optedOut: untyped("yes") })],
  ["erasePerson", (analytics) => analytics.erasePerson({})],
] as [string, (analytics: ReturnType<typeof recordingAnalytics>) => Promise<unknown>][])(
  "%s refuses what it cannot use, by name",
  async (verb, call) => {
    await expect(call(recordingAnalytics())).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining(verb),
    });
  },
);
