import { isDestinationName } from "../destination-names.ts";
import type { Values } from "./command.ts";
import { UsageError } from "./usage-error.ts";

/** A text; undefined where the option is absent. */
export const textOption = (values: Values, name: string): string | undefined => {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
};

/** @throws {UsageError} */
export function required(values: Values, name: string, what: string): string {
  const value = textOption(values, name);
  if (value !== undefined && value !== "") return value;
  throw new UsageError(`--${name} is missing: ${what}.`);
}

/** The name of a destination, `posthog` where none is given. @throws {UsageError} */
export function destinationOption(values: Values): string {
  const name = textOption(values, "destination") ?? "posthog";
  if (isDestinationName(name)) return name;
  throw new UsageError("--destination must be 1 to 60 characters of a-z, 0-9, _ and -.");
}

/** A whole number of a range; undefined where the option is absent. @throws {UsageError} */
export function numberOption(
  values: Values,
  name: string,
  { min, max }: { min: number; max: number },
): number | undefined {
  const text = textOption(values, name);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= min && number <= max) return number;
  throw new UsageError(`--${name} must be a whole number from ${min} to ${max}.`);
}

/** A list separated by commas; undefined where the option is absent. @throws {UsageError} where a part is empty */
export function listOption(values: Values, name: string): string[] | undefined {
  const text = textOption(values, name);
  if (text === undefined) return undefined;
  const parts = text.split(",").map((part) => part.trim());
  if (!parts.includes("")) return parts;
  throw new UsageError(`--${name} must be names separated by commas.`);
}

/** A day's beginning in UTC, or a time with its zone. @throws {UsageError} */
export function timeOption(values: Values, name: string): Date {
  const text = required(values, name, "a day as YYYY-MM-DD, or a time as 2026-11-22T10:00:00Z");
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const time = new Date(text);
  const isReal = !Number.isNaN(time.getTime()) && !Number.isNaN(Date.parse(text.slice(0, 10)));
  if (isTime && isReal) return time;
  throw new UsageError(`--${name} must be a day as YYYY-MM-DD (UTC), or a time as 2026-11-22T10:00:00Z.`);
}
