import { describe, expect, test } from "vitest";
import { deliverParcels } from "../../../src/delivery/deliver-parcels.ts";
import { faultOf } from "../../../src/delivery/fault-of.ts";
import type { Parcel } from "../../../src/delivery/requests.ts";
import { segmentMessage } from "../../../src/destinations/segment-event.ts";
import { type DeliveredEvent, segmentDestination } from "../../../src/index.ts";
import { startSegmentServer } from "../../support/segment-server.ts";

const writeKey = "write_key_of_the_test";
const { signal } = new AbortController();
const eventOf = (fields: Partial<DeliveredEvent> = {}): DeliveredEvent => ({
  id: "0194cc39-1f25-7000-8000-000000000001",
  event: "project_created",
  distinctId: "alice",
  isKnown: true,
  sessionId: null,
  occurredAt: new Date("2026-03-01T10:00:00.123Z"),
  properties: {},
  context: {},
  ...fields,
});
const common = { messageId: eventOf().id, timestamp: "2026-03-01T10:00:00.123Z" };
const library = { library: { name: "@devora/analytics", version: "0.1.0" } };

test("an event is a track call of a user, or of a visitor whom nobody knows", () => {
  const properties = { project_id: "p" };
  expect(segmentMessage(eventOf({ properties }))).toEqual({
    ...common,
    type: "track",
    event: "project_created",
    userId: "alice",
    properties,
    context: library,
  });
  const visitor = segmentMessage(eventOf({ distinctId: "v1", isKnown: false }));
  expect(visitor).toMatchObject({ type: "track", anonymousId: "v1" });
  expect(visitor).not.toHaveProperty("userId");
});

test("people, aliases and groups are calls of their own", () => {
  const traits = { plan: "pro", since: "2026" };
  const identified = eventOf({ event: "$identify", properties: traits, context: { $set_once: ["since"] } });
  expect(segmentMessage(identified)).toEqual({
    ...common,
    type: "identify",
    userId: "alice",
    traits,
    context: library,
  });
  const alias = { event: "$create_alias", properties: { alias: "v1" }, isKnown: false };
  expect(segmentMessage(eventOf(alias))).toEqual({
    ...common,
    type: "alias",
    userId: "alice",
    previousId: "v1",
    context: library,
  });
  const group = {
    event: "$groupidentify",
    properties: { seats: 3 },
    context: { $groups: { company: "acme" } },
  };
  expect(segmentMessage(eventOf({ ...group, distinctId: "$company_acme", isKnown: false }))).toEqual({
    ...common,
    type: "group",
    anonymousId: "$company_acme",
    groupId: "acme",
    traits: { seats: 3 },
    context: library,
  });
});

test("the context is under Segment's names where it has one, other facts under their own", () => {
  const context = {
    $lib: "l",
    $lib_version: "1",
    $pathname: "/p",
    $referrer: "https://a.test/",
    $raw_user_agent: "Mozilla",
    utm_campaign: "spring",
    utm_term: "shoes",
    request_id: "r1",
    environment: "production",
    $groups: { company: "acme" },
  };
  expect(segmentMessage(eventOf({ context, sessionId: "s1" })).context).toEqual({
    library: { name: "l", version: "1" },
    page: { path: "/p", referrer: "https://a.test/" },
    campaign: { name: "spring", term: "shoes" },
    userAgent: "Mozilla",
    sessionId: "s1",
    groupId: "acme",
    request_id: "r1",
    environment: "production",
  });
  const $groups = { company: "acme", team: "t1" };
  expect(segmentMessage(eventOf({ context: { $groups } })).context).toEqual({ ...library, groups: $groups });
});

test("a batch is taken by a server that knows Segment's rules, under the key and the host's path", async () => {
  await using server = await startSegmentServer(writeKey);
  const now = () => new Date("2026-03-01T10:00:05.000Z");
  const destination = segmentDestination({ host: server.url, writeKey, now });
  const events = [
    eventOf(),
    eventOf({ isKnown: false }),
    eventOf({ event: "$identify", properties: { plan: "é" } }),
    eventOf({ event: "$create_alias", properties: { alias: "v1" } }),
    eventOf({ event: "$groupidentify", context: { $groups: { company: "acme" } } }),
  ];
  await destination.send(events, { signal });
  expect(server.violations).toEqual([]);
  expect(server.messages).toEqual(JSON.parse(JSON.stringify(events.map(segmentMessage))));

  let asked: unknown;
  const fetch = async (url: unknown) => {
    asked = url;
    return new Response("{}");
  };
  await segmentDestination({ writeKey, fetch: fetch as never }).send([eventOf()], { signal });
  expect(asked).toBe("https://api.segment.io/v1/batch");
  const host = "https://rudder.test/plane/";
  await segmentDestination({ host, writeKey, fetch: fetch as never }).send([eventOf()], { signal });
  expect(asked).toBe("https://rudder.test/plane/v1/batch");
});

