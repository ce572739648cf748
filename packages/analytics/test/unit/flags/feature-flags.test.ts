import { describe, expect, test } from "vitest";
import { createFeatureFlags, defineFlags, type FlagAnswer, type FlagProblem } from "../../../src/flags.ts";
import { fixedFlags, recordingAnalytics } from "../../../src/testing.ts";

const declared = defineFlags({
  "dark-mode": {},
  "new-editor": { variants: ["control", "a"], fallback: "control" },
});
const person = { userId: "u1", personProperties: { plan: "pro" } };

/** Flags with these answers, what they captured, and their problems. */
function setUp(answers: Record<string, FlagAnswer> | Error) {
  const analytics = recordingAnalytics();
  const problems: FlagProblem[] = [];
  const asked: unknown[] = [];
  const flags = createFeatureFlags({
    flags: declared,
    exposures: analytics,
    onProblem: (problem) => problems.push(problem),
    provider: {
      evaluate: async (subject, keys) => {
        asked.push({ subject, keys });
        if (answers instanceof Error) throw answers;
        return new Map(Object.entries(answers));
      },
    },
  });
  return { flags, analytics, problems, asked };
}

describe("values", () => {
  test("come from the provider, which is asked for the person and the flag alone", async () => {
    const { flags, asked, problems } = setUp({
      "dark-mode": { value: true },
      "new-editor": { value: "a", payload: { toolbar: "wide" } },
    });
    expect(await flags.isFeatureEnabled("dark-mode", person)).toBe(true);
    expect(await flags.getFeatureFlag("new-editor", { ...person, distinctId: "d1" })).toBe("a");
    expect(await flags.isFeatureEnabled("new-editor", person)).toBe(true);
    expect(await flags.getFeatureFlagPayload("new-editor", person)).toEqual({ toolbar: "wide" });
    expect(await flags.getFeatureFlagPayload("dark-mode", person)).toBeUndefined();
    expect(await flags.getAllFlags(person)).toEqual({ "dark-mode": true, "new-editor": "a" });
    const rest = { personProperties: { plan: "pro" }, groups: {}, groupProperties: {} };
    expect(asked.slice(0, 2)).toEqual([
      { subject: { distinctId: "u1", ...rest }, keys: ["dark-mode"] },
      { subject: { distinctId: "d1", ...rest }, keys: ["new-editor"] },
    ]);
    expect(asked).toHaveLength(6);
    expect(problems).toEqual([]);
  });

  test("are the fallbacks, and reported, where the provider fails, knows nothing, or says what is not declared", async () => {
    const outage = new Error("away");
    const failed = setUp(outage);
    expect(await failed.flags.getAllFlags(person)).toEqual({ "dark-mode": false, "new-editor": "control" });
    expect(failed.problems).toEqual([
      { flag: "dark-mode", problem: "failed", error: outage },
      { flag: "new-editor", problem: "failed", error: outage },
    ]);
    const missing = setUp({ "new-editor": { value: "c" }, "dark-mode": { value: "control" } });
    expect(await missing.flags.getFeatureFlag("new-editor", person)).toBe("control");
    expect(await missing.flags.isFeatureEnabled("dark-mode", person)).toBe(false);
    expect(missing.problems).toEqual([
      { flag: "new-editor", problem: "unexpected" },
      { flag: "dark-mode", problem: "unexpected" },
    ]);
    const none = setUp({});
    expect(await none.flags.getFeatureFlag("new-editor", person)).toBe("control");
    expect(none.problems).toEqual([{ flag: "new-editor", problem: "missing" }]);
    for (const { analytics } of [failed, missing, none]) expect(analytics.events).toEqual([]);
  });

  test("are the fallbacks for persons and flags that are none, and the provider is not asked", async () => {
    const { flags, asked, problems } = setUp({ "dark-mode": { value: true } });
    const persons = [undefined, {}, { userId: "" }, { userId: 7 }, { userId: "x".repeat(401) }];
    const groups = [
      { userId: "u", groups: "acme" },
      { userId: "u", personProperties: null },
    ];
    for (const wrong of [...persons, ...groups]) {
      expect(await flags.isFeatureEnabled("dark-mode", wrong as never)).toBe(false);
    }
    expect(await flags.isFeatureEnabled("constructor" as never, person)).toBe(false);
    expect(asked).toEqual([]);
    expect(problems).toHaveLength(8);
    expect(problems.map(({ problem }) => problem)).toEqual(Array(8).fill("failed"));
    expect(problems[5]?.error).toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining("groups"),
    });
    expect(JSON.stringify(problems.map(({ error }) => String(error)))).not.toContain("acme");
  });

  test("throw where onProblem does", async () => {
    const flags = createFeatureFlags({
      flags: declared,
      provider: { evaluate: async () => new Map() },
      onProblem: ({ flag, problem }) => {
        throw new Error(`${flag}: ${problem}`);
      },
    });
    await expect(flags.isFeatureEnabled("dark-mode", person)).rejects.toThrow("dark-mode: missing");
  });
});

