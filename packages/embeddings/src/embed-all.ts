import { ensureIndexes } from "./build-index.ts";
import type { Context } from "./context.ts";
import { embedUntilFresh } from "./embed.ts";
import { countEntities, type EntityCursor, entityBatches, sourcesToWalk } from "./entity-batches.ts";
import { EmbeddingsError } from "./errors.ts";
import { inFlight } from "./in-flight.ts";
import { removeOrphans } from "./remove-orphans.ts";
import type { Source } from "./sources/define-source.ts";
import { assertInteger } from "./validate.ts";

export interface EmbedAllProgress {
  /** The source being worked on. */
  source: string;
  /** The last row done: pass both as `after` to go on from here. */
  entityId: string;
  /** Rows seen so far, of all sources; with `after` those of this call. */
  entities: number;
  /** Rows that there were when the call began, of all sources that it walks through. */
  totalEntities: number;
  /** Passages that these rows have. */
  chunks: number;
  /** Of these, how many were sent to the embedder. */
  embeddedChunks: number;
  tokens: number;
}

export interface EmbedAllOptions<TName extends string = string> {
  /** Default: all. */
  sources?: readonly TName[] | undefined;
  /** Only this owner's rows; a source without an owner is left out. Default: everybody's. */
  ownerId?: string | undefined;
  /** Goes on after this row, as told to `onProgress`. Default: from the beginning, where rows that are done cost a read. */
  after?: EntityCursor | undefined;
  /** Rows per step, 1 to 1000. Default 100. */
  batchSize?: number | undefined;
  /** Called after each step. */
  onProgress?: ((progress: EmbedAllProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface EmbedAllSummary {
  entities: number;
  chunks: number;
  embeddedChunks: number;
  /** Passages removed because their row is gone. */
  removedChunks: number;
  tokens: number;
  /** Rows that the embedder refuses, or that never stopped changing: the first 1,000. All others are up to date. */
  failed: { source: string; entityId: string; error: unknown }[];
  /** How many these are in all. */
  failedEntities: number;
}

const mostFailures = 1_000;

/**
 * Batches that are worked on at a time, so that cutting texts, the embedder and the database do not wait for one
 * another. Each takes one connection of the pool while it reads or writes.
 */
const batchesInFlight = 3;

/** Embeds whatever is not up to date, row by row in the order of ids. */
export async function embedAll(context: Context, options: EmbedAllOptions = {}): Promise<EmbedAllSummary> {
  const { ownerId, after, batchSize = 100, onProgress, signal } = options;
  assertInteger("embedAll: batchSize", batchSize, { min: 1, max: 1_000 });
  const sources = sourcesToWalk(context, "embedAll", options);
  const totalEntities = onProgress === undefined ? 0 : await countEntities(context, sources, ownerId);
  const summary: EmbedAllSummary = {
    entities: 0,
    chunks: 0,
    embeddedChunks: 0,
    removedChunks: 0,
    tokens: 0,
    failed: [],
    failedEntities: 0,
  };
  for (const source of sources) {
    const batches = entityBatches(context, source, { ownerId, after, batchSize });
    const embedded = inFlight(batches, batchesInFlight, async (ids) => {
      signal?.throwIfAborted();
      return { ids, ...(await embedUntilFresh(context, source, ids, signal)) };
    });
    for await (const batch of embedded) {
      signal?.throwIfAborted();
      addTo(summary, source, batch);
      const { entities, chunks, embeddedChunks, tokens } = summary;
      const entityId = batch.ids.at(-1) ?? "";
      onProgress?.({
        source: source.name,
        entityId,
        entities,
        totalEntities,
        chunks,
        embeddedChunks,
        tokens,
      });
      signal?.throwIfAborted();
    }
    summary.removedChunks += await removeOrphans(context, source, { ownerId, signal });
  }
  // After the load, because an index built over rows that are there costs less than one that grows with them.
  if (summary.embeddedChunks > 0) await ensureIndexes(context);
  return summary;
}

function addTo(
  summary: EmbedAllSummary,
  source: Source,
  { outcomes, tokens }: Awaited<ReturnType<typeof embedUntilFresh>>,
): void {
  summary.entities += outcomes.length;
  summary.tokens += tokens;
  for (const { entityId, status, chunks, embeddedChunks, error } of outcomes) {
    summary.chunks += chunks;
    summary.embeddedChunks += embeddedChunks;
    if (status !== "failed" && status !== "stale") continue;
    summary.failedEntities += 1;
    if (summary.failed.length >= mostFailures) continue;
    summary.failed.push({ source: source.name, entityId, error: status === "failed" ? error : rowChanged() });
  }
}

const rowChanged = () =>
  new EmbeddingsError("ROW_CHANGED", "The row changed each time while it was embedded; call again.", {
    retryable: true,
  });
