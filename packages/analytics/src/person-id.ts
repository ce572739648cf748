import { AnalyticsError, shapeOf } from "./errors.ts";
import { isStorableText } from "./storable-text.ts";

/** @throws {AnalyticsError} INVALID_OPTION unless it is an id that an event can have */
export function checkPersonId(verb: string, name: string, value: unknown): void {
  const usable = typeof value === "string" && value !== "" && value.length <= 400;
  if (usable && isStorableText(value)) return;
  throw new AnalyticsError(
    "INVALID_OPTION",
    `${verb}: ${name} is ${shapeOf(value)}. Allowed: 1 to 400 characters without U+0000 and lone surrogates.`,
  );
}
