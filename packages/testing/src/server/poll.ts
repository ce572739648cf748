import { setTimeout as sleep } from "node:timers/promises";

/**
 * Asks `condition` again and again until it holds.
 * @param timeoutMs  the last moment to ask
 * @param intervalMs  pause between two questions. Default 20
 * @returns whether it held in time
 */
export async function poll(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  intervalMs = 20,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() >= deadline) return false;
    await sleep(intervalMs);
  }
}

/** Like {@link poll}, but blocks the thread: for exit handlers, which cannot wait for a promise. */
export function pollBlocking(condition: () => boolean, timeoutMs: number, intervalMs = 20): boolean {
  const never = new Int32Array(new SharedArrayBuffer(4));
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (condition()) return true;
    if (performance.now() >= deadline) return false;
    Atomics.wait(never, 0, 0, intervalMs);
  }
}
