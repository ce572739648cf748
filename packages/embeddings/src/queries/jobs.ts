import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

/** A claimed job: the row it is about, who queued it, and how often it had been queued when it was claimed. */
export interface Job {
  id: string;
  source: string;
  entityId: string;
  /** Whose row it is said to be; null where the service queued it. */
  ownerId: string | null;
  version: number;
  /** This attempt included. */
  attempts: number;
}

export const enqueueQuery = (
  source: string,
  entityIds: readonly string[],
  ownerId: string | undefined,
): SQL => sql`
  select devora.enqueue_embeddings(
    ${source}::text,
    ${sql.param([...entityIds])}::text[],
    coalesce(${ownerId ?? null}::text, nullif(current_setting('app.user_id', true), ''))
  )::integer as queued`;

/** Queues as the service the rows that nobody has queued; one put aside stays where it is. */
export const enqueueUnqueuedQuery = (source: string, entityIds: readonly string[]): SQL => sql`
  select devora.enqueue_embeddings(${source}::text, array(
    select entity_id
    from unnest(${sql.param([...entityIds])}::text[]) as entity_id
    where not exists (
      select from devora.embedding_jobs as job
      where job.source = ${source}::text and job.entity_id = entity_id.entity_id)
  ), null)::integer as queued`;

const milliseconds = (value: number): SQL => sql`${value}::float8 * interval '1 millisecond'`;

/** Leases the jobs that are due, oldest first; two workers never get the same one. */
export const claimJobsQuery = (params: {
  sources: readonly string[];
  leaseToken: string;
  leaseMs: number;
  limit: number;
}): SQL => sql`
  with due as (
    select id
    from devora.embedding_jobs
    where parked_at is null
      and available_at <= now()
      and (leased_until is null or leased_until < now())
      and source = any(${sql.param([...params.sources])}::text[])
    order by available_at, id
    limit ${params.limit}::integer
    for update skip locked
  )
  update devora.embedding_jobs as job
  set lease_token = ${params.leaseToken}::uuid,
      leased_until = now() + ${milliseconds(params.leaseMs)},
      attempts = attempts + 1
  from due
  where job.id = due.id
  returning job.id::text, job.source, job.entity_id, job.owner_id, job.version, job.attempts`;

export const decodeJob = (row: Row): Job => ({
  id: String(row.id),
  source: String(row.source),
  entityId: String(row.entity_id),
  ownerId: row.owner_id === null ? null : String(row.owner_id),
  version: Number(row.version),
  attempts: Number(row.attempts),
});

const claimed = (jobs: readonly Job[]): SQL => {
  const versions = jobs.map(({ id, version }) => ({ id, version }));
  return sql`jsonb_to_recordset(${JSON.stringify(versions)}::jsonb) as claimed ("id" bigint, "version" integer)`;
};

/**
 * Holds those jobs that are still leased to us and were not queued again since; answers their ids.
 * A locked one is just being queued again, so it is skipped, not waited for: that transaction may wait for us.
 */
export const holdJobsQuery = (leaseToken: string, jobs: readonly Job[]): SQL => sql`
  select job.id::text
  from devora.embedding_jobs as job
  join ${claimed(jobs)} on job.id = claimed.id
  where job.lease_token = ${leaseToken}::uuid and job.version = claimed.version
  order by job.id
  for update of job skip locked`;

export const deleteJobsQuery = (leaseToken: string, jobs: readonly Job[]): SQL => sql`
  delete from devora.embedding_jobs as job
  using ${claimed(jobs)}
  where job.id = claimed.id and job.lease_token = ${leaseToken}::uuid and job.version = claimed.version`;

export interface JobFailure {
  id: string;
  version: number;
  error: string;
  delayMs: number;
  park: boolean;
}

/** The jobs of a lease that nobody is just queueing again: to wait for those could be a deadlock. */
const leased = (leaseToken: string): SQL => sql`
  select id
  from devora.embedding_jobs
  where lease_token = ${leaseToken}::uuid
  order by id
  for update skip locked`;

/** Puts failed jobs back for later, or aside; a row that was queued again meanwhile starts afresh. */
export const failJobsQuery = (leaseToken: string, failures: readonly JobFailure[]): SQL => sql`
  with mine as materialized (${leased(leaseToken)})
  update devora.embedding_jobs as job
  set lease_token = null, leased_until = null,
      last_error = case when job.version = failed.version then failed.error else job.last_error end,
      available_at = case when job.version = failed.version
        then now() + failed."delayMs" * interval '1 millisecond' else job.available_at end,
      parked_at = case when job.version = failed.version and failed.park then now() end
  from jsonb_to_recordset(${JSON.stringify(failures)}::jsonb) as failed (
    "id" bigint, "version" integer, "error" text, "delayMs" float8, "park" boolean)
  join mine on mine.id = failed.id
  where job.id = mine.id`;

/**
 * Gives what is still leased back as if it had not been claimed; one that is just queued again waits for the lease's
 * end. Without `ids` everything of the lease.
 */
export const releaseJobsQuery = (leaseToken: string, delayMs: number, ids?: readonly string[]): SQL => sql`
  with mine as materialized (${leased(leaseToken)})
  update devora.embedding_jobs as job
  set lease_token = null, leased_until = null,
      attempts = greatest(attempts - 1, 0),
      available_at = greatest(available_at, now() + ${milliseconds(delayMs)})
  from mine
  where job.id = mine.id
    and ${ids === undefined ? sql`true` : sql`job.id = any(${sql.param([...ids])}::bigint[])`}`;

/** The lease goes on, so long as its worker says so. */
export const renewLeaseQuery = (leaseToken: string, leaseMs: number): SQL => sql`
  with mine as materialized (${leased(leaseToken)})
  update devora.embedding_jobs as job
  set leased_until = now() + ${milliseconds(leaseMs)}
  from mine
  where job.id = mine.id`;
