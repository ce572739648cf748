import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

/** The queue in numbers. */
export interface QueueStats {
  /** Jobs that a worker would take now. */
  due: number;
  /** Jobs that wait for a later time: after a failure, or for tokens. */
  waiting: number;
  /** Jobs that a worker has. */
  leased: number;
  /** Jobs put aside until a person looks at them. */
  parked: number;
  /** Seconds that the oldest due job has waited; undefined when none is due. */
  oldestDueSeconds: number | undefined;
}

const isFree = sql`(leased_until is null or leased_until < now())`;

export const queueStatsQuery = (sources: readonly string[]): SQL => sql`
  select
    count(*) filter (where parked_at is null and ${isFree} and available_at <= now())::float8 as due,
    count(*) filter (where parked_at is null and ${isFree} and available_at > now())::float8 as waiting,
    count(*) filter (where parked_at is null and not ${isFree})::float8 as leased,
    count(*) filter (where parked_at is not null)::float8 as parked,
    extract(epoch from now() - min(available_at) filter (
      where parked_at is null and ${isFree} and available_at <= now()))::float8 as oldest_due_seconds
  from devora.embedding_jobs
  where source = any(${sql.param([...sources])}::text[])`;

export const decodeQueueStats = (row: Row | undefined): QueueStats => ({
  due: Number(row?.due ?? 0),
  waiting: Number(row?.waiting ?? 0),
  leased: Number(row?.leased ?? 0),
  parked: Number(row?.parked ?? 0),
  oldestDueSeconds:
    row === undefined || row.oldest_due_seconds === null ? undefined : Number(row.oldest_due_seconds),
});

/** A job that was put aside. */
export interface ParkedJob {
  source: string;
  entityId: string;
  ownerId: string | null;
  attempts: number;
  /** The last error's code and message; no text of the row. */
  error: string | null;
  parkedAt: Date;
}

/** The jobs put aside, newest first. */
export const parkedJobsQuery = (sources: readonly string[], limit: number): SQL => sql`
  select source, entity_id, owner_id, attempts, last_error,
    extract(epoch from parked_at)::float8 * 1000 as parked_at_ms
  from devora.embedding_jobs
  where parked_at is not null and source = any(${sql.param([...sources])}::text[])
  order by parked_at desc, id desc
  limit ${limit}::integer`;

export const decodeParkedJob = (row: Row): ParkedJob => ({
  source: String(row.source),
  entityId: String(row.entity_id),
  ownerId: row.owner_id === null ? null : String(row.owner_id),
  attempts: Number(row.attempts),
  error: row.last_error === null ? null : String(row.last_error),
  parkedAt: new Date(Number(row.parked_at_ms)),
});

/** Gives jobs that were put aside new attempts; all of these sources without ids. */
export const retryParkedQuery = (sources: readonly string[], ids: readonly string[] | undefined): SQL => sql`
  with retried as (
    update devora.embedding_jobs
    set parked_at = null, attempts = 0, available_at = now()
    where parked_at is not null
      and source = any(${sql.param([...sources])}::text[])
      and ${ids === undefined ? sql`true` : sql`entity_id = any(${sql.param([...ids])}::text[])`}
    returning 1
  )
  select count(*)::integer as retried from retried`;
