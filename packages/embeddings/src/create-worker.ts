import { setTimeout as pause } from "node:timers/promises";
import type { Context } from "./context.ts";
import { type RunLimits, runJobs, type WorkerRun } from "./run-jobs.ts";
import { assertInteger } from "./validate.ts";

export interface WorkerOptions {
  /** Jobs per run, 1 to 1000. Default 50. */
  batchSize?: number;
  /**
   * How long claimed jobs are ours, in milliseconds, at least 1000. Default 120,000. Longer than the embedder ever
   * takes for one batch, retries included: a run that outlives its lease writes nothing, and was paid in vain.
   */
  leaseMs?: number;
  /** Attempts for a row whose text is refused, or during which the process dies, before it is put aside. Default 5. */
  maxAttempts?: number;
  /** How long `start()` waits after an empty run, in milliseconds, at least 1. Default 1000. */
  pollMs?: number;
  /** Told of each run of `start()` that failed; the worker goes on. Default: nobody is told. */
  onError?: (error: unknown) => void;
  /** Told of each run of `start()` that claimed something. */
  onRun?: (run: WorkerRun) => void;
}

export interface EmbeddingsWorker {
  /**
   * Claims the due jobs, a batch at most, and does them.
   * @throws {EmbeddingsError} EMBEDDER_FAILED when the embedder as a whole fails; the jobs wait as if never claimed
   */
  runOnce(options?: { signal?: AbortSignal | undefined }): Promise<WorkerRun>;
  /** Runs until {@link stop}; again at once after a full run, with longer and longer pauses while runs fail. */
  start(): void;
  /** Claims nothing more, and resolves when the run under way has ended. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Longest pause while the embedder or the database fails. */
const longestPauseMs = 60_000;

/** A worker over the queue of one `createEmbeddings`. */
export function createWorker(context: Context, options: WorkerOptions = {}): EmbeddingsWorker {
  const { batchSize = 50, leaseMs = 120_000, maxAttempts = 5, pollMs = 1_000, onError, onRun } = options;
  assertInteger("createWorker: batchSize", batchSize, { min: 1, max: 1_000 });
  assertInteger("createWorker: leaseMs", leaseMs, { min: 1_000 });
  assertInteger("createWorker: maxAttempts", maxAttempts, { min: 1 });
  assertInteger("createWorker: pollMs", pollMs, { min: 1 });
  const limits: RunLimits = { batchSize, leaseMs, maxAttempts };
  const runOnce: EmbeddingsWorker["runOnce"] = ({ signal } = {}) => runJobs(context, limits, signal);

  let stopping: AbortController | undefined;
  let loop: Promise<void> | undefined;

  const runUntil = async (stopped: AbortSignal): Promise<void> => {
    let failures = 0;
    while (!stopped.aborted) {
      let pauseMs = 0;
      try {
        const run = await runOnce();
        failures = 0;
        if (run.claimed > 0) onRun?.(run);
        if (run.claimed < batchSize) pauseMs = pollMs;
      } catch (error) {
        pauseMs = Math.min(longestPauseMs, pollMs * 2 ** failures++);
        onError?.(error);
      }
      await pause(pauseMs, undefined, { signal: stopped }).catch(() => {});
    }
  };

  const stop = async (): Promise<void> => {
    stopping?.abort();
    await loop;
    loop = undefined;
  };

  return {
    runOnce,
    start() {
      if (loop !== undefined) return;
      stopping = new AbortController();
      loop = runUntil(stopping.signal);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
