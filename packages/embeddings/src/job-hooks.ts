import { type Database, rowsOf } from "@devora/db-schema";
import type { DraftedEntity } from "./draft-entities.ts";
import type { WriteHooks } from "./embed-entities.ts";
import { deleteJobsQuery, holdJobsQuery, type Job } from "./queries/jobs.ts";
import type { Source } from "./sources/define-source.ts";

/**
 * Ties the jobs to the transaction that writes: a row is written only while its jobs are ours and unchanged. Several
 * jobs of one row are done together; those of a user who does not own it decide nothing, so that nobody can keep
 * another's row from being written.
 */
export function jobHooks(
  source: Source,
  leaseToken: string,
  byEntity: ReadonlyMap<string, readonly Job[]>,
): WriteHooks {
  const jobsOf = (entityId: string) => byEntity.get(entityId) ?? [];
  // A row that is gone, or nobody's, concerns everybody; null is the service.
  const decisive = ({ entityId, row }: DraftedEntity) =>
    jobsOf(entityId).filter(
      ({ ownerId }) =>
        row === undefined || source.owner === undefined || ownerId === null || ownerId === row.ownerId,
    );
  const held = new Set<string>();
  return {
    accepts: (entity) => decisive(entity).length > 0,
    async hold(tx: Database, entities: readonly DraftedEntity[]) {
      const jobs = entities.flatMap(({ entityId }) => jobsOf(entityId));
      for (const row of await rowsOf(tx, holdJobsQuery(leaseToken, jobs))) held.add(String(row.id));
      const kept = entities.filter((entity) => decisive(entity).every((job) => held.has(job.id)));
      return new Set(kept.map(({ entityId }) => entityId));
    },
    async done(tx: Database, entityIds: readonly string[]) {
      // A job that is not held is just being queued again: to delete it would be to wait for that.
      const jobs = entityIds.flatMap(jobsOf).filter((job) => held.has(job.id));
      if (jobs.length > 0) await tx.execute(deleteJobsQuery(leaseToken, jobs));
    },
  };
}
