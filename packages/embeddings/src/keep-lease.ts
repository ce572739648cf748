import { asService, type Context } from "./context.ts";
import { renewLeaseQuery } from "./queries/jobs.ts";

/**
 * Renews a lease, three times in its length, until `fn` has ended: so a lease may be short, and what a killed process
 * held is soon free again, though a call of the embedder takes long.
 */
export async function keepLease<T>(
  context: Context,
  { leaseToken, leaseMs }: { leaseToken: string; leaseMs: number },
  fn: () => Promise<T>,
): Promise<T> {
  let renewal: Promise<void> | undefined;
  const renew = async () => {
    const query = renewLeaseQuery(leaseToken, leaseMs);
    // Where it fails the lease runs out, and the run writes nothing.
    await asService(context, "embeddings.worker", (tx) => tx.execute(query)).catch(() => {});
    renewal = undefined;
  };
  const timer = setInterval(() => {
    renewal ??= renew();
  }, leaseMs / 3);
  try {
    return await fn();
  } finally {
    clearInterval(timer);
    await renewal;
  }
}
