import { analyticsEvents as e } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

/** An event's property as a number from 0 to 10^12; null when it is none, so that no event can break a figure. */
export const numberProperty = (name: string): SQL => {
  const value = sql`(${e.properties} -> ${name}::text)`;
  return sql`case when jsonb_typeof(${value}) = 'number' then
    case when ${value}::numeric between 0 and 1000000000000 then ${value}::float8 end end`;
};

/** The HTTP status of `request_completed`. */
export const httpStatus: SQL = numberProperty("status");
