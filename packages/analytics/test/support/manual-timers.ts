/** Timers that fire when the test says so, shortest first. */
export function manualTimers() {
  const waiting = new Set<{ ms: number; fire: () => void }>();
  return {
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const timer = { ms, fire: resolve };
        waiting.add(timer);
        signal?.addEventListener("abort", () => {
          waiting.delete(timer);
          reject(signal.reason);
        });
      }),
    /** Milliseconds of the timers that run, ascending. */
    running: () => [...waiting].map(({ ms }) => ms).sort((a, b) => a - b),
    /** Ends the shortest timer. */
    fire() {
      const [next] = [...waiting].sort((a, b) => a.ms - b.ms);
      if (next && waiting.delete(next)) next.fire();
    },
  };
}

/** Lets everything that is ready run, without waiting for time. */
export const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};
