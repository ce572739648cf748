import type { ResolvedOptions } from "./resolve-options.ts";

interface Deadline {
  /** What is waited for, as the error names it. */
  readonly name: string;
  readonly deadlineMs: number;
  /** The caller's own. */
  readonly signal: AbortSignal | undefined;
  readonly sleep: ResolvedOptions["sleep"];
}

/** Something did not answer in time. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
  readonly code = "TIMEOUT";
  readonly retryable = true;

  constructor(name: string, deadlineMs: number) {
    super(`The ${name} did not answer within ${deadlineMs} ms.`);
  }
}

/**
 * What `work` answers. After `deadlineMs`, or when the caller's signal aborts, the signal that `work` was given is
 * aborted and its later answer ignored, even when it does not listen.
 *
 * @throws {DeadlineError}, the reason of the caller's signal, or what `work` throws
 */
export async function untilDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { name, deadlineMs, signal, sleep }: Deadline,
): Promise<T> {
  signal?.throwIfAborted();
  const working = new AbortController();
  const timer = new AbortController();
  const stop = () => {
    working.abort(signal?.reason);
    timer.abort(signal?.reason);
  };
  signal?.addEventListener("abort", stop, { once: true });
  const deadline = sleep(deadlineMs, timer.signal).then(() => {
    const error = new DeadlineError(name, deadlineMs);
    working.abort(error);
    throw error;
  });
  try {
    // In a function, so that work that throws before its promise fails like any other.
    const answer = (async () => work(working.signal))();
    return await Promise.race([answer, deadline]);
  } finally {
    signal?.removeEventListener("abort", stop);
    timer.abort();
  }
}
