import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

/** A claimed job: the row it is about, and how often the row had changed when it was claimed. */
export interface Job {
  source: string;
  entityId: string;
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

/** Leases the jobs that are due, oldest first; two workers never get the same one. */
export const claimJobsQuery = (params: {
  sources: readonly string[];
  leaseToken: string;
  leaseMs: number;
  limit: number;
}): SQL => sql`
  with due as (
    select source, entity_id
    from devora.embedding_jobs
    where parked_at is null
      and available_at <= now()
      and (leased_until is null or leased_until < now())
      and source = any(${sql.param([...params.sources])}::text[])
    order by available_at, source, entity_id
    limit ${params.limit}::integer
    for update skip locked
  )
  update devora.embedding_jobs as job
  set lease_token = ${params.leaseToken}::uuid,
      leased_until = now() + ${params.leaseMs}::float8 * interval '1 millisecond',
      attempts = attempts + 1
  from due
  where job.source = due.source and job.entity_id = due.entity_id
  returning job.source, job.entity_id, job.version, job.attempts`;

export const decodeJob = (row: Row): Job => ({
  source: String(row.source),
  entityId: String(row.entity_id),
  version: Number(row.version),
  attempts: Number(row.attempts),
});

const claimed = (jobs: readonly Job[]): SQL => sql`
  jsonb_to_recordset(${JSON.stringify(jobs)}::jsonb) as claimed ("source" text, "entityId" text, "version" integer)`;

/**
 * Holds those jobs that are still leased to us and whose row was not queued again since.
 * A locked one is just being queued again, so it is skipped, not waited for: that transaction may wait for us.
 */
export const holdJobsQuery = (leaseToken: string, jobs: readonly Job[]): SQL => sql`
  select job.source, job.entity_id, job.version, job.attempts
  from devora.embedding_jobs as job
  join ${claimed(jobs)} on job.source = claimed.source and job.entity_id = claimed."entityId"
  where job.lease_token = ${leaseToken}::uuid and job.version = claimed.version
  order by job.source, job.entity_id
  for update of job skip locked`;

export const deleteJobsQuery = (leaseToken: string, jobs: readonly Job[]): SQL => sql`
  delete from devora.embedding_jobs as job
  using ${claimed(jobs)}
  where job.source = claimed.source and job.entity_id = claimed."entityId"
    and job.lease_token = ${leaseToken}::uuid and job.version = claimed.version`;

export interface JobFailure {
  source: string;
  entityId: string;
  version: number;
  error: string;
  delayMs: number;
  park: boolean;
}

/** The jobs of a lease that nobody is just queueing again: to wait for those could be a deadlock. */
const leased = (leaseToken: string): SQL => sql`
  select source, entity_id
  from devora.embedding_jobs
  where lease_token = ${leaseToken}::uuid
  order by source, entity_id
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
    "source" text, "entityId" text, "version" integer, "error" text, "delayMs" float8, "park" boolean)
  join mine on mine.source = failed.source and mine.entity_id = failed."entityId"
  where job.source = mine.source and job.entity_id = mine.entity_id`;

/** Gives what is still leased back as if it had not been claimed; one that is just queued again waits for the lease's end. */
export const releaseJobsQuery = (leaseToken: string, delayMs: number): SQL => sql`
  with mine as materialized (${leased(leaseToken)})
  update devora.embedding_jobs as job
  set lease_token = null, leased_until = null,
      attempts = greatest(attempts - 1, 0),
      available_at = greatest(available_at, now() + ${delayMs}::float8 * interval '1 millisecond')
  from mine
  where job.source = mine.source and job.entity_id = mine.entity_id`;
