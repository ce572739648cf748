import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

/** From (inclusive) to (exclusive). */
export interface TimeRange {
  from: Date;
  to: Date;
}

const inRange = ({ from, to }: TimeRange): SQL =>
  sql`occurred_at >= ${from.toISOString()}::timestamptz and occurred_at < ${to.toISOString()}::timestamptz`;

/** The events of a range by name: those of `declared`, and of the others the `limit` most frequent; a row without a name counts the rest. */
export const capturedEventsQuery = (range: TimeRange, declared: readonly string[], limit: number): SQL => sql`
  with counted as (
    select event, event = any(${sql.param([...declared])}::text[]) as declared,
           count(*) as rows, min(occurred_at) as first_seen, max(occurred_at) as last_seen
    from devora.analytics_events
    where ${inRange(range)}
    group by event
  ),
  ranked as (
    select *, row_number() over (partition by declared order by rows desc, event collate "C") as place
    from counted
  )
  select case when declared or place <= ${limit}::integer then event end as event,
         count(*)::float8 as names, sum(rows)::float8 as rows,
         floor(extract(epoch from min(first_seen)) * 1000)::float8 as first_seen_ms,
         floor(extract(epoch from max(last_seen)) * 1000)::float8 as last_seen_ms
  from ranked
  group by 1`;

export interface EventCount {
  /** Null for all names beyond the limit together. */
  event: string | null;
  names: number;
  rows: number;
  firstSeen: Date;
  lastSeen: Date;
}

export const decodeEventCount = (row: Row): EventCount => ({
  event: row.event === null ? null : String(row.event),
  names: Number(row.names),
  rows: Number(row.rows),
  firstSeen: new Date(Number(row.first_seen_ms)),
  lastSeen: new Date(Number(row.last_seen_ms)),
});

/** Bounds of what is read of properties. */
export interface PropertyBounds {
  /** Newest rows of each event. */
  rowsPerEvent: number;
  /** Undeclared properties of each event that are named. */
  limit: number;
}

/** Undeclared properties that are read of one row: somebody may have sent ten thousand names. */
const maxUndeclaredOfRow = 100;
const maxNameLength = 200;

/**
 * The properties of events by name, with their types: all declared ones, and of the others the `limit` most frequent.
 * The rows themselves are counted under the kind `row`, undeclared properties beyond the limit under `rest`.
 *
 * Reads the newest rows of each event by the index on event and time, so its cost does not grow with the table.
 * @param events by name, their declared properties
 */
export const capturedPropertiesQuery = (
  range: TimeRange,
  events: readonly { event: string; declared: readonly string[] }[],
  { rowsPerEvent, limit }: PropertyBounds,
): SQL => sql`
  with chosen as (
    select event, declared
    from jsonb_to_recordset(${JSON.stringify(events)}::jsonb) as chosen (event text, declared text[])
  ),
  typed as (
    select chosen.event, seen.kind, seen.name, seen.type,
           count(*) as rows, count(*) filter (where kept.invalid) as invalid
    from chosen
    cross join lateral (
      select properties, context ? '$invalid' as invalid
      from devora.analytics_events as kept
      where kept.event = chosen.event and ${inRange(range)}
      order by occurred_at desc
      limit ${rowsPerEvent}::integer
    ) as kept
    cross join lateral (
      select 'row' as kind, null as name, null as type
      union all
      select 'declared', name, jsonb_typeof(kept.properties -> name)
      from unnest(chosen.declared) as name
      where kept.properties ? name
      union all
      (
        select 'undeclared', left(key, ${maxNameLength}::integer), jsonb_typeof(value)
        from jsonb_each(kept.properties - chosen.declared)
        limit ${maxUndeclaredOfRow}::integer
      )
    ) as seen
    group by 1, 2, 3, 4
  ),
  named as (
    select event, kind, name, sum(rows) as rows, sum(invalid) as invalid,
           jsonb_object_agg(type, rows) filter (where type is not null) as types
    from typed
    group by event, kind, name
  ),
  ranked as (
    select *, row_number() over (partition by event, kind order by rows desc, name collate "C") as place
    from named
  )
  select event, kind, name, 1 as names, rows::float8, invalid::float8, types
  from ranked
  where kind <> 'undeclared' or place <= ${limit}::integer
  union all
  select event, 'rest', null, count(*)::integer, sum(rows)::float8, 0, null
  from ranked
  where kind = 'undeclared' and place > ${limit}::integer
  group by event`;

export interface PropertyCount {
  event: string;
  kind: "row" | "declared" | "undeclared" | "rest";
  /** Null for `row` and `rest`. */
  name: string | null;
  names: number;
  rows: number;
  /** Rows with the mark of an invalid event. */
  invalid: number;
  /** Rows by the type of the value. */
  types: Readonly<Record<string, number>>;
}

export const decodePropertyCount = (row: Row): PropertyCount => ({
  event: String(row.event),
  kind: row.kind as PropertyCount["kind"],
  name: row.name === null ? null : String(row.name),
  names: Number(row.names),
  rows: Number(row.rows),
  invalid: Number(row.invalid),
  types: (row.types ?? {}) as Readonly<Record<string, number>>,
});
