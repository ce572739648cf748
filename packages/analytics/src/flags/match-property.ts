import type { FlagPropertyFilter } from "./definition.ts";

type Properties = Readonly<Record<string, unknown>>;

/** Whether a condition holds for properties. One that is null or undefined counts as not set. */
export function matchesProperty(filter: FlagPropertyFilter, properties: Properties): boolean {
  const actual = Object.hasOwn(properties, filter.key) ? (properties[filter.key] ?? undefined) : undefined;
  switch (filter.operator ?? "exact") {
    case "is_set":
      return actual !== undefined;
    case "is_not_set":
      return actual === undefined;
    case "exact":
      return actual !== undefined && equalsAny(filter.value, actual);
    case "is_not":
      return actual === undefined || !equalsAny(filter.value, actual);
    case "icontains":
      return actual !== undefined && contains(actual, filter.value);
    case "not_icontains":
      return actual === undefined || !contains(actual, filter.value);
    case "gt":
      return compares(actual, filter.value, (order) => order > 0);
    case "gte":
      return compares(actual, filter.value, (order) => order >= 0);
    case "lt":
      return compares(actual, filter.value, (order) => order < 0);
    case "lte":
      return compares(actual, filter.value, (order) => order <= 0);
  }
}

const textOf = (value: unknown): string =>
  typeof value === "object" ? (JSON.stringify(value) ?? "") : String(value);

/** PostHog folds A to Z alone in parts of texts, and every letter in whole ones. */
const foldAscii = (value: unknown): string =>
  textOf(value).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
const contains = (actual: unknown, part: unknown): boolean => foldAscii(actual).includes(foldAscii(part));

const equalsAny = (target: FlagPropertyFilter["value"], actual: unknown): boolean =>
  (Array.isArray(target) ? target : [target]).some(
    (one) => textOf(one).toLowerCase() === textOf(actual).toLowerCase(),
  );

/** By number where both are numbers, or begin with one; by text otherwise. */
function compares(actual: unknown, target: unknown, holds: (order: number) => boolean): boolean {
  if (actual === undefined) return false;
  const [left, right] = [numberOf(actual), numberOf(target)];
  if (Number.isFinite(left) && Number.isFinite(right)) return holds(left - right);
  const [a, b] = [String(actual), String(target)];
  return holds(a < b ? -1 : a > b ? 1 : 0);
}

const numberOf = (value: unknown): number =>
  typeof value === "number" ? value : Number.parseFloat(String(value));
