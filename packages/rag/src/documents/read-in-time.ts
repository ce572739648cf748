import { DocumentError } from "./document-error.ts";

interface Deadline {
  readonly readMs: number;
  /** The run's own. */
  readonly signal: AbortSignal;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * What `read` answers within `readMs`; then its signal is aborted, and what it does afterwards is ignored. Work that
 * keeps the processor busy without a pause cannot be cut off so.
 *
 * @throws {DocumentError} TOO_SLOW; the run's reason when `signal` aborts
 */
export async function readInTime<T>(
  { readMs, signal, sleep }: Deadline,
  read: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const [work, timer] = [new AbortController(), new AbortController()];
  const stop = () => {
    work.abort(signal.reason);
    timer.abort(signal.reason);
  };
  signal.addEventListener("abort", stop, { once: true });
  const deadline = sleep(readMs, timer.signal).then(() => {
    const error = new DocumentError("TOO_SLOW", `It was not read within ${readMs} ms (limits.readMs).`);
    work.abort(error);
    throw error;
  });
  try {
    return await Promise.race([read(work.signal), deadline]);
  } finally {
    signal.removeEventListener("abort", stop);
    timer.abort();
    // Whoever lost the race is heard by nobody.
    deadline.catch(() => {});
  }
}
