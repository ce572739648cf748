import { isDatabaseError, withDatabaseErrors } from "@devora/db-schema";
import { MetricsError } from "./errors.ts";
import { type Calendar, calendarQuery, decodeCalendar } from "./queries/calendar.ts";
import type { Read } from "./read.ts";

/**
 * The boundaries of local days around `asOf`, computed by the server that holds the rows.
 * @throws {MetricsError} INVALID_TIME_ZONE when the server's time zone data lack the zone
 */
export async function readCalendar(
  verb: string,
  read: Read,
  { asOf, timeZone }: { asOf: Date; timeZone: string },
): Promise<Calendar> {
  try {
    const query = calendarQuery(asOf, timeZone);
    return decodeCalendar(await withDatabaseErrors(`metrics.${verb}`, () => read(query)));
  } catch (error) {
    if (!isDatabaseError(error) || error.sqlState !== "22023") throw error;
    throw new MetricsError(
      "INVALID_TIME_ZONE",
      `${verb}: the database does not know timeZone, a string of ${timeZone.length} characters. Pass a name of pg_timezone_names, or update the server's time zone data.`,
      { cause: error },
    );
  }
}