describe("limits", () => {
  const large = (id: number, bytes: number) =>
    eventOf({
      id: `0194cc39-1f25-7000-8000-${String(id).padStart(12, "0")}`,
      properties: { text: "x".repeat(bytes) },
    });
  const parcelOf = (event: DeliveredEvent, bytes?: number): Parcel => ({
    event,
    attempts: 0,
    bytes: bytes ?? Buffer.byteLength(JSON.stringify(event)),
  });
  const deliver = async (parcels: Parcel[]) => {
    await using server = await startSegmentServer(writeKey, ({ event }) => event === "poison");
    const destination = segmentDestination({ host: server.url, writeKey });
    const limits = { maxEvents: destination.maxEvents ?? 0, maxBytes: destination.maxBytes ?? 0 };
    const send = (request: readonly Parcel[]) =>
      destination
        .send(
          request.map(({ event }) => event),
          { signal },
        )
        .then(() => undefined, faultOf);
    const undelivered = await deliverParcels(parcels, limits, send, async () => {});
    const { messages, violations, requests } = server;
    return { undelivered, taken: messages.length, violations, requests };
  };

  test("an event that is too large for Segment costs no other, and no request", async () => {
    const parcels = [1, 2, 3, 4].map((n) => parcelOf(large(n, n === 3 ? 33_000 : 31_000)));
    const { undelivered, taken, violations } = await deliver(parcels);
    expect(violations).toEqual([]);
    expect(taken).toBe(3);
    expect(undelivered.poison).toEqual([
      { parcel: parcels[2], fault: { blames: "events", reason: "EVENT_TOO_LARGE" } },
    ]);
  });

  test("bytes are counted, not characters", async () => {
    const wide = eventOf({ properties: { text: "é".repeat(17_000) } });
    const { undelivered, requests } = await deliver([parcelOf(wide)]);
    expect(undelivered.suspects).toHaveLength(1);
    expect(requests).toBe(0);
  });

  test("requests stay below 500 kB, also where events weigh more in Segment's form", async () => {
    const many = Array.from({ length: 40 }, (_, n) => parcelOf(large(n, 30_000)));
    expect(await deliver(many)).toMatchObject({ taken: 40, violations: [], requests: 4 });
    const light = many.map(({ event }) => parcelOf(event, 1));
    expect(await deliver(light)).toMatchObject({ taken: 40, violations: [] });
  });

  test("what the server refuses is found by halves", async () => {
    const parcels = [1, 2, 3, 4, 5].map((n) =>
      parcelOf({ ...large(n, 1), event: n === 2 ? "poison" : "fine" }),
    );
    const { undelivered, taken } = await deliver(parcels);
    expect(taken).toBe(4);
    expect(undelivered.poison).toMatchObject([{ fault: { reason: "HTTP 400" } }]);
  });
});

test("its key is in no error", async () => {
  const fetch = async () => new Response(null, { status: 401 });
  const error = await segmentDestination({ writeKey, fetch })
    .send([eventOf()], { signal })
    .catch((thrown) => thrown);
  expect(error).toMatchObject({
    code: "DELIVERY_FAILED",
    delivery: { blames: "destination", reason: "HTTP 401" },
  });
  const basic = Buffer.from(`${writeKey}:`).toString("base64");
  for (const secret of [writeKey, basic]) {
    expect(`${error} ${JSON.stringify(error)} ${error.stack}`).not.toContain(secret);
  }
});

test.each<[string, object]>([
  ["host", { host: "api.segment.io" }],
  ["writeKey", { writeKey: "" }],
  ["maxBytes", { maxBytes: 600_000 }],
  ["maxEvents", { maxEvents: 0 }],
  ["timeoutMs", { timeoutMs: 0 }],
])("option %s is checked: %j", (option, options) => {
  expect(() => segmentDestination({ writeKey, ...options })).toThrow(
    expect.objectContaining({
      code: "INVALID_OPTION",
      message: expect.stringContaining(`segmentDestination: option ${option} is`),
    }),
  );
});
