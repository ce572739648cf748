import { AnalyticsError, shapeOf } from "./errors.ts";

/** @throws {AnalyticsError} INVALID_OPTION unless `valid` */
export type Check = (option: string, value: unknown, allowed: string, valid: boolean) => void;

/** A check of the options of `factory`. */
export const checkFor =
  (factory: string): Check =>
  (option, value, allowed, valid) => {
    if (valid) return;
    throw new AnalyticsError(
      "INVALID_OPTION",
      `${factory}: option ${option} is ${shapeOf(value)}. Allowed: ${allowed}.`,
    );
  };

export const check: Check = checkFor("createAnalytics");

/** Checks that an option is a whole number of a range. */
export const checkInteger = (check: Check, option: string, value: unknown, min: number, max: number): void =>
  check(
    option,
    value,
    `a whole number from ${min} to ${max}`,
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
  );
