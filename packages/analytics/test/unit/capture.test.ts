import { expect, test, vi } from "vitest";
import { z } from "zod";
import {
  AnalyticsError,
  defineCatalogue,
  EventType,
  type InvalidEvent,
  isAnalyticsError,
  keep,
} from "../../src/index.ts";
import { recordingAnalytics } from "../../src/testing.ts";

const now = new Date("2025-06-15T12:00:00.000Z");
const ids = (prefix = "0") => {
  let n = 0;
  return () => `${prefix.repeat(8)}-0000-7000-8000-${String(++n).padStart(12, "0")}`;
};
/** What JavaScript callers can pass. */
const untyped = (value: unknown) => value as never;
const uuid = "01890a5d-ac96-774b-bcce-b302099a8057";

test("an event becomes a row of its catalogue, its person, its time and the process", async () => {
  const analytics = recordingAnalytics({
    now: () => now,
    generateId: ids(),
    environment: "test",
    release: "1.2.3",
    context: { region: "eu" },
  });
  const result = await analytics.trackEvent(EventType.ProjectCreated, {
    userId: "alice",
    properties: { project_id: "p1", project_name: "My shop" },
  });
  expect(result).toEqual({ id: "00000000-0000-7000-8000-000000000001", outcome: "accepted" });
  expect(analytics.events).toEqual([
    {
      id: result.id,
      event: "project_created",
      distinctId: "alice",
      ownerId: "alice",
      actorId: "alice",
      sessionId: null,
      occurredAt: now,
      claimedAt: null,
      countsAsActivity: true,
      retentionClass: "standard",
      properties: { project_id: "p1", project_name: "My shop" },
      context: {
        region: "eu",
        $lib: "@devora/analytics",
        $lib_version: "0.1.0",
        environment: "test",
        release: "1.2.3",
      },
    },
  ]);
});

test.each([
  [{ userId: "u" }, { distinctId: "u", ownerId: "u", actorId: "u" }],
  [
    { userId: "u", distinctId: "d" },
    { distinctId: "d", ownerId: "u", actorId: "u" },
  ],
  [
    { userId: "u", ownerId: null },
    { distinctId: "u", ownerId: null, actorId: "u" },
  ],
  [
    { userId: "u", ownerId: "team", actorId: null },
    { distinctId: "u", ownerId: "team", actorId: null },
  ],
  [
    { userId: "u", actorId: "support" },
    { distinctId: "u", ownerId: "u", actorId: "support" },
  ],
  [{ distinctId: "anonymous" }, { distinctId: "anonymous", ownerId: null, actorId: null }],
])("%j says who did it and whose it is", async (person, columns) => {
  const analytics = recordingAnalytics();
  await analytics.trackEvent("user_logged_in", person);
  expect(analytics.events[0]).toMatchObject(columns);
});

test("trackers turn camelCase fields into an event's properties", async () => {
  const analytics = recordingAnalytics();
  const userId = "alice";
  await analytics.trackProjectCreated({ userId, projectId: "p", projectName: "n", projectType: "saas" });
  await analytics.trackCodeGeneration({
    userId,
    id: uuid,
    sessionId: "s",
    model: "gpt-4o",
    tokensUsed: 2500,
    generationTimeMs: 1800,
  });
  await analytics.trackSubscriptionEvent(EventType.SubscriptionStarted, {
    userId,
    subscriptionId: "sub_1",
    plan: "pro",
    amountMinor: 990,
    currency: "EUR",
  });
  await analytics.trackDeployment("deployment_failed", { userId, deploymentId: "d", projectId: "p" });
  await analytics.trackProjectDeleted({ userId, projectId: "p" });
  await analytics.trackConversationStarted({ userId, conversationId: "c" });
  await analytics.trackMessageSent({ userId, conversationId: "c", messageId: "m" });
  await analytics.trackSearch({ userId, query: "q", resultCount: 3 });
  await analytics.trackRagAnswer({ userId, passageCount: 5 });
  await analytics.trackError({ userId, ownerId: null, errorName: "TypeError" });

  expect(analytics.events.map(({ event, properties }) => [event, { ...properties }])).toEqual([
    ["project_created", { project_id: "p", project_name: "n", project_type: "saas" }],
    ["code_generated", { model: "gpt-4o", tokens_used: 2500, generation_time_ms: 1800 }],
    ["subscription_started", { subscription_id: "sub_1", plan: "pro", amount_minor: 990, currency: "EUR" }],
    ["deployment_failed", { deployment_id: "d", project_id: "p" }],
    ["project_deleted", { project_id: "p" }],
    ["conversation_started", { conversation_id: "c" }],
    ["message_sent", { conversation_id: "c", message_id: "m" }],
    ["search_performed", { query: "q", result_count: 3 }],
    ["rag_answered", { passage_count: 5 }],
    ["error_occurred", { error_name: "TypeError" }],
  ]);
  expect(analytics.events[1]).toMatchObject({ id: uuid, sessionId: "s", ownerId: userId });
  expect(analytics.events[9]).toMatchObject({ ownerId: null, distinctId: userId });
});

