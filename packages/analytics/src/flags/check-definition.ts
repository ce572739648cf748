import { AnalyticsError, shapeOf } from "../errors.ts";
import { isPlainObject } from "../storable.ts";
import { isStorableText } from "../storable-text.ts";
import { type FlagDefinition, flagOperators } from "./definition.ts";

type Fields = Readonly<Record<string, unknown>>;
type Check = (path: string, value: unknown, allowed: string, valid: boolean) => void;

const maxBytes = 64 * 1024;
const listOperators: readonly unknown[] = [undefined, null, "exact", "is_not"];
const setOperators: readonly unknown[] = ["is_set", "is_not_set"];

/** 1 to 200 characters: the keys of flags and variants. */
export const isFlagText = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && value.length <= 200 && isStorableText(value);

/**
 * The part of a definition that is stored: `key`, `name`, `active` and `filters`. Beside them it may have the other
 * fields of PostHog's; inside `filters` whatever is not understood is refused, since it says who gets the flag.
 * @throws {AnalyticsError} INVALID_FLAG
 */
export function checkDefinition(input: unknown, groupTypes: readonly string[]): FlagDefinition {
  const given = fieldsOf(input);
  const { key, name, active } = given;
  const check: Check = (path, value, allowed, valid) => {
    if (valid) return;
    const flag = isFlagText(key) ? ` of flag ${JSON.stringify(key.slice(0, 60))}` : "";
    throw new AnalyticsError(
      "INVALID_FLAG",
      `define: ${path}${flag} is ${shapeOf(value)}. Allowed: ${allowed}.`,
    );
  };
  check("key", key, "1 to 200 characters without U+0000", isFlagText(key));
  check("name", name, "a text", name === undefined || (typeof name === "string" && isStorableText(name)));
  check("active", active, "true or false", typeof active === "boolean");
  const { ensure_experience_continuity: continuity, bucketing_identifier: bucketing } = given;
  check(
    "ensure_experience_continuity",
    continuity,
    "false, nobody's earlier value is kept",
    continuity !== true,
  );
  check("bucketing_identifier", bucketing, "distinct_id", bucketing !== "device_id");
  checkFilters(given.filters, check, groupTypes);

  const definition = { key, ...(name === undefined ? {} : { name }), active, filters: given.filters };
  const json = JSON.stringify(definition);
  check("filters", given.filters, "64 KiB of JSON", Buffer.byteLength(json) <= maxBytes);
  return JSON.parse(json);
}

function checkFilters(value: unknown, check: Check, groupTypes: readonly string[]): void {
  check("filters", value, "an object with groups", isPlainObject(value));
  const filters = fieldsOf(value);
  const known = ["groups", "multivariate", "payloads", "aggregation_group_type_index"];
  checkFields("filters", filters, known, check);
  const { aggregation_group_type_index: index = null, payloads } = filters;
  const place = Number.isInteger(index) && groupTypes[Number(index)] !== undefined;
  check(
    "filters.aggregation_group_type_index",
    index,
    "a place in the option groupTypes",
    index === null || place,
  );

  const variants = variantsOf(filters.multivariate, check);
  listOf("filters.groups", filters.groups, check).forEach((condition, at) => {
    checkCondition(`filters.groups.${at}`, fieldsOf(condition), variants, index, check);
  });

  check(
    "filters.payloads",
    payloads,
    "an object of JSON texts",
    isEmpty(payloads) || isPlainObject(payloads),
  );
  for (const [variant, payload] of Object.entries(fieldsOf(payloads))) {
    const known = variants.length === 0 ? variant === "true" : variants.includes(variant);
    check("a key of filters.payloads", variant, "a variant, or true for a flag without variants", known);
    check("a payload", payload, "JSON as text without U+0000", isJson(payload));
  }
}

