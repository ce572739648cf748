import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { posthogEvent } from "../../../src/destinations/posthog-event.ts";
import { type DeliveredEvent, posthogDestination } from "../../../src/index.ts";
import { violationsOfProperties } from "../../../src/testing/posthog-property-rules.ts";
import { startPostHogServer } from "../../../src/testing.ts";

/** Beside the project; kept elsewhere. */
const wireData = new URL(
  "../../../../../../shared/data/posthog-wire/server-wire-snapshots.spec.ts.snap",
  import.meta.url,
);

const deliveredOf = (fields: Partial<DeliveredEvent>): DeliveredEvent => ({
  id: "0194cc39-1f25-7000-8000-000000000001",
  event: "met",
  distinctId: "alice",
  isKnown: true,
  sessionId: null,
  occurredAt: new Date("2026-03-01T10:00:00.123Z"),
  properties: {},
  context: {},
  ...fields,
});
const common = { $lib: "@devora/analytics", $lib_version: "0.1.0", $is_server: true, $geoip_disable: true };
const propertiesOf = (fields: Partial<DeliveredEvent>) => posthogEvent(deliveredOf(fields)).properties;

test("a person's properties are set, or set once, in objects of their own", () => {
  const properties = { plan: "pro", signed_up_at: "2026", email: null, environment: "of the person" };
  const context = { environment: "production", $set_once: ["signed_up_at", "gone"] };
  expect(propertiesOf({ event: "$identify", properties, context, sessionId: "s1" })).toEqual({
    ...common,
    environment: "production",
    $session_id: "s1",
    $set: { plan: "pro", email: null, environment: "of the person" },
    $set_once: { signed_up_at: "2026" },
  });
  // As PostHog's own library: both are there, empty or not.
  expect(propertiesOf({ event: "$identify" })).toEqual({ ...common, $set: {}, $set_once: {} });
});

test("an alias says both ids, a group its type, key and properties", () => {
  expect(propertiesOf({ event: "$create_alias", properties: { alias: "visitor-7" } })).toEqual({
    ...common,
    distinct_id: "alice",
    alias: "visitor-7",
  });
  const group = {
    event: "$groupidentify",
    properties: { seats: 3 },
    context: { $groups: { company: "acme" } },
  };
  expect(propertiesOf(group)).toEqual({
    ...common,
    $group_type: "company",
    $group_key: "acme",
    $group_set: { seats: 3 },
  });
});

test("the groups of an event, and the variant of a flag, are under PostHog's names", () => {
  const $groups = { company: "acme", team: "t1" };
  expect(propertiesOf({ properties: { a: 1 }, context: { $groups } })).toEqual({ ...common, a: 1, $groups });
  for (const response of [true, false, "variant-b"]) {
    const properties = {
      $feature_flag: "new-editor",
      $feature_flag_response: response,
      $feature_flag_version: 3,
    };
    expect(propertiesOf({ event: "$feature_flag_called", properties })).toEqual({
      ...common,
      ...properties,
      "$feature/new-editor": response,
    });
  }
});

test.skipIf(!existsSync(wireData))(
  `PostHog knows $set and $set_once as objects (skipped without ${wireData})`,
  () => {
    const recorded = readFileSync(wireData, "utf8").replace(/,(\s*[}\]])/g, "$1");
    const objectAfter = (name: string) =>
      JSON.parse(/\{[^{}]*\}/.exec(recorded.slice(recorded.indexOf(`"${name}": {`)))?.[0] ?? "null");
    const theirs = { $set: objectAfter("$set"), $set_once: objectAfter("$set_once") };
    expect(theirs.$set).toEqual({ plan: "pro" });
    const { $set, $set_once } = propertiesOf({
      event: "$identify",
      properties: { ...theirs.$set, ...theirs.$set_once },
      context: { $set_once: Object.keys(theirs.$set_once) },
    }) as Record<string, unknown>;
    expect({ $set, $set_once }).toEqual(theirs);
    // The groups of a flag's request have the form of those of an event.
    const groups = objectAfter("groups");
    expect(propertiesOf({ context: { $groups: groups } })).toHaveProperty("$groups", groups);
  },
);

describe("the PostHog of the tests", () => {
  const send = async (...events: DeliveredEvent[]) => {
    await using server = await startPostHogServer();
    const destination = posthogDestination({ host: server.url, apiKey: "phc_test" });
    await destination.send(events, { signal: new AbortController().signal }).catch(() => {});
    return server.violations;
  };
  const flag = { $feature_flag: "f", $feature_flag_response: true };

  test("takes what we send", async () => {
    const events = [
      deliveredOf({ event: "$identify" }),
      deliveredOf({ event: "$create_alias", properties: { alias: "b" } }),
      deliveredOf({ event: "$groupidentify", context: { $groups: { company: "acme" } } }),
      deliveredOf({ event: "$feature_flag_called", properties: flag }),
      deliveredOf({ context: { $groups: { company: "acme" } }, sessionId: "s" }),
    ];
    const ids = events.map((event, n) => ({ ...event, id: event.id.replace(/1$/, String(n)) }));
    expect(await send(...ids)).toEqual([]);
  });

  test.each<[string, Partial<DeliveredEvent>]>([
    ["$groups", { context: { $groups: { company: 7 } } }],
    ["$groups", { context: { $groups: ["acme"] } }],
    ["an alias", { event: "$create_alias", properties: { alias: "alice" } }],
    ["an alias", { event: "$create_alias" }],
    ["a group", { event: "$groupidentify" }],
    ["a group", { event: "$groupidentify", context: { $groups: { company: "" } } }],
    ["$feature_flag", { event: "$feature_flag_called", properties: { $feature_flag_response: true } }],
    ["$feature_flag_response", { event: "$feature_flag_called", properties: { $feature_flag: "f" } }],
  ])("tells of %s that is wrong: %j", async (what, fields) => {
    expect(await send(deliveredOf(fields))).toEqual(expect.arrayContaining([expect.stringContaining(what)]));
  });

  test.each<[string, string, Record<string, unknown>]>([
    ["$set that is no object", "$identify", { $set: [], $set_once: {} }],
    ["$set_once that is no object", "$identify", { $set: {} }],
    ["a name in $set and in $set_once", "$identify", { $set: { a: 1 }, $set_once: { a: 1 } }],
    ["a distinct_id among the properties", "$create_alias", { alias: "b", distinct_id: "b" }],
    ["$group_set that is no object", "$groupidentify", { $group_type: "t", $group_key: "k" }],
    ["without its $feature/ property", "$feature_flag_called", { ...flag, "$feature/f": false }],
    ["a $session_id that is no text", "met", { $session_id: 7 }],
  ])("tells of %s", (what, event, properties) => {
    const violations = violationsOfProperties({ event, distinct_id: "alice", properties });
    expect(violations).toEqual([expect.stringContaining(what)]);
  });
});
