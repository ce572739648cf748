import { deliveryFailed } from "../errors.ts";
import { type DeliveryWorkerOptions, resolveDelivery } from "./delivery-options.ts";
import type { DeliveryRun } from "./delivery-run.ts";
import type { DeliveryTotals } from "./delivery-totals.ts";
import { type Lane, runDestination } from "./run-destination.ts";

export interface StopOptions {
  /** How long requests under way may go on before they are cut off and their events are given back, in milliseconds. Default: as long as they take. */
  graceMs?: number | undefined;
}

export interface DeliveryWorker {
  /**
   * One batch at most for each destination, side by side. A destination that fails does not make it reject: see its
   * run's `failure`. One that is left alone after failures is asked nothing until `pausedMs` are over.
   *
   * @returns the runs by the destinations' names
   * @throws {DatabaseError} when the database failed for one of them, after all have ended; nothing is lost
   * @throws the signal's reason; what was not settled is given back
   */
  runOnce(options?: { signal?: AbortSignal | undefined }): Promise<Record<string, DeliveryRun>>;
  /** Runs until {@link stop}, each destination at a pace of its own: at once after a full batch, else after `pollMs`. */
  start(): void;
  /** Claims nothing more, and resolves when what is under way has ended. */
  stop(options?: StopOptions): Promise<void>;
  /** What was done since the worker was created, by the destinations' names. */
  stats(): Record<string, Readonly<DeliveryTotals>>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Longest pause while the database fails. */
const longestPauseMs = 60_000;

/**
 * Sends the events that are queued for destinations, and marks one as sent after the destination answered that it was
 * taken, never before: an event is delivered once at least, with the same id and time if it is twice. Oldest first,
 * but in no order to rely on. Any number of workers may run at once, in any processes.
 *
 * Needs nothing of `createAnalytics`; opens nothing, and must be stopped before the database is closed.
 *
 * @throws {AnalyticsError} INVALID_OPTION, INVALID_CATALOGUE
 *
 * @example
 * const worker = createDeliveryWorker({
 *   db,
 *   destinations: { posthog: posthogDestination({ host: "https://eu.i.posthog.com", apiKey }) },
 *   onError: (error, destination) => log.warn({ error, destination }),
 * });
 * worker.start();
 * process.once("SIGTERM", () => worker.stop({ graceMs: 5_000 }));
 */
export function createDeliveryWorker(options: DeliveryWorkerOptions): DeliveryWorker {
  const { lanes, context, pollMs, onError, onRun, sleep } = resolveDelivery(options);

  const runOnce: DeliveryWorker["runOnce"] = async ({ signal = new AbortController().signal } = {}) => {
    const ended = await Promise.allSettled(lanes.map((lane) => runDestination(lane, context, signal)));
    const runs: Record<string, DeliveryRun> = {};
    for (const [at, { name }] of lanes.entries()) {
      const result = ended[at];
      if (result?.status === "rejected") throw result.reason;
      if (result !== undefined) runs[name] = result.value;
    }
    return runs;
  };

  const runUntil = async (lane: Lane, stopping: AbortSignal, cutOff: AbortSignal): Promise<void> => {
    let failures = 0;
    while (!stopping.aborted) {
      let pauseMs = 0;
      try {
        const run = await runDestination(lane, context, cutOff);
        failures = 0;
        if (run.claimed > 0) quietly(() => onRun(run, lane.name));
        const { failure } = run;
        if (failure !== undefined) quietly(() => onError(deliveryFailed(failure), lane.name));
        if (run.claimed < context.batchSize || failure !== undefined) pauseMs = pollMs;
        pauseMs = Math.max(pauseMs, run.pausedMs);
      } catch (error) {
        if (!cutOff.aborted) quietly(() => onError(error, lane.name));
        pauseMs = Math.min(longestPauseMs, pollMs * 2 ** failures++);
      }
      if (pauseMs > 0) await sleep(pauseMs, stopping).catch(() => {});
    }
  };

  let running: { stopping: AbortController; cutOff: AbortController; loops: Promise<unknown> } | undefined;
  const stop = async ({ graceMs }: StopOptions = {}): Promise<void> => {
    if (running === undefined) return;
    const { stopping, cutOff, loops } = running;
    stopping.abort();
    const grace = graceMs === undefined ? undefined : setTimeout(() => cutOff.abort(), Math.max(0, graceMs));
    await loops;
    clearTimeout(grace);
    running = undefined;
  };

  return {
    runOnce,
    start() {
      if (running !== undefined) return;
      const [stopping, cutOff] = [new AbortController(), new AbortController()];
      const loops = Promise.all(lanes.map((lane) => runUntil(lane, stopping.signal, cutOff.signal)));
      running = { stopping, cutOff, loops };
    },
    stop,
    stats: () => Object.fromEntries(lanes.map(({ name, totals }) => [name, { ...totals }])),
    [Symbol.asyncDispose]: () => stop(),
  };
}

/** A callback of the host's must not stop the worker. */
function quietly(callback: () => void): void {
  try {
    callback();
  } catch {
    // Its own affair.
  }
}
