import { rowsOf } from "@devora/db-schema";
import { asService, type Context } from "./context.ts";
import { draftEntities } from "./draft-entities.ts";
import { ensureModels } from "./ensure-model.ts";
import { type EntityCursor, entityBatches, sourcesToWalk } from "./entity-batches.ts";
import { isEmptyPlan } from "./plan-chunks.ts";
import { enqueueUnqueuedQuery } from "./queries/jobs.ts";
import { removeOrphans } from "./remove-orphans.ts";
import { assertInteger } from "./validate.ts";

export interface SweepOptions<TName extends string = string> {
  /** Default: all. */
  sources?: readonly TName[] | undefined;
  /** Only this owner's rows; a source without an owner is left out. Default: everybody's. */
  ownerId?: string | undefined;
  /** Goes on where a call ended: its `next`. Default: from the beginning. */
  after?: EntityCursor | undefined;
  /** Ends after so many rows, at least 1, a batch more or less. Default: when all are seen. */
  maxEntities?: number | undefined;
  /** Rows per step, 1 to 1000. Default 200. */
  batchSize?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface SweepSummary {
  /** Rows compared. */
  checked: number;
  /** Of these, how many were stale and are queued now; those that were queued already are not counted. */
  queued: number;
  /** Passages removed because their row is gone. */
  removedChunks: number;
  /** Where to go on; undefined when all rows are seen. */
  next: EntityCursor | undefined;
}

/**
 * Finds rows that changed where no trigger and no `enqueue` saw it: reads them, cuts them, compares the hashes of their
 * passages with what is stored, and queues those that differ. No call of the embedder.
 */
export async function sweep(context: Context, options: SweepOptions = {}): Promise<SweepSummary> {
  const { ownerId, after, maxEntities, batchSize = 200, signal } = options;
  assertInteger("sweep: batchSize", batchSize, { min: 1, max: 1_000 });
  if (maxEntities !== undefined) assertInteger("sweep: maxEntities", maxEntities, { min: 1 });
  const summary: SweepSummary = { checked: 0, queued: 0, removedChunks: 0, next: undefined };
  const models = await ensureModels(context);
  for (const source of sourcesToWalk(context, "sweep", options)) {
    for await (const ids of entityBatches(context, source, { ownerId, after, batchSize })) {
      signal?.throwIfAborted();
      const drafts = await draftEntities(context, source, ids, models);
      const stale = drafts.filter(({ plan }) => !isEmptyPlan(plan)).map(({ entityId }) => entityId);
      summary.checked += ids.length;
      if (stale.length > 0) {
        const query = enqueueUnqueuedQuery(source.name, stale);
        const [row] = await asService(context, "embeddings.sweep", (tx) => rowsOf(tx, query));
        summary.queued += Number(row?.queued ?? 0);
      }
      if (maxEntities !== undefined && summary.checked >= maxEntities) {
        return { ...summary, next: { source: source.name, entityId: ids.at(-1) ?? "" } };
      }
    }
    summary.removedChunks += await removeOrphans(context, source, { ownerId, signal });
  }
  return summary;
}
