import { AnalyticsError, shapeOf } from "./errors.ts";

/** @throws {AnalyticsError} INVALID_OPTION unless `valid` */
export function check(option: string, value: unknown, allowed: string, valid: boolean): void {
  if (valid) return;
  throw new AnalyticsError(
    "INVALID_OPTION",
    `createAnalytics: option ${option} is ${shapeOf(value)}. Allowed: ${allowed}.`,
  );
}
