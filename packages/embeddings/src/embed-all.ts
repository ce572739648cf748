import { rowsOf } from "@devora/db-schema";
import { asService, type Context, sourceNamed } from "./context.ts";
import { embedUntilFresh } from "./embed.ts";
import { ensureIndex, ensureModel } from "./ensure-model.ts";
import { EmbeddingsError, shapeOf } from "./errors.ts";
import { inFlight } from "./in-flight.ts";
import { removeOrphansQuery } from "./queries/remove-orphans.ts";
import { sourceIdsQuery } from "./queries/source-rows.ts";
import type { Source } from "./sources/define-source.ts";
import { assertInteger } from "./validate.ts";

export interface EmbedAllProgress {
  /** The source being worked on. */
  source: string;
  /** Rows seen so far, of all sources. */
  entities: number;
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
  /** Rows that the embedder refuses, or that never stopped changing; all others are up to date. */
  failed: { source: string; entityId: string; error: unknown }[];
}

/**
 * Batches that are worked on at a time, so that cutting texts, the embedder and the database do not wait for one
 * another. Each takes one connection of the pool while it reads or writes.
 */
const batchesInFlight = 3;

/** Embeds whatever is not up to date, row by row in the order of ids. */
export async function embedAll(context: Context, options: EmbedAllOptions = {}): Promise<EmbedAllSummary> {
  const { ownerId, batchSize = 100, onProgress, signal } = options;
  assertInteger("embedAll: batchSize", batchSize, { min: 1, max: 1_000 });
  if (ownerId !== undefined && (typeof ownerId !== "string" || ownerId === "")) {
    throw new EmbeddingsError(
      "INVALID_INPUT",
      `embedAll: ownerId must be a non-empty string; received ${shapeOf(ownerId)}. Leave it out for the rows of all owners.`,
    );
  }
  const sources = (options.sources ?? [...context.sources.keys()])
    .map((name) => sourceNamed(context, name))
    .filter((source) => ownerId === undefined || source.owner !== undefined);
  const summary: EmbedAllSummary = {
    entities: 0,
    chunks: 0,
    embeddedChunks: 0,
    removedChunks: 0,
    tokens: 0,
    failed: [],
  };
  for (const source of sources) {
    const batches = idBatches(context, source, ownerId, batchSize);
    const embedded = inFlight(batches, batchesInFlight, (ids) => {
      signal?.throwIfAborted();
      return embedUntilFresh(context, source, ids, signal);
    });
    for await (const batch of embedded) {
      signal?.throwIfAborted();
      addTo(summary, source, batch);
      const { entities, chunks, embeddedChunks, tokens } = summary;
      onProgress?.({ source: source.name, entities, chunks, embeddedChunks, tokens });
    }
    signal?.throwIfAborted();
    const orphans = await asService(context, "embeddings.embedAll", (tx) =>
      rowsOf(tx, removeOrphansQuery(source, ownerId)),
    );
    summary.removedChunks += orphans.length;
  }
  // After the load, because an index built over rows that are there costs less than one that grows with them.
  if (summary.embeddedChunks > 0) await ensureIndex(context, await ensureModel(context));
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
    if (status === "failed") summary.failed.push({ source: source.name, entityId, error });
    if (status === "stale") {
      const changed = new EmbeddingsError(
        "ROW_CHANGED",
        "The row changed each time while it was embedded; call again.",
        { retryable: true },
      );
      summary.failed.push({ source: source.name, entityId, error: changed });
    }
  }
}

async function* idBatches(
  context: Context,
  source: Source,
  ownerId: string | undefined,
  limit: number,
): AsyncGenerator<string[]> {
  let afterId: string | undefined;
  for (;;) {
    const query = sourceIdsQuery(source, { afterId, ownerId, limit });
    const ids = (await asService(context, "embeddings.embedAll", (tx) => rowsOf(tx, query))).map((row) =>
      String(row.entity_id),
    );
    if (ids.length > 0) yield ids;
    if (ids.length < limit) return;
    afterId = ids.at(-1);
  }
}
