import type { Values } from "./command.ts";
import { UsageError } from "./usage-error.ts";

/** A whole number in a range. @throws {UsageError} */
export function wholeNumber(
  values: Values,
  name: string,
  { min, max }: { min: number; max: number },
): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  if (typeof text === "string" && /^-?\d+$/.test(text) && number >= min && number <= max) return number;
  throw new UsageError(`--${name} must be a whole number from ${min} to ${max}.`);
}

/** A list separated by commas. @throws {UsageError} when it is empty */
export function list(values: Values, name: string): string[] | undefined {
  const text = values[name];
  if (typeof text !== "string") return undefined;
  const items = text.split(",").map((item) => item.trim());
  if (items.some((item) => item === "")) throw new UsageError(`--${name} must be names separated by commas.`);
  return items;
}

/** A past day in UTC. @throws {UsageError} */
export function pastDay(values: Values, name: string): Date | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const day = new Date(`${text}T00:00:00Z`);
  const valid =
    /^\d{4}-\d{2}-\d{2}$/.test(String(text)) &&
    !Number.isNaN(day.getTime()) &&
    day.toISOString().startsWith(String(text));
  if (!valid || day.getTime() > Date.now()) {
    throw new UsageError(`--${name} must be a past day as YYYY-MM-DD.`);
  }
  return day;
}
