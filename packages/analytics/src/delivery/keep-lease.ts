/**
 * Renews a lease, three times in its length, until `fn` has ended: so a lease may be short, and what a killed process
 * held is soon free again, though a destination is slow.
 */
export async function keepLease<T>(
  leaseMs: number,
  renew: () => Promise<unknown>,
  fn: () => Promise<T>,
): Promise<T> {
  let renewal: Promise<unknown> | undefined;
  const timer = setInterval(() => {
    // Where it fails the lease runs out, and what is settled under it is nothing.
    renewal ??= renew()
      .catch(() => {})
      .finally(() => {
        renewal = undefined;
      });
  }, leaseMs / 3);
  try {
    return await fn();
  } finally {
    clearInterval(timer);
    await renewal;
  }
}