const invalid: [string, unknown, string[]][] = [
  ["an event of no catalogue", { event: "project_creatd", userId: "u" }, ["event"]],
  ["a name of Object.prototype", { event: "constructor", userId: "u" }, ["event"]],
  ["a missing property", { event: "project_archived", userId: "u" }, ["properties.project_id"]],
  [
    "a wrong type",
    { event: "session_ended", userId: "u", properties: { duration_ms: "5" } },
    ["properties.duration_ms"],
  ],
  [
    "a property too many",
    { event: "project_archived", userId: "u", properties: { project_id: "p", nmae: "x" } },
    ["properties.nmae"],
  ],
  [
    "a place inside a property",
    { event: "user_updated", userId: "u", properties: { fields: ["name", 7] } },
    ["properties.fields.1"],
  ],
  [
    "properties that are no object",
    { event: "user_logged_in", userId: "u", properties: [1] },
    ["properties"],
  ],
  [
    "text that PostgreSQL cannot store",
    { event: "user_logged_in", userId: "u", properties: { method: "a\u0000" } },
    ["properties.method"],
  ],
  [
    "an invalid time",
    { event: "user_logged_in", userId: "u", occurredAt: new Date(Number.NaN) },
    ["occurredAt"],
  ],
  ["a session that is no text", { event: "user_logged_in", userId: "u", sessionId: 5 }, ["sessionId"]],
];
const unusable: [string, unknown, string[]][] = [
  ["nobody", { event: "user_logged_in" }, ["userId"]],
  ["an empty person", { event: "user_logged_in", userId: "" }, ["userId"]],
  ["a person that is no text", { event: "user_logged_in", userId: 5 }, ["userId"]],
  ["a person beyond the index", { event: "user_logged_in", distinctId: "x".repeat(401) }, ["distinctId"]],
  [
    "an owner that cannot be stored",
    { event: "user_logged_in", userId: "u", ownerId: "\ud800" },
    ["ownerId"],
  ],
  [
    "an actor that cannot be stored",
    { event: "user_logged_in", userId: "u", actorId: "\u0000" },
    ["actorId"],
  ],
  ["an id that is no UUID", { event: "user_logged_in", userId: "u", id: "order-1" }, ["id"]],
  ["a name beyond the column", { event: "x".repeat(201), userId: "u" }, ["event"]],
  ["no name", { userId: "u" }, ["event"]],
  ["no object", null, ["event", "event", "userId"]],
  ["a proxy that throws", revoked(), ["event", "event", "userId"]],
];

test.each([...invalid, ...unusable])(
  "strict refuses %s before it writes anything",
  async (_, event, paths) => {
    const analytics = recordingAnalytics();
    const refused = analytics.captureMany([{ event: "user_logged_in", userId: "u" }, untyped(event)]);
    const error = await refused.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AnalyticsError);
    expect(isAnalyticsError(error) && [error.code, error.issues.map(({ path }) => path)]).toEqual([
      "INVALID_EVENT",
      paths,
    ]);
    expect(analytics.events).toEqual([]);
  },
);

test.each(invalid)("warn keeps %s, tells and marks it", async (_, event, paths) => {
  const told: InvalidEvent[] = [];
  const analytics = recordingAnalytics({ mode: "warn", onInvalid: (one) => told.push(one) });
  const result = await analytics.capture(untyped(event));
  expect(result.outcome).toBe("accepted");
  expect(told).toMatchObject([{ id: result.id, kept: true, issues: paths.map((path) => ({ path })) }]);
  expect(analytics.events).toMatchObject([{ id: result.id, context: { $invalid: paths } }]);
});

