import type { Check } from "./check-option.ts";

export const isDestinationName = (name: unknown): name is string =>
  typeof name === "string" && /^[a-z0-9_-]{1,60}$/.test(name);

/** The names as given. @throws {AnalyticsError} INVALID_OPTION for one that is none, or that comes twice */
export function checkDestinationNames(check: Check, names: unknown): readonly string[] {
  const allowed = "an array of different names, each 1 to 60 characters of a-z, 0-9, _ and -";
  const valid =
    Array.isArray(names) && names.every(isDestinationName) && new Set(names).size === names.length;
  check("destinations", names, allowed, valid);
  return [...(names as readonly string[])];
}