describe("exposures", () => {
  const exposed = { "new-editor": { value: "a", version: 3 }, "dark-mode": { value: false } };

  test("are captured once for each person, flag and value", async () => {
    const { flags, analytics } = setUp(exposed);
    for (let n = 0; n < 3; n++) {
      await flags.getFeatureFlag("new-editor", person);
      await flags.isFeatureEnabled("new-editor", person);
      await flags.isFeatureEnabled("dark-mode", { distinctId: "anonymous" });
      await flags.isFeatureEnabled("dark-mode", { userId: "u1", groups: { organization: "acme" } });
    }
    await analytics.flush();
    expect(analytics.events).toMatchObject([
      {
        event: "$feature_flag_called",
        distinctId: "u1",
        ownerId: "u1",
        properties: { $feature_flag: "new-editor", $feature_flag_response: "a", $feature_flag_version: 3 },
      },
      { distinctId: "anonymous", ownerId: null, properties: { $feature_flag_response: false } },
      { distinctId: "u1", properties: { $feature_flag: "dark-mode", $groups: { organization: "acme" } } },
    ]);
    expect(analytics.events).toHaveLength(3);
    expect(analytics.stats()).toMatchObject({ captured: 3, duplicate: 0, invalid: 0 });
  });

  test("have one id in all processes, and another for each person, flag, value and run", async () => {
    const idOf = async (answer: FlagAnswer, who = "u1", run?: string) => {
      const analytics = recordingAnalytics();
      const flags = createFeatureFlags({
        flags: {
          f: {
            ...(typeof answer.value === "string" ? { variants: ["true", "a"] } : {}),
            ...(run && { run }),
          },
        },
        provider: { evaluate: async () => new Map([["f", answer]]) },
        exposures: analytics,
      });
      await flags.isFeatureEnabled("f", { userId: who });
      await analytics.flush();
      expect(analytics.events[0]?.properties.flag_run).toBe(run);
      return analytics.events[0]?.id;
    };
    const id = await idOf({ value: true });
    // RFC 9562, version 5; fixed, because a change would capture every exposure again.
    expect(id).toBe("a032f6e6-274f-500b-8970-0a6e1bab5bb4");
    expect(await idOf({ value: true, version: 2 })).toBe(id);
    const others = [
      await idOf({ value: "true" }),
      await idOf({ value: false }),
      await idOf({ value: true }, "u2"),
      await idOf({ value: true }, "u1", "second"),
    ];
    expect(new Set([id, ...others]).size).toBe(5);
  });

  test("are left out where the call says so, and by payloads, all flags and overrides", async () => {
    const { flags, analytics } = setUp(exposed);
    await flags.getFeatureFlag("new-editor", person, { exposure: false });
    await flags.getFeatureFlagPayload("new-editor", person);
    await flags.getAllFlags(person);
    const undo = flags.override({ "new-editor": "control" });
    await flags.getFeatureFlag("new-editor", person);
    undo();
    await analytics.flush();
    expect(analytics.events).toEqual([]);
    await flags.getFeatureFlag("new-editor", person);
    await analytics.flush();
    expect(analytics.events).toHaveLength(1);
  });

  test("that were not taken are tried again, and cost the value nothing", async () => {
    const problems: FlagProblem[] = [];
    const outcomes = ["throws", "lost", "buffered"];
    const captured: unknown[] = [];
    const flags = createFeatureFlags({
      flags: declared,
      provider: { evaluate: async () => new Map([["dark-mode", { value: true }]]) },
      onProblem: (problem) => problems.push(problem),
      exposures: {
        captureBuffered(event: object) {
          captured.push(event);
          const outcome = outcomes.shift() ?? "buffered";
          if (outcome === "throws") throw new Error("strict");
          return { outcome };
        },
      },
    });
    for (let n = 0; n < 5; n++) expect(await flags.isFeatureEnabled("dark-mode", person)).toBe(true);
    expect(captured).toHaveLength(3);
    expect(problems).toEqual([
      { flag: "dark-mode", problem: "exposure", error: new Error("strict") },
      { flag: "dark-mode", problem: "exposure" },
    ]);
  });
});

