import { expect, test } from "vitest";
import { evaluateDefinition } from "../../../src/flags/evaluate-definition.ts";
import {
  createFeatureFlags,
  defineFlags,
  type FlagDefinition,
  type FlagProblem,
  posthogFlags,
} from "../../../src/flags.ts";
import { recordingAnalytics, startPostHogServer } from "../../../src/testing.ts";
import { apiKey, secretKey, startClient } from "../../support/posthog-client.ts";

const thirds = [
  { key: "control", rollout_percentage: 33.33 },
  { key: "a", rollout_percentage: 33.33 },
  { key: "b", rollout_percentage: 33.34 },
];
const plan = { key: "plan", type: "person" };
const definitions: FlagDefinition[] = [
  {
    key: "dark-mode",
    active: true,
    filters: { groups: [{ rollout_percentage: 37 }], payloads: { true: '{"x":[1]}' } },
  },
  {
    key: "new-editor",
    active: true,
    filters: {
      groups: [
        { properties: [{ ...plan, operator: "exact", value: ["pro", "team"] }], rollout_percentage: 60 },
        {
          properties: [{ ...plan, operator: "icontains", value: "FR" }],
          variant: "b",
          rollout_percentage: 80,
        },
        { properties: [{ key: "age", type: "person", operator: "gte", value: 30 }] },
      ],
      multivariate: { variants: thirds },
      payloads: { a: '"wide"', b: "7" },
    },
  },
  {
    key: "partly",
    active: true,
    filters: {
      groups: [{ properties: [{ ...plan, operator: "is_not", value: "free" }] }],
      multivariate: { variants: thirds.slice(0, 2) },
    },
  },
  { key: "off", active: false, filters: { groups: [{}] } },
  {
    key: "of-teams",
    active: true,
    filters: {
      aggregation_group_type_index: 0,
      groups: [
        {
          properties: [{ key: "tier", type: "group", operator: "exact", value: "gold" }],
          rollout_percentage: 50,
        },
      ],
    },
  },
];
const served = {
  flags: definitions.map((definition, index) => ({ id: index + 1, ...definition })),
  group_type_mapping: { "0": "team" },
  // Texts are compared as texts; without it "true" and "false" would be something else.
  property_matching_version: 2,
};

test("people are in the same buckets and variants as with posthog-node", async () => {
  await using server = await startPostHogServer({ apiKey, flags: { secretKey, definitions: () => served } });
  const provider = posthogFlags(startClient(server, { strictLocalEvaluation: true }));
  const keys = definitions.map(({ key }) => key);
  const seen = new Set<string>();
  for (let n = 0; n < 300; n++) {
    const person = {
      distinctId: `person-${n}-é`,
      personProperties: { plan: ["pro", "Team", "free", "afro"][n % 4], age: n % 60 },
      groups: { team: `team-${n % 20}` },
      groupProperties: { team: { tier: n % 3 === 0 ? "silver" : "gold" } },
    };
    const answers = await provider.evaluate(person, keys);
    for (const definition of definitions) {
      const ours = evaluateDefinition(definition, person, ["team"]);
      expect([n, definition.key, ours]).toEqual([n, definition.key, answers.get(definition.key)?.value]);
      seen.add(`${definition.key}:${ours}`);
    }
  }
  expect([...seen].sort()).toEqual(
    [
      "dark-mode:false",
      "dark-mode:true",
      "new-editor:a",
      "new-editor:b",
      "new-editor:control",
      "new-editor:false",
    ]
      .concat([
        "of-teams:false",
        "of-teams:true",
        "off:false",
        "partly:a",
        "partly:control",
        "partly:false",
        "partly:true",
      ])
      .sort(),
  );
  expect(server.flagRequests.map(({ kind, status }) => `${kind} ${status}`)).toEqual(["definitions 200"]);
  expect(server.violations).toEqual([]);
});