function variantsOf(multivariate: unknown, check: Check): string[] {
  if (isEmpty(multivariate)) return [];
  check("filters.multivariate", multivariate, "an object with variants", isPlainObject(multivariate));
  const variants = listOf("filters.multivariate.variants", fieldsOf(multivariate).variants, check).map(
    fieldsOf,
  );
  let sum = 0;
  const keys = new Set<string>();
  variants.forEach(({ key, rollout_percentage: percentage }, at) => {
    const path = `filters.multivariate.variants.${at}`;
    check(`${path}.key`, key, "1 to 200 characters, each once", isFlagText(key) && !keys.has(key));
    check(`${path}.rollout_percentage`, percentage, "a number from 0 to 100", isPercentage(percentage));
    keys.add(String(key));
    sum += Number(percentage);
  });
  // A third thrice, to two places, is not quite 100.
  check("the sum of the variants' rollout_percentage", sum, "at most 100", sum <= 100.001);
  return [...keys];
}

function checkCondition(
  path: string,
  condition: Fields,
  variants: readonly string[],
  groupIndex: unknown,
  check: Check,
): void {
  const { rollout_percentage: percentage, variant, properties } = condition;
  const known = ["properties", "rollout_percentage", "variant", "aggregation_group_type_index"];
  checkFields(path, condition, known, check);
  const { aggregation_group_type_index: ownIndex = groupIndex } = condition;
  check(`${path}.aggregation_group_type_index`, ownIndex, "that of the flag", ownIndex === groupIndex);
  const isShare = isEmpty(percentage) || isPercentage(percentage);
  check(`${path}.rollout_percentage`, percentage, "a number from 0 to 100, or null for 100", isShare);
  const isVariant = isEmpty(variant) || variants.includes(String(variant));
  check(`${path}.variant`, variant, "the key of a variant, or null", isVariant);
  if (isEmpty(properties)) return;
  listOf(`${path}.properties`, properties, check).forEach((filter, at) => {
    checkFilter(`${path}.properties.${at}`, fieldsOf(filter), check);
  });
}

function checkFilter(path: string, filter: Fields, check: Check): void {
  const { key, operator, value, type } = filter;
  checkFields(path, filter, ["key", "operator", "value", "type"], check);
  check(`${path}.key`, key, "1 to 200 characters", isFlagText(key));
  const operators: readonly unknown[] = flagOperators;
  check(
    `${path}.operator`,
    operator,
    flagOperators.join(", "),
    isEmpty(operator) || operators.includes(operator),
  );
  check(`${path}.type`, type, "person or group", isEmpty(type) || type === "person" || type === "group");
  if (setOperators.includes(operator)) return;
  const one = isScalar(value);
  const list =
    Array.isArray(value) && value.length > 0 && value.every(isScalar) && listOperators.includes(operator);
  check(
    `${path}.value`,
    value,
    "a text, a number or a boolean, or with exact and is_not a list of these",
    one || list,
  );
}

/** What is null or false says nothing. */
function checkFields(path: string, value: Fields, known: readonly string[], check: Check): void {
  const other = Object.keys(value).find(
    (name) => !known.includes(name) && !isEmpty(value[name]) && value[name],
  );
  const allowed = `${known.join(", ")}; other fields of PostHog's definitions are not supported`;
  check(
    `field ${JSON.stringify(other?.slice(0, 60))} of ${path}`,
    value[other ?? ""],
    allowed,
    other === undefined,
  );
}

function listOf(path: string, value: unknown, check: Check): readonly unknown[] {
  check(path, value, "an array of objects", Array.isArray(value) && value.every(isPlainObject));
  return value as readonly unknown[];
}

const fieldsOf = (value: unknown): Fields => (isPlainObject(value) ? value : {});
const isEmpty = (value: unknown): boolean => value === undefined || value === null;
const isPercentage = (value: unknown): boolean => typeof value === "number" && value >= 0 && value <= 100;
const isScalar = (value: unknown): boolean =>
  (typeof value === "string" && isStorableText(value)) ||
  Number.isFinite(value) ||
  typeof value === "boolean";

function isJson(value: unknown): boolean {
  try {
    return typeof value === "string" && isStorableText(value) && JSON.parse(value) !== undefined;
  } catch {
    return false;
  }
}
