import { type SQL, sql } from "drizzle-orm";

/** A timestamptz as text of one fixed form with microseconds, whatever the session's settings; such texts compare as instants. */
export const isoText = (instant: SQL): SQL =>
  sql`to_char(${instant} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/**
 * The instant at which a local date begins.
 * Where clocks jump over midnight PostgreSQL answers the jump itself. Where midnight happens twice (the Azores in
 * autumn: 01:00 becomes 00:00) it answers the second one, so an hour before is tried.
 */
export const startOfDay = (date: SQL, zone: SQL): SQL => sql`(
  select case when ((midnight.at - interval '1 hour') at time zone ${zone})::date = ${date}
              then midnight.at - interval '1 hour' else midnight.at end
  from (select (${date})::timestamp at time zone ${zone} as at) midnight)`;

/**
 * A list of instants as a parameter. Text first: postgres.js under Drizzle cannot send an array of timestamptz.
 * A subquery, because parsing text is not immutable: 90 instants would be parsed again for each row.
 */
export const instants = (list: readonly string[]): SQL =>
  sql`(select ${sql.param(list)}::text[]::timestamptz[])`;