test("no call makes posthog-node capture an event: local, remote, missing, payloads, all, and at its end", async () => {
  await using server = await startPostHogServer({
    apiKey,
    flags: { secretKey, definitions: () => served, evaluate: () => ({ remote: "a", "dark-mode": false }) },
  });
  const client = startClient(server);
  const analytics = recordingAnalytics();
  const problems: FlagProblem[] = [];
  const flags = createFeatureFlags({
    flags: defineFlags({
      "dark-mode": {},
      "new-editor": { variants: ["control", "a", "b"] },
      off: {},
      missing: {},
    }),
    provider: posthogFlags(client),
    exposures: analytics,
    onProblem: (problem) => problems.push(problem),
  });
  // A client without definitions asks the server.
  const remote = createFeatureFlags({
    flags: defineFlags({ remote: { variants: ["a"] } }),
    provider: posthogFlags(startClient(server, { enableLocalEvaluation: false })),
    exposures: analytics,
  });
  for (let n = 0; n < 20; n++) {
    const person = { userId: `person-${n}`, personProperties: { plan: "pro", age: 40 } };
    await flags.isFeatureEnabled("dark-mode", person);
    await flags.getFeatureFlag("new-editor", person);
    await flags.getFeatureFlagPayload("new-editor", person);
    await flags.getAllFlags(person);
    await flags.isFeatureEnabled("missing", person);
    expect(await remote.getFeatureFlag("remote", person)).toBe("a");
  }
  await client.flush();
  await client.shutdown();
  await analytics.flush();
  expect(server.requests).toEqual([]);
  expect(server.received).toEqual([]);
  expect(server.violations).toEqual([]);
  // Ours are there: two flags that were answered, and the remote one.
  expect(analytics.events).toHaveLength(60);
  expect(new Set(problems.map(({ flag, problem }) => `${flag} ${problem}`))).toEqual(
    new Set(["missing missing"]),
  );
});

test("the server sees events that posthog-node does capture", async () => {
  await using server = await startPostHogServer({ apiKey, flags: { secretKey, definitions: () => served } });
  const client = startClient(server);
  await client.isFeatureEnabled("dark-mode", "person");
  await server.arrived(1);
  await client.flush();
  expect(server.received.map(({ event }) => event)).toEqual(["$feature_flag_called"]);
});

test("payloads come as JSON, and persons and groups go to the server as they are", async () => {
  await using server = await startPostHogServer({
    apiKey,
    flags: { secretKey, definitions: () => served, evaluate: () => ({ remote: true }) },
  });
  const local = posthogFlags(startClient(server));
  const key = "dark-mode";
  const of = (distinctId: string) => ({
    distinctId,
    personProperties: { plan: "pro" },
    groups: { team: "t1" },
    groupProperties: {},
  });
  const definition = definitions.find((one) => one.key === key) as FlagDefinition;
  const subject =
    [..."abcdefgh"].map(of).find((one) => evaluateDefinition(definition, one, []) === true) ?? of("");
  expect((await local.evaluate(subject, [key])).get(key)).toEqual({ value: true, payload: { x: [1] } });

  const remote = posthogFlags(startClient(server, { enableLocalEvaluation: false }));
  await remote.evaluate({ ...subject, groupProperties: { team: { tier: "gold" } } }, ["remote"]);
  expect(server.flagRequests.at(-1)).toMatchObject({
    kind: "evaluation",
    status: 200,
    question: {
      distinct_id: subject.distinctId,
      person_properties: { plan: "pro" },
      groups: { team: "t1" },
      group_properties: { team: { tier: "gold" } },
      flag_keys_to_evaluate: ["remote"],
    },
  });
  expect(server.violations).toEqual([]);
});

test("while PostHog is down and nothing is known, flags are missing and answer their fallback", async () => {
  const server = await startPostHogServer();
  await server.close();
  const problems: FlagProblem[] = [];
  const flags = createFeatureFlags({
    flags: defineFlags({ "new-editor": { variants: ["control", "a"], fallback: "control" } }),
    provider: posthogFlags(startClient(server, { featureFlagsRequestMaxRetries: 0 })),
    onProblem: (problem) => problems.push(problem),
  });
  expect(await flags.getFeatureFlag("new-editor", { userId: "u" })).toBe("control");
  expect(problems).toEqual([{ flag: "new-editor", problem: "missing" }]);
});

test("the loopback PostHog refuses what PostHog refuses, and says what no client of ours may do", async () => {
  await using server = await startPostHogServer({ apiKey, flags: { secretKey, definitions: () => served } });
  const wrong = startClient(server, { secretKey: "phs_of_another" });
  const errors: unknown[] = [];
  wrong.on("error", (error: unknown) => errors.push(error));
  await wrong.reloadFeatureFlags();
  expect(server.flagRequests.at(-1)).toMatchObject({ kind: "definitions", status: 401 });
  expect(errors).not.toEqual([]);
  expect(server.violations).toEqual([]);

  const post = (path: string, body: object) =>
    fetch(`${server.url}${path}`, { method: "POST", body: JSON.stringify(body) }).then(
      ({ status }) => status,
    );
  expect(await post("/flags/?v=2", { token: "phc_of_another", distinct_id: "p" })).toBe(401);
  expect(server.violations).toEqual([]);
  expect(await post("/flags/?v=1", { token: apiKey })).toBe(400);
  expect(await post("/flags/definitions?token=phc_of_another", {})).toBe(400);
  expect(server.violations).toHaveLength(5);
});