describe("overrides", () => {
  test("go before the provider, the later before the earlier, until they are taken back", async () => {
    const flags = createFeatureFlags({
      flags: declared,
      provider: { evaluate: async () => new Map([["dark-mode", { value: false, payload: 1 }]]) },
      overrides: { "new-editor": "a" },
    });
    expect(await flags.getAllFlags(person)).toEqual({ "dark-mode": false, "new-editor": "a" });
    const undo = flags.override({ "dark-mode": true });
    const undoSecond = flags.override({ "dark-mode": false, "new-editor": false });
    expect(await flags.getAllFlags(person)).toEqual({ "dark-mode": false, "new-editor": false });
    expect(await flags.getFeatureFlagPayload("dark-mode", person)).toBeUndefined();
    undo();
    undo();
    expect(await flags.getAllFlags(person)).toEqual({ "dark-mode": false, "new-editor": false });
    undoSecond();
    expect(await flags.getAllFlags(person)).toEqual({ "dark-mode": false, "new-editor": "a" });
    expect(await flags.getFeatureFlagPayload("dark-mode", person)).toBe(1);
  });

  test("of flags and values that are not declared are refused", () => {
    const flags = fixedFlags(declared);
    const refused = expect.objectContaining({ code: "INVALID_OPTION" });
    expect(() => flags.override({ "new-editor": true as never })).toThrow(refused);
    expect(() => flags.override({ "dark-mode": "control" as never })).toThrow(refused);
    expect(() => flags.override({ typo: true } as never)).toThrow(refused);
    expect(() => fixedFlags(declared, { "new-editor": "b" as never })).toThrow(refused);
  });

  test("fixed flags answer what they were given, else the fallback", async () => {
    const flags = fixedFlags(declared, { "dark-mode": true });
    expect(await flags.getAllFlags({ userId: "anyone" })).toEqual({
      "dark-mode": true,
      "new-editor": "control",
    });
    expect(await flags.getFeatureFlag("dark-mode", person)).toBe(true);
  });
});

test.each([
  { "": {} },
  { ["x".repeat(201)]: {} },
  { f: null },
  { f: { variants: [] } },
  { f: { variants: ["a", "a"] } },
  { f: { variants: ["a", ""] } },
  { f: { variants: ["a"], fallback: true } },
  { f: { variants: ["a"], fallback: "b" } },
  { f: { fallback: "a" } },
  { f: { run: "" } },
])("declaration %j is refused", (flags) => {
  expect(() => defineFlags(flags as never)).toThrow(expect.objectContaining({ code: "INVALID_FLAG" }));
});

test.each([
  { flags: undefined },
  { provider: {} },
  { exposures: {} },
  { overrides: [] },
  { onProblem: "log" },
])("options %j are refused", (wrong) => {
  const right = { flags: declared, provider: { evaluate: async () => new Map() } };
  expect(() => createFeatureFlags({ ...right, ...wrong } as never)).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION" }),
  );
});
