import { describe, expect, test } from "vitest";
import { checkDefinition } from "../../../src/flags/check-definition.ts";

const variants = [
  { key: "control", rollout_percentage: 50 },
  { key: "a", rollout_percentage: 50 },
];
const full = {
  key: "new-editor",
  name: "The new editor",
  active: true,
  filters: {
    groups: [
      {
        properties: [{ key: "plan", operator: "exact", value: ["pro", 7], type: "person" }],
        rollout_percentage: 50.5,
      },
      { properties: [{ key: "email", operator: "is_set" }], variant: "a" },
      { properties: null, rollout_percentage: null, variant: null },
    ],
    multivariate: { variants },
    payloads: { a: '{"toolbar":"wide"}' },
  },
};

test("a whole definition stays as it is, and is a copy", () => {
  const checked = checkDefinition(full, []);
  expect(checked).toEqual(full);
  expect(checked.filters).not.toBe(full.filters);
});

test("of PostHog's own the part that we know stays, and what says nothing is no hindrance", () => {
  const { name, ...rest } = full;
  const theirs = {
    ...rest,
    id: 7,
    team_id: 1,
    deleted: false,
    ensure_experience_continuity: false,
    bucketing_identifier: null,
    has_experiment: true,
    version: 4,
    filters: { ...full.filters, aggregation_group_type_index: null, holdout: null, early_exit: false },
  };
  expect(checkDefinition(theirs, [])).toMatchObject(rest);
  expect(Object.keys(checkDefinition(theirs, []))).toEqual(["key", "active", "filters"]);
});

describe("is refused with its place", () => {
  const withFilters = (filters: object) => ({ ...full, filters: { ...full.filters, ...filters } });
  const withCondition = (condition: object) => withFilters({ groups: [condition] });
  const withProperty = (property: object) => withCondition({ properties: [{ key: "plan", ...property }] });
  test.each<[string, unknown]>([
    ["key", undefined],
    ["key", { ...full, key: "" }],
    ["key", { ...full, key: "a\u0000b" }],
    ["name", { ...full, name: 7 }],
    ["active", { ...full, active: "yes" }],
    ["ensure_experience_continuity", { ...full, ensure_experience_continuity: true }],
    ["bucketing_identifier", { ...full, bucketing_identifier: "device_id" }],
    ["filters", { ...full, filters: undefined }],
    ["filters", withFilters({ payloads: { a: JSON.stringify("x".repeat(70_000)) } })],
    ["filters.groups", withFilters({ groups: undefined })],
    ["filters.groups", withFilters({ groups: [null] })],
    ["holdout", withFilters({ holdout: { id: 1, exclusion_percentage: 10 } })],
    ["early_exit", withFilters({ early_exit: true })],
    ["filters.aggregation_group_type_index", withFilters({ aggregation_group_type_index: 1 })],
    ["filters.multivariate", withFilters({ multivariate: [] })],
    ["filters.multivariate.variants", withFilters({ multivariate: {} })],
    ["variants.0.key", withFilters({ multivariate: { variants: [{ key: "", rollout_percentage: 1 }] } })],
    ["variants.1.key", withFilters({ multivariate: { variants: [variants[0], variants[0]] } })],
    ["variants.0.rollout_percentage", withFilters({ multivariate: { variants: [{ key: "a" }] } })],
    ["sum", withFilters({ multivariate: { variants: [...variants, { key: "b", rollout_percentage: 1 }] } })],
    ["filters.payloads", withFilters({ payloads: [] })],
    ["a key of filters.payloads", withFilters({ payloads: { b: "1" } })],
    ["a key of filters.payloads", withFilters({ payloads: { true: "1" } })],
    ["a payload", withFilters({ payloads: { a: "{" } })],
    ["a payload", withFilters({ payloads: { a: { toolbar: "wide" } } })],
    ["groups.0.rollout_percentage", withCondition({ rollout_percentage: 101 })],
    ["groups.0.rollout_percentage", withCondition({ rollout_percentage: Number.NaN })],
    ["groups.0.rollout_percentage", withCondition({ rollout_percentage: "50" })],
    ["groups.0.variant", withCondition({ variant: "c" })],
    ["groups.0.aggregation_group_type_index", withCondition({ aggregation_group_type_index: 0 })],
    ["sort_key", withCondition({ sort_key: "x" })],
    ["groups.0.properties", withCondition({ properties: {} })],
    ["properties.0.key", withProperty({ key: 7, value: "x" })],
    ["properties.0.operator", withProperty({ operator: "regex", value: "x" })],
    ["properties.0.type", withProperty({ type: "cohort", value: 1 })],
    ["negation", withProperty({ negation: true, value: "x" })],
    ["properties.0.value", withProperty({})],
    ["properties.0.value", withProperty({ value: null })],
    ["properties.0.value", withProperty({ value: [] })],
    ["properties.0.value", withProperty({ value: { a: 1 } })],
    ["properties.0.value", withProperty({ operator: "gt", value: [1] })],
    ["properties.0.value", withProperty({ value: Number.POSITIVE_INFINITY })],
  ])("%s %#", (place, definition) => {
    expect(() => checkDefinition(definition, ["organization"])).toThrow(
      expect.objectContaining({ code: "INVALID_FLAG", message: expect.stringContaining(place) }),
    );
  });
});

test("a flag of groups names a type that is known, and a flag without variants has its payload under true", () => {
  const definition = {
    key: "f",
    active: true,
    filters: {
      groups: [{ aggregation_group_type_index: 0 }],
      aggregation_group_type_index: 0,
      payloads: { true: "1" },
    },
  };
  expect(checkDefinition(definition, ["organization"])).toEqual(definition);
  expect(() => checkDefinition(definition, [])).toThrow("groupTypes");
});
