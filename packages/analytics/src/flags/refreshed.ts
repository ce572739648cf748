/** A value that is read now and then, and kept while it cannot be read. */
export interface Refreshed<T> {
  /** The value as it was last read. Rejects only as long as it was never read. */
  get(): Promise<T>;
  /** Reads it now: what was written before the call is in it. */
  refresh(): Promise<void>;
}

/** Beyond so many times its age is a caller better served by waiting: the process was idle. */
const idleFactor = 10;

/**
 * Answers from memory. What is older than `ttlMs` is read again beside the callers, once for all of them; they wait
 * only where it is ten times as old, and the last reading did not fail.
 */
export function createRefreshed<T>(
  read: () => Promise<T>,
  { ttlMs, now, onError }: { ttlMs: number; now: () => Date; onError: (error: unknown) => void },
): Refreshed<T> {
  let kept: { value: T; atMs: number } | undefined;
  let reading: Promise<void> | undefined;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  let failed = false;

  async function readOnce(): Promise<void> {
    triedAtMs = now().getTime();
    const atMs = triedAtMs;
    try {
      kept = { value: await read(), atMs };
      failed = false;
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      reading = undefined;
    }
  }
  const share = () => {
    reading ??= readOnce();
    return reading;
  };

  return {
    async refresh() {
      // One under way may have begun before what the caller wrote.
      await reading?.catch(() => {});
      await share();
    },
    async get() {
      if (kept === undefined) await share();
      const { value, atMs } = kept as unknown as { value: T; atMs: number };
      const ms = now().getTime();
      if (ms - atMs < ttlMs || ms - triedAtMs < ttlMs) return value;
      const isIdle = ms - atMs >= idleFactor * ttlMs && !failed;
      const refreshing = share().catch(onError);
      if (!isIdle) return value;
      await refreshing;
      return (kept as unknown as { value: T }).value;
    },
  };
}
