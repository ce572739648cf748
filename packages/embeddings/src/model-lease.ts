import { newId, rowsOf } from "@devora/db-schema";
import { asService, type Context } from "./context.ts";
import { EmbeddingsError } from "./errors.ts";
import { releaseLeaseQuery, takeLeaseQuery } from "./queries/model-lease.ts";

/** How long a builder that says nothing is taken to live, in milliseconds. */
const leaseMs = 60_000;

/**
 * Runs `fn` while no other process builds the same model. A lease in a row rather than an advisory lock: a lock of
 * the session needs a connection of its own, which a pool does not give, and one of a transaction keeps it open
 * while an index is built concurrently.
 * @throws {EmbeddingsError} MODEL_BUSY, retryable: another has the lease; of one that died it ends within a minute
 */
export async function withModelLease<T>(context: Context, modelId: number, fn: () => Promise<T>): Promise<T> {
  const token = newId();
  const take = () =>
    asService(context, "embeddings.lease", (tx) => rowsOf(tx, takeLeaseQuery(modelId, token, leaseMs)));
  if ((await take()).length === 0) {
    throw new EmbeddingsError(
      "MODEL_BUSY",
      `Another process is building model ${modelId}: its index, or its vectors. Wait for it; if it died, call again after a minute, and the work goes on where it stopped.`,
      { retryable: true },
    );
  }
  const renewal = setInterval(() => void take().catch(() => {}), leaseMs / 3);
  renewal.unref();
  try {
    return await fn();
  } finally {
    clearInterval(renewal);
    await asService(context, "embeddings.lease", (tx) => tx.execute(releaseLeaseQuery(modelId, token))).catch(
      () => {},
    );
  }
}
