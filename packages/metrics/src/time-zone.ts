import { MetricsError } from "./errors.ts";

/** Region/City, as PostgreSQL and JavaScript both read it. */
const ianaName = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){1,2}$/;

/**
 * Throws unless `timeZone` is an IANA zone that means the same to JavaScript and to PostgreSQL.
 *
 * Refused are offsets ("+05:30": PostgreSQL reads the sign the other way round) and abbreviations
 * ("IST" is India to JavaScript and Israel to PostgreSQL).
 *
 * @throws {MetricsError} INVALID_TIME_ZONE
 */
export function assertTimeZone(verb: string, timeZone: unknown): asserts timeZone is string {
  if (timeZone === "UTC") return;
  if (typeof timeZone === "string" && ianaName.test(timeZone) && isKnown(timeZone)) return;
  throw new MetricsError(
    "INVALID_TIME_ZONE",
    `${verb}: timeZone must be the IANA name of a zone; received ${shapeOf(timeZone)}. Pass "UTC" or a name such as "Europe/Paris"; offsets and abbreviations are refused, because programs read them differently.`,
  );
}

function isKnown(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return true;
  } catch {
    return false;
  }
}

const shapeOf = (value: unknown): string =>
  typeof value === "string" ? `a string of ${value.length} characters` : typeof value;
