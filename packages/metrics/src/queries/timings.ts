import { analyticsEvents as e, type Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { eventNames } from "../event-names.ts";
import type { Windows } from "./calendar.ts";
import { decodeNullable, decodeNumber } from "./decode.ts";
import { aliasJoin, isCounted, person } from "./persons.ts";
import { httpStatus, numberProperty } from "./properties.ts";

export interface DurationStatistics {
  observations: number;
  totalMs: number;
  p50Ms: number | null;
  p95Ms: number | null;
}

export interface TimingTotals {
  searches: DurationStatistics;
  requests: DurationStatistics;
  /** Requests with a status. */
  answered: number;
  /** Of those, with status 500 or above. */
  failed: number;
  generated: number;
  generationFailed: number;
}

/**
 * Durations and outcomes of the trailing 30 days, by kind of event. Materialized, so that a property is read once a
 * row and not once an aggregate.
 */
export const timingsQuery = (w: Windows): SQL => sql`
  with measured as materialized (
    select ${e.event} as event, ${numberProperty("duration_ms")} as duration_ms, ${httpStatus} as status
    from ${e} ${aliasJoin(e.distinctId)}
    where ${e.event} in (${eventNames.searchPerformed}::text, ${eventNames.requestCompleted}::text,
                         ${eventNames.codeGenerated}::text, ${eventNames.codeGenerationFailed}::text)
      and ${e.occurredAt} >= ${w.month}::timestamptz
      and ${e.occurredAt} < ${w.until}::timestamptz
      and ${isCounted(person(e.ownerId, e.distinctId))}
  )
  select event,
         count(*)::float8 as events,
         count(duration_ms)::float8 as observations,
         coalesce(sum(duration_ms), 0)::float8 as total_ms,
         percentile_cont(0.5) within group (order by duration_ms) as p50_ms,
         percentile_cont(0.95) within group (order by duration_ms) as p95_ms,
         count(status)::float8 as answered,
         count(*) filter (where status >= 500)::float8 as failed
  from measured
  group by event
  order by event`;

export function decodeTimings(rows: readonly Row[]): TimingTotals {
  const of = (event: string) => rows.find((row) => row.event === event);
  const requests = of(eventNames.requestCompleted);
  return {
    searches: decodeDurations(of(eventNames.searchPerformed)),
    requests: decodeDurations(requests),
    answered: decodeNumber(requests?.answered ?? 0),
    failed: decodeNumber(requests?.failed ?? 0),
    generated: decodeNumber(of(eventNames.codeGenerated)?.events ?? 0),
    generationFailed: decodeNumber(of(eventNames.codeGenerationFailed)?.events ?? 0),
  };
}

const decodeDurations = (row: Row | undefined): DurationStatistics => ({
  observations: decodeNumber(row?.observations ?? 0),
  totalMs: decodeNumber(row?.total_ms ?? 0),
  p50Ms: decodeNullable(row?.p50_ms ?? null),
  p95Ms: decodeNullable(row?.p95_ms ?? null),
});
