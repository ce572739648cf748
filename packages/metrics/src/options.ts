import type { Database } from "@devora/db-schema";
import { MetricsError } from "./errors.ts";
import { assertTimeZone } from "./time-zone.ts";

export interface MetricsOptions {
  /** Any Drizzle Postgres database whose login may switch to `serviceRole`. */
  db: Database;
  /** IANA zone whose days and months are meant. Default "UTC". */
  timeZone?: string | undefined;
  /** ISO 4217 code of the currency in which totals over several currencies are given. Default "EUR". */
  currency?: string | undefined;
  /** Clock of calls without `asOf`. Default the clock of this process. */
  now?: (() => Date) | undefined;
  /** Role that reads all owners' rows. Default "devora_service"; `null` keeps the login's own role. */
  serviceRole?: string | null | undefined;
}

export interface MetricsCall {
  /** The instant to look from; its whole millisecond counts. From 1970 to 8999. Default now. */
  asOf?: Date | undefined;
  /** IANA zone of this call. Default the zone of {@link MetricsOptions}. */
  timeZone?: string | undefined;
  /** The caller's own transaction or database: used as it is, with the rows that its role may see. */
  db?: Database | undefined;
  /** Checked before and between statements. */
  signal?: AbortSignal | undefined;
}

/** Options of {@link MetricsOptions} with their defaults. */
export interface MetricsSettings {
  readonly db: Database;
  readonly timeZone: string;
  readonly currency: string;
  readonly now: () => Date;
  readonly serviceRole: string | null;
}

/** Validates the options once. @throws {MetricsError} INVALID_OPTION, INVALID_TIME_ZONE */
export function settingsOf(options: MetricsOptions): MetricsSettings {
  const { db, timeZone = "UTC", currency = "EUR", now = () => new Date() } = options;
  const { serviceRole = "devora_service" } = options;
  if (typeof db?.transaction !== "function") {
    throw invalid("createMetrics", "db", "a Drizzle Postgres database", db);
  }
  assertTimeZone("createMetrics", timeZone);
  if (typeof currency !== "string" || !/^[A-Z]{3}$/.test(currency)) {
    throw invalid("createMetrics", "currency", 'three capital letters such as "EUR"', currency);
  }
  if (typeof now !== "function") throw invalid("createMetrics", "now", "a function that answers a Date", now);
  if (serviceRole !== null && (typeof serviceRole !== "string" || !/^[^\0]{1,63}$/.test(serviceRole))) {
    throw invalid("createMetrics", "serviceRole", "the name of a role, or null", serviceRole);
  }
  return { db, timeZone, currency, now, serviceRole };
}

/** Where and when a call looks from. @throws {MetricsError} INVALID_OPTION, INVALID_TIME_ZONE */
export function momentOf(
  verb: string,
  settings: MetricsSettings,
  call: MetricsCall,
): { asOf: Date; timeZone: string } {
  const { asOf = settings.now(), timeZone = settings.timeZone } = call;
  assertTimeZone(verb, timeZone);
  if (!(asOf instanceof Date) || !(asOf.getTime() >= 0) || asOf.getUTCFullYear() > 8999) {
    throw invalid(verb, "asOf", "a Date from 1970 to 8999", asOf);
  }
  return { asOf, timeZone };
}

/** @throws {MetricsError} INVALID_OPTION unless `value` is a whole number of days from 1 to 400 */
export function assertDayCount(verb: string, option: string, value: unknown): asserts value is number {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > 400) {
    throw invalid(verb, option, "a whole number from 1 to 400", value);
  }
}

/** @throws {MetricsError} INVALID_OPTION unless `value` is a day of the calendar written YYYY-MM-DD, from 1970 to 8999 */
export function assertLocalDate(verb: string, option: string, value: unknown): asserts value is string {
  const isDate = typeof value === "string" && /^(19[7-9]\d|[2-8]\d{3})-\d{2}-\d{2}$/.test(value);
  // Date.parse rolls 30 February over to March, which then reads differently.
  const parsed = isDate ? new Date(`${value}T00:00:00Z`) : undefined;
  if (!parsed || Number.isNaN(parsed.getTime()) || parsed.toISOString().slice(0, 10) !== value) {
    throw invalid(verb, option, 'a day such as "2024-12-01", from 1970 to 8999', value);
  }
}

function invalid(verb: string, option: string, allowed: string, received: unknown): MetricsError {
  const shape =
    received === null
      ? "null"
      : typeof received === "string"
        ? `a string of ${received.length} characters`
        : typeof received === "number"
          ? "a number outside of that"
          : received instanceof Date
            ? "a Date outside of that"
            : typeof received;
  return new MetricsError(
    "INVALID_OPTION",
    `${verb}: ${option} must be ${allowed}; received ${shape}. Correct the option.`,
  );
}
