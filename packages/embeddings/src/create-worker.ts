import { setTimeout as pause } from "node:timers/promises";
import type { Context } from "./context.ts";
import { emptyRun, type RunLimits, runJobs, type WorkerRun } from "./run-jobs.ts";
import { createTokenBudget } from "./token-budget.ts";
import { assertInteger } from "./validate.ts";

/** Calls `onWake` whenever there may be work; answers how to stop that. */
export type Wake = (onWake: () => void) => (() => unknown) | Promise<() => unknown>;

export interface WorkerOptions {
  /** Jobs per run, 1 to 1000. Default 50. */
  batchSize?: number | undefined;
  /**
   * How long claimed jobs are ours without a sign of life, in milliseconds, at least 1000. Default 30,000. The worker
   * renews the lease while it works, so this is how long the jobs of a killed process wait.
   */
  leaseMs?: number | undefined;
  /** How long a run may take before its call is cut off and its jobs are given back, in milliseconds, at least 1000. Default 600,000. */
  runTimeoutMs?: number | undefined;
  /** Attempts for a row whose text is refused, or during which the process dies, before it is put aside. Default 5. */
  maxAttempts?: number | undefined;
  /** How long `start()` waits after an empty run, in milliseconds, at least 1. Default 1000. */
  pollMs?: number | undefined;
  /**
   * Tokens that this worker may spend in 24 hours, at least 1, by estimate before a call and as billed after it. What
   * does not fit waits; a row larger than all of it is embedded when nothing else was. Counted in this process: two
   * workers spend twice as much, and one that starts again begins anew. Default: no limit.
   */
  maxTokensPerDay?: number | undefined;
  /**
   * Ends a pause early, such as by LISTEN on `devora_embeddings`. A hint: the worker polls besides, because notices
   * get lost.
   */
  wake?: Wake | undefined;
  /** Told of each run of `start()` that failed; the worker goes on. Default: nobody is told. */
  onError?: ((error: unknown) => void) | undefined;
  /** Told of each run of `start()` that claimed something, and of all since it was made. */
  onRun?: ((run: WorkerRun, total: WorkerRun) => void) | undefined;
}

export interface StopOptions {
  /** How long the run under way may go on before its call is cut off and its jobs are given back, in milliseconds. Default: as long as it takes. */
  graceMs?: number | undefined;
}

export interface EmbeddingsWorker {
  /**
   * Claims the due jobs, a batch at most, and does them.
   * @throws {EmbeddingsError} EMBEDDER_FAILED when the embedder as a whole fails; the jobs wait as if never claimed
   * @throws {DOMException} TimeoutError after `runTimeoutMs`; the jobs wait the same
   */
  runOnce(options?: { signal?: AbortSignal | undefined }): Promise<WorkerRun>;
  /** Runs until {@link stop}; again at once after a full run, with longer and longer pauses while runs fail. */
  start(): void;
  /** Claims nothing more, and resolves when the run under way has ended. */
  stop(options?: StopOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Longest pause while the embedder or the database fails. */
const longestPauseMs = 60_000;

/** A worker over the queue of one `createEmbeddings`. */
export function createWorker(context: Context, options: WorkerOptions = {}): EmbeddingsWorker {
  const { pollMs = 1_000, wake, onError, onRun } = options;
  assertInteger("createWorker: pollMs", pollMs, { min: 1 });
  const limits = limitsOf(options);
  const runOnce: EmbeddingsWorker["runOnce"] = ({ signal } = {}) => runJobs(context, limits, signal);
  const total = emptyRun();

  const runUntil = async (stopped: AbortSignal, cutOff: AbortSignal): Promise<void> => {
    const bell = createBell();
    const unsubscribe = await subscribe(wake, bell.ring, onError);
    let failures = 0;
    while (!stopped.aborted) {
      let pauseMs = 0;
      try {
        const run = await runOnce({ signal: cutOff });
        failures = 0;
        add(total, run);
        if (run.claimed > 0) onRun?.(run, { ...total });
        if (run.claimed < limits.batchSize) pauseMs = pollMs;
      } catch (error) {
        if (!cutOff.aborted) onError?.(error);
        pauseMs = Math.min(longestPauseMs, pollMs * 2 ** failures++);
      }
      // While runs fail nothing shortens the pause: it spares who is in trouble.
      await bell.pause(pauseMs, { stopped, deaf: failures > 0 });
    }
    await unsubscribe();
  };

  let running: { stopping: AbortController; cutOff: AbortController; loop: Promise<void> } | undefined;
  const stop = async ({ graceMs }: StopOptions = {}): Promise<void> => {
    if (running === undefined) return;
    const { stopping, cutOff, loop } = running;
    stopping.abort();
    const grace = graceMs === undefined ? undefined : setTimeout(() => cutOff.abort(), Math.max(0, graceMs));
    await loop;
    clearTimeout(grace);
    running = undefined;
  };

  return {
    runOnce,
    start() {
      if (running !== undefined) return;
      const [stopping, cutOff] = [new AbortController(), new AbortController()];
      running = { stopping, cutOff, loop: runUntil(stopping.signal, cutOff.signal) };
    },
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

function limitsOf({
  batchSize = 50,
  leaseMs = 30_000,
  runTimeoutMs = 600_000,
  maxAttempts = 5,
  maxTokensPerDay,
}: WorkerOptions): RunLimits {
  assertInteger("createWorker: batchSize", batchSize, { min: 1, max: 1_000 });
  assertInteger("createWorker: leaseMs", leaseMs, { min: 1_000 });
  assertInteger("createWorker: runTimeoutMs", runTimeoutMs, { min: 1_000 });
  assertInteger("createWorker: maxAttempts", maxAttempts, { min: 1 });
  if (maxTokensPerDay !== undefined) {
    assertInteger("createWorker: maxTokensPerDay", maxTokensPerDay, { min: 1 });
  }
  const budget = maxTokensPerDay === undefined ? undefined : createTokenBudget(maxTokensPerDay);
  return { batchSize, leaseMs, runTimeoutMs, maxAttempts, budget };
}

const add = (total: WorkerRun, run: WorkerRun): void => {
  for (const key of Object.keys(run) as (keyof WorkerRun)[]) total[key] += run[key];
};

async function subscribe(
  wake: Wake | undefined,
  ring: () => void,
  onError: ((error: unknown) => void) | undefined,
): Promise<() => Promise<void>> {
  const report = (error: unknown): undefined => {
    onError?.(error);
  };
  const unsubscribe = await (async () => wake?.(ring))().catch(report);
  return async () => {
    await (async () => unsubscribe?.())().catch(report);
  };
}

/** Pauses that a ring ends; one that came while nobody paused ends the next. */
function createBell() {
  let rung = false;
  let end: () => void = () => {};
  return {
    ring() {
      rung = true;
      end();
    },
    async pause(pauseMs: number, { stopped, deaf }: { stopped: AbortSignal; deaf: boolean }): Promise<void> {
      const woken = new AbortController();
      if (!deaf) end = () => woken.abort();
      if (rung && !deaf) woken.abort();
      await pause(pauseMs, undefined, { signal: AbortSignal.any([stopped, woken.signal]) }).catch(() => {});
      end = () => {};
      rung = false;
    },
  };
}