test.each(unusable)("warn cannot keep %s", async (_, event) => {
  const told: InvalidEvent[] = [];
  const analytics = recordingAnalytics({ mode: "warn", onInvalid: (one) => told.push(one) });
  expect(await analytics.capture(untyped(event))).toMatchObject({ outcome: "invalid" });
  expect(told).toMatchObject([{ kept: false }]);
  expect(analytics.events).toEqual([]);
});

test("drop leaves invalid events out, tells, and keeps the valid ones", async () => {
  const told: InvalidEvent[] = [];
  const analytics = recordingAnalytics({ mode: "drop", onInvalid: (one) => told.push(one) });
  const results = await analytics.captureMany([
    untyped({ event: "nonsense", userId: "u" }),
    { event: "user_logged_in", userId: "u" },
  ]);
  expect(results.map(({ outcome }) => outcome)).toEqual(["invalid", "accepted"]);
  expect(told).toMatchObject([{ event: "nonsense", kept: false }]);
  expect(analytics.stats()).toEqual({
    captured: 1,
    duplicate: 0,
    invalid: 1,
    dropped: 1,
    optedOut: 0,
    disabled: 0,
    foreignOwner: 0,
    lost: 0,
    buffered: 0,
  });
});

test("an event of no catalogue is kept as it is, and is no activity", async () => {
  const analytics = recordingAnalytics({ mode: "warn" });
  await analytics.capture(untyped({ event: "nonsense", userId: "u", properties: { a: [1n, new Date(0)] } }));
  expect(analytics.events).toMatchObject([
    { event: "nonsense", countsAsActivity: false, properties: { a: ["1", "1970-01-01T00:00:00.000Z"] } },
  ]);
});

test("an error's message names places and types, never values", async () => {
  const analytics = recordingAnalytics();
  const error = await analytics
    .capture(untyped({ event: "session_ended", userId: "u", properties: { duration_ms: "s3cret" } }))
    .catch((thrown: unknown) => thrown);
  expect(String(error)).toMatch(/"session_ended".*properties\.duration_ms \(a string of 6 characters\)/);
  expect(String(error)).not.toContain("s3cret");
});

test("a refusal names the type found at the place inside a property", async () => {
  const event = { event: "user_updated", userId: "u", properties: { fields: ["name", 7] } };
  await expect(recordingAnalytics().capture(untyped(event))).rejects.toThrow("properties.fields.1 (number)");
});

test("a catalogue's schemas may transform, fill in, wait and throw", async () => {
  const catalogue = defineCatalogue({
    borrowed: {
      description: "A book was borrowed.",
      retention: "long",
      properties: {
        days: keep(z.coerce.number().default(14)),
        since: keep(z.date()),
        isbn: keep(z.string().refine(async (isbn) => isbn.startsWith("978"))),
      },
    },
    burnt: {
      description: "A schema that throws.",
      properties: {
        page: keep(
          z.string().transform((): string => {
            throw new Error("s3cret");
          }),
        ),
      },
    },
  });
  const analytics = recordingAnalytics({ catalogue });
  const since = new Date(0);
  await analytics.trackEvent("borrowed", { userId: "u", properties: { since, isbn: "978-0" } });
  expect(analytics.events).toMatchObject([
    { retentionClass: "long", properties: { days: 14, since: since.toISOString(), isbn: "978-0" } },
  ]);
  await expect(
    analytics.trackEvent("borrowed", { userId: "u", properties: { since, isbn: "1" } }),
  ).rejects.toMatchObject({ issues: [{ path: "properties.isbn" }] });
  await expect(
    analytics.trackEvent("burnt", { userId: "u", properties: { page: "1" } }),
  ).rejects.toMatchObject({ issues: [{ path: "properties.page" }] });
  expect("trackProjectCreated" in analytics).toBe(false);
});

test("the same id is kept once, between calls and within one", async () => {
  const analytics = recordingAnalytics();
  const event = { event: "user_logged_in", userId: "u", id: uuid.toUpperCase() } as const;
  const results = await analytics.captureMany([event, event, { event: "user_logged_out", userId: "u" }]);
  expect(results.map(({ outcome }) => outcome)).toEqual(["accepted", "duplicate", "accepted"]);
  expect(await analytics.capture(event)).toEqual({ id: uuid, outcome: "duplicate" });
  expect(analytics.events).toHaveLength(2);
  expect(analytics.stats()).toEqual({
    captured: 2,
    duplicate: 2,
    invalid: 0,
    dropped: 0,
    optedOut: 0,
    disabled: 0,
    foreignOwner: 0,
    lost: 0,
    buffered: 0,
  });
});

