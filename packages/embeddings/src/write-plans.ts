import type { Database } from "@devora/db-schema";
import type { ChunkPlan } from "./plan-chunks.ts";
import {
  deleteChunksQuery,
  insertChunksQuery,
  insertEmbeddingsQuery,
  parkChunksQuery,
  placeChunksQuery,
} from "./queries/write-chunks.ts";
import { vectorText } from "./vector-text.ts";

/** By model, vectors by the hash of what was embedded. */
export type ModelVectors = ReadonlyMap<number, ReadonlyMap<string, number[]>>;

/** Rows of one statement: some 2.4 MB at 1,536 dimensions. */
const rowsPerStatement = 200;

/** Carries plans of one source out, a statement for each kind of change. */
export async function writePlans(
  tx: Database,
  plans: readonly ChunkPlan[],
  { source, vectors }: { source: string; vectors: ModelVectors },
): Promise<void> {
  const removed = plans.flatMap((plan) => plan.removed);
  const moved = plans.flatMap((plan) => plan.moved);
  const placed = plans.flatMap((plan) => plan.placed);
  const added = plans.flatMap((plan) => plan.added);
  if (removed.length > 0) await tx.execute(deleteChunksQuery(removed));
  if (moved.length > 0) await tx.execute(parkChunksQuery(moved));
  if (placed.length > 0) await tx.execute(placeChunksQuery(placed));
  for (const chunks of batches(added)) await tx.execute(insertChunksQuery(chunks));

  const unembedded = plans.flatMap((plan) => plan.unembedded);
  for (const [modelId, ofModel] of vectors) {
    for (const chunks of batches(unembedded.filter((chunk) => chunk.modelId === modelId))) {
      const rows = chunks.map(({ chunkId, ownerId, hash }) => {
        const vector = vectorText(ofModel.get(hash) ?? []);
        return { chunkId, ownerId, source, vector };
      });
      await tx.execute(insertEmbeddingsQuery(modelId, rows));
    }
  }
}

function* batches<T>(items: readonly T[]): Generator<T[]> {
  for (let at = 0; at < items.length; at += rowsPerStatement) yield items.slice(at, at + rowsPerStatement);
}
