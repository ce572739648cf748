import { rowsOf } from "@devora/db-schema";
import { asService, type Context } from "./context.ts";
import { storedModels } from "./ensure-model.ts";
import { EmbeddingsError } from "./errors.ts";
import { withModelLease } from "./model-lease.ts";
import {
  deleteModelQuery,
  deleteVectorsQuery,
  isModel,
  type ModelKey,
  retireModelQuery,
  versionOf,
} from "./queries/model.ts";
import { dropIndexesQuery } from "./queries/model-index.ts";

export interface DropModelOptions extends ModelKey {
  /** Told of the vectors removed, after each batch. */
  onProgress?: ((progress: { removedVectors: number }) => void) | undefined;
  /** Checked between batches; calling again goes on. */
  signal?: AbortSignal | undefined;
}

/** Vectors removed by one transaction. */
const batchSize = 5_000;

/** Removes a model's index, its vectors, and then itself; nothing for a model that is not stored. */
export async function dropModel(
  context: Context,
  { onProgress, signal, ...key }: DropModelOptions,
): Promise<{ dropped: boolean; removedVectors: number }> {
  assertUnused(context, key);
  const stored = (await asService(context, "embeddings.dropModel", (tx) => storedModels(tx, [key]))).find(
    (model) => isModel(model, key),
  );
  let removedVectors = 0;
  if (stored === undefined) return { dropped: false, removedVectors };
  await withModelLease(context, stored.id, async () => {
    const run = <T>(fn: Parameters<typeof asService<T>>[2]) => asService(context, "embeddings.dropModel", fn);
    // First, so that no search takes the model for whole; then the index, which every removed vector would touch.
    const retired = await run((tx) => rowsOf(tx, retireModelQuery(stored.id)));
    if (retired.length === 0) throw inUse(key, "searches use it. Cut over to another model first");
    await run((tx) => tx.execute(dropIndexesQuery(stored.id)));
    for (let removed = batchSize; removed === batchSize; ) {
      signal?.throwIfAborted();
      removed = (await run((tx) => rowsOf(tx, deleteVectorsQuery(stored.id, batchSize)))).length;
      removedVectors += removed;
      onProgress?.({ removedVectors });
    }
    await run((tx) => tx.execute(deleteModelQuery(stored.id)));
  });
  return { dropped: true, removedVectors };
}

function assertUnused({ embedder, candidate }: Context, key: ModelKey): void {
  const uses = [embedder, ...(candidate === undefined ? [] : [candidate])].some(
    (model) =>
      model.model === key.model && model.dimensions === key.dimensions && versionOf(model) === versionOf(key),
  );
  if (uses) throw inUse(key, "this createEmbeddings writes its vectors. Create one without it first");
}

const inUse = (key: ModelKey, reason: string): EmbeddingsError =>
  new EmbeddingsError(
    "MODEL_IN_USE",
    `dropModel: "${key.model}" with ${key.dimensions} dimensions, version ${versionOf(key)}, cannot be dropped: ${reason}.`,
  );