test("a person who opted out leaves no events until opting in again", async () => {
  const analytics = recordingAnalytics();
  await analytics.setConsent({ distinctId: "u", optedOut: true });
  expect(await analytics.trackEvent("user_logged_in", { userId: "u" })).toMatchObject({
    outcome: "opted_out",
  });
  await analytics.setConsent({ distinctId: "u", optedOut: false });
  expect(await analytics.trackEvent("user_logged_in", { userId: "u" })).toMatchObject({
    outcome: "accepted",
  });
  expect(analytics.stats()).toMatchObject({ captured: 1, dropped: 1 });
});

test.each([
  { distinctId: "", optedOut: true },
  { distinctId: "a\u0000", optedOut: true },
  { distinctId: "u" },
])("consent of %j is refused", async (consent) => {
  await expect(recordingAnalytics().setConsent(untyped(consent))).rejects.toMatchObject({
    code: "INVALID_OPTION",
  });
});

test("a time that the clock cannot have told becomes now", async () => {
  const analytics = recordingAnalytics({ now: () => now });
  const claimed = new Date("1999-01-01T00:00:00.000Z");
  await analytics.trackEvent("user_logged_in", { userId: "u", occurredAt: claimed });
  expect(analytics.events[0]).toMatchObject({ occurredAt: now, claimedAt: claimed });
});

test("a request's context is on the events captured in it, and on no others", async () => {
  const analytics = recordingAnalytics();
  const track = (name: string) => analytics.trackEvent("user_logged_in", { userId: name });
  await Promise.all([
    analytics.runWithContext({ requestId: "r1", sessionId: "s1", path: "/a" }, async () => {
      await Promise.resolve();
      await track("one");
      await analytics.runWithContext({ path: "/a/b" }, () => track("nested"));
    }),
    analytics.runWithContext({ requestId: "r2" }, () => track("two")),
    track("outside"),
  ]);
  const byPerson = Object.fromEntries(
    analytics.events.map(({ distinctId, sessionId, context }) => [
      distinctId,
      [sessionId, context.request_id, context.$pathname],
    ]),
  );
  expect(byPerson).toEqual({
    one: ["s1", "r1", "/a"],
    nested: ["s1", "r1", "/a/b"],
    two: [null, "r2", undefined],
    outside: [null, undefined, undefined],
  });
});

test("a hostile context is cut and cleaned, and refuses no event", async () => {
  const analytics = recordingAnalytics({ mode: "strict" });
  await analytics.runWithContext(
    untyped({ userAgent: `\u0000${"x".repeat(5000)}`, path: 5, referrer: null, sessionId: "y".repeat(5000) }),
    () => analytics.trackEvent("user_logged_in", { userId: "u" }),
  );
  const [row] = analytics.events;
  expect(row?.context.$raw_user_agent).toBe(`\ufffd${"x".repeat(999)}`);
  expect(row?.sessionId).toHaveLength(400);
  expect(row?.context).not.toHaveProperty("$pathname");
});

test("an own session goes before the request's", async () => {
  const analytics = recordingAnalytics();
  await analytics.runWithContext({ sessionId: "request" }, () =>
    analytics.trackEvent("session_started", { userId: "u", sessionId: "own" }),
  );
  expect(analytics.events[0]?.sessionId).toBe("own");
});

test("an aborted call writes nothing", async () => {
  const analytics = recordingAnalytics();
  const signal = AbortSignal.abort(new Error("gone"));
  await expect(analytics.trackEvent("user_logged_in", { userId: "u" }, { signal })).rejects.toThrow("gone");
  expect(analytics.events).toEqual([]);
});

test("what onInvalid throws reaches the caller", async () => {
  const onInvalid = vi.fn(() => {
    throw new Error("told");
  });
  const analytics = recordingAnalytics({ mode: "drop", onInvalid });
  await expect(analytics.capture(untyped({}))).rejects.toThrow("told");
  expect(onInvalid).toHaveBeenCalledOnce();
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
