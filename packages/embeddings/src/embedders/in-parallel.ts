/**
 * Works through items, so many at a time, and resolves when all is done. The first failure aborts the others and is
 * what it rejects with; so is the signal's reason.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  { concurrency, signal }: { concurrency: number; signal: AbortSignal | undefined },
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const iterator = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let item = iterator.next(); !item.done; item = iterator.next()) {
      controller.signal.throwIfAborted();
      await work(item.value, controller.signal);
    }
  };
  const lanes = Array.from({ length: concurrency }, () => lane().catch((error) => controller.abort(error)));
  await Promise.all(lanes);
  signal?.removeEventListener("abort", onAbort);
  controller.signal.throwIfAborted();
}
