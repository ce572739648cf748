import { sql } from "drizzle-orm";
import { type Database, rowsOf } from "./database.ts";
import { withDatabaseErrors } from "./database-error.ts";
import { SchemaError } from "./errors.ts";
import { withService } from "./scope.ts";

export interface EnsurePartitionsOptions {
  /** Months to have ready after the current one. 0 to 120, default 3. */
  monthsAhead?: number;
  /** The first month, by its UTC date. Default: this month. */
  from?: Date;
}

/**
 * Makes the missing monthly partitions of `analytics_events`, and moves the rows that waited for them out of the
 * default partition. A second run makes nothing; any number of processes may call it at once. Call it at the start
 * of the host and once a day.
 *
 * @returns the names of the partitions that this call made
 * @throws {SchemaError} INVALID_OPTION
 * @throws {DatabaseError} retryable (55P03) when a long transaction holds the events for more than 2 s
 *
 * @example
 * await ensurePartitions(db); // this month and the next three
 */
export async function ensurePartitions(
  db: Database,
  { monthsAhead = 3, from = new Date() }: EnsurePartitionsOptions = {},
): Promise<{ created: string[] }> {
  if (!Number.isInteger(monthsAhead) || monthsAhead < 0 || monthsAhead > 120) {
    throw invalid(
      "ensurePartitions",
      `monthsAhead must be a whole number from 0 to 120; received ${monthsAhead}.`,
    );
  }
  const first = monthOf("ensurePartitions", "from", from);
  return withDatabaseErrors("ensurePartitions", () =>
    withService(db, async (tx) => {
      const [row] = await rowsOf(
        tx,
        sql`select to_json(devora.ensure_event_partitions(${first}::date, (${first}::date + make_interval(months => ${monthsAhead}::int))::date))::text as made`,
      );
      return { created: JSON.parse(String(row?.made)) as string[] };
    }),
  );
}

/** The month of a date in UTC, as `2026-01-01`. @throws {SchemaError} INVALID_OPTION */
export function monthOf(verb: string, option: string, date: Date): string {
  if (!(date instanceof Date) || Number.isNaN(date.getTime())) {
    throw invalid(
      verb,
      `${option} must be a valid Date; received ${date instanceof Date ? "an invalid one" : typeof date}.`,
    );
  }
  return `${date.toISOString().slice(0, 7)}-01`;
}

export const invalid = (verb: string, text: string) => new SchemaError("INVALID_OPTION", `${verb}: ${text}`);
