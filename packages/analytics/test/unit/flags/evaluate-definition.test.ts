import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluateDefinition } from "../../../src/flags/evaluate-definition.ts";
import type { FlagDefinition, FlagPropertyFilter } from "../../../src/flags.ts";

type Filters = FlagDefinition["filters"];

const flag = (filters: Partial<Filters>, key = "f"): FlagDefinition => ({
  key,
  active: true,
  filters: { groups: [{}], ...filters },
});
const subject = (distinctId: string, personProperties: Record<string, unknown> = {}) => ({
  distinctId,
  personProperties,
  groups: {},
  groupProperties: {},
});
const valueFor = (definition: FlagDefinition, id: string) => evaluateDefinition(definition, subject(id), []);
const people = Array.from({ length: 10_000 }, (_, n) => `person-${n}`);
const share = (holds: (id: string) => boolean) => people.filter(holds).length / people.length;
const anyId = fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" });
const anyKey = fc.string({ minLength: 1, maxLength: 20 });
const percentage = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.double({ min: 0, max: 100, noNaN: true }));

describe("rollout", () => {
  test("nobody without a condition or when inactive, everybody with an empty one", () => {
    expect(valueFor(flag({ groups: [] }), "a")).toBe(false);
    expect(valueFor({ ...flag({}), active: false }, "a")).toBe(false);
    expect(valueFor(flag({}), "a")).toBe(true);
    expect(valueFor(flag({ groups: [{ rollout_percentage: null, properties: [] }] }), "a")).toBe(true);
    expect(share((id) => valueFor(flag({ groups: [{ rollout_percentage: 0 }] }), id) === true)).toBe(0);
    expect(share((id) => valueFor(flag({ groups: [{ rollout_percentage: 100 }] }), id) === true)).toBe(1);
  });

  test("a higher percentage takes the flag from nobody, and a person's value never changes by itself", () => {
    fc.assert(
      fc.property(anyKey, anyId, percentage, percentage, (key, id, one, other) => {
        const at = (rollout_percentage: number) =>
          evaluateDefinition(flag({ groups: [{ rollout_percentage }] }, key), subject(id), []);
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        expect(at(low)).toBe(at(low));
        if (at(low) === true) expect(at(high)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  // The standard deviation of a share of 10,000 is at most .005.
  test.each([1, 5, 25, 50, 90])("%i percent is that share of people", (rollout_percentage) => {
    const definition = flag({ groups: [{ rollout_percentage }] });
    expect(
      Math.abs(share((id) => valueFor(definition, id) === true) - rollout_percentage / 100),
    ).toBeLessThan(0.02);
  });

  test("two flags of the same percentage have different people", () => {
    const [a, b] = ["a", "b"].map((key) => flag({ groups: [{ rollout_percentage: 50 }] }, key));
    const both = share(
      (id) => valueFor(a as FlagDefinition, id) === true && valueFor(b as FlagDefinition, id) === true,
    );
    expect(Math.abs(both - 0.25)).toBeLessThan(0.02);
  });
});

describe("variants", () => {
  const multivariate = {
    variants: [
      { key: "control", rollout_percentage: 50 },
      { key: "a", rollout_percentage: 30 },
      { key: "b", rollout_percentage: 20 },
    ],
  };

  test("have their shares, within any part of the rollout", () => {
    for (const rollout_percentage of [100, 40]) {
      const definition = flag({ groups: [{ rollout_percentage }], multivariate });
      for (const { key, rollout_percentage: part } of multivariate.variants) {
        const expected = (part / 100) * (rollout_percentage / 100);
        expect(Math.abs(share((id) => valueFor(definition, id) === key) - expected)).toBeLessThan(0.02);
      }
    }
  });

  test("do not change for those who have one while the rollout grows", () => {
    fc.assert(
      fc.property(anyId, percentage, percentage, (id, one, other) => {
        const at = (rollout_percentage: number) =>
          valueFor(flag({ groups: [{ rollout_percentage }], multivariate }), id);
        const low = at(Math.min(one, other));
        if (low !== false) expect(at(Math.max(one, other))).toBe(low);
      }),
      { numRuns: 200 },
    );
  });

  test("of a condition go before the bucket; beyond the shares of all the flag is just on", () => {
    const forced = flag({ groups: [{ variant: "b" }], multivariate });
    expect(share((id) => valueFor(forced, id) === "b")).toBe(1);
    expect(
      share((id) => valueFor(flag({ groups: [{ variant: "gone" }], multivariate }), id) === "b"),
    ).toBeLessThan(0.3);
    const half = flag({ multivariate: { variants: [{ key: "a", rollout_percentage: 50 }] } });
    expect(Math.abs(share((id) => valueFor(half, id) === true) - 0.5)).toBeLessThan(0.02);
  });
});

describe("conditions", () => {
  const matches = (filter: FlagPropertyFilter, plan: unknown) =>
    evaluateDefinition(
      flag({ groups: [{ properties: [filter] }] }),
      subject("p", plan === undefined ? {} : { plan }),
      [],
    );
  // operator, value, properties that match, properties that do not; undefined is a person without it.
  test.each<[FlagPropertyFilter["operator"], FlagPropertyFilter["value"], unknown[], unknown[]]>([
    [undefined, "pro", ["pro", "PRO"], ["prof", "", undefined, null]],
    ["exact", ["pro", 7, true], ["Pro", 7, "7", true, "true"], ["free", false, undefined]],
    ["is_not", "pro", ["free", undefined, null], ["pro", "Pro"]],
    ["is_not", ["pro", "team"], ["free"], ["team"]],
    ["icontains", "@Example.com", ["a@example.COM"], ["a@example.org", undefined]],
    ["not_icontains", "@example.com", ["a@example.org", undefined], ["a@EXAMPLE.com"]],
    ["gt", 10, [11, "11", 10.5], [10, 9, "9", undefined, null]],
    ["gte", "10", [10, "10", 100], [9.9]],
    ["lt", 10, [9, "9"], [10, 11, "100", undefined]],
    ["lte", 10, [10, -1], [10.1]],
    // As text where one is no number, so that times in ISO form compare.
    ["gte", "v2", ["v2", "v3"], ["v1"]],
    ["is_set", undefined, ["", 0, false], [undefined, null]],
    ["is_not_set", undefined, [undefined, null], ["", 0, false]],
  ])("%s %j", (operator, value, yes, no) => {
    const filter = { key: "plan", ...(operator && { operator }), ...(value !== undefined && { value }) };
    for (const one of yes) expect([one, matches(filter, one)]).toEqual([one, true]);
    for (const one of no) expect([one, matches(filter, one)]).toEqual([one, false]);
  });

  test("all properties of a condition, and any of the conditions; the first that holds decides", () => {
    const definition = flag({
      groups: [
        {
          properties: [
            { key: "plan", value: "pro" },
            { key: "seats", operator: "gt", value: 5 },
          ],
          variant: "a",
        },
        { properties: [{ key: "distinct_id", value: "boss" }], variant: "b" },
      ],
      multivariate: {
        variants: [
          { key: "a", rollout_percentage: 50 },
          { key: "b", rollout_percentage: 50 },
        ],
      },
    });
    const at = (id: string, properties = {}) => evaluateDefinition(definition, subject(id, properties), []);
    expect(at("x", { plan: "pro", seats: 6 })).toBe("a");
    expect(at("x", { plan: "pro", seats: 5 })).toBe(false);
    expect(at("x", { seats: 6 })).toBe(false);
    expect(at("boss", { plan: "pro", seats: 6 })).toBe("a");
    expect(at("boss")).toBe("b");
  });

  test("properties that every object has are not set", () => {
    expect(
      evaluateDefinition(
        flag({ groups: [{ properties: [{ key: "constructor", operator: "is_set" }] }] }),
        subject("p"),
        [],
      ),
    ).toBe(false);
  });
});

test("flags of groups go by the group's id and properties, and nobody outside one has them", () => {
  const definition = flag({
    groups: [{ properties: [{ key: "tier", value: "gold" }], rollout_percentage: 50 }],
    aggregation_group_type_index: 1,
  });
  const at = (person: string, organization?: string, tier = "gold") =>
    evaluateDefinition(
      definition,
      {
        distinctId: person,
        personProperties: { tier: "gold" },
        groups: organization === undefined ? {} : { organization },
        groupProperties: { organization: { tier } },
      },
      ["project", "organization"],
    );
  const organizations = people.slice(0, 200);
  const lucky = organizations.filter((id) => at("anyone", id) === true);
  expect(lucky.length).toBeGreaterThan(70);
  expect(lucky.length).toBeLessThan(130);
  for (const id of lucky) expect([at("colleague", id), at("colleague", id, "silver")]).toEqual([true, false]);
  expect(at("anyone")).toBe(false);
  expect(
    evaluateDefinition(definition, { ...subject("p"), groups: { organization: lucky[0] ?? "" } }, [
      "project",
    ]),
  ).toBe(false);
});
