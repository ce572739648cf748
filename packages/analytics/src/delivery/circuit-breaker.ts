/** Keeps a worker from a destination that is down: pauses that grow, each followed by one batch as a probe. */
export interface CircuitBreaker {
  /** Milliseconds until the next batch may go; 0 when one may. */
  pausedMs(): number;
  succeeded(): void;
  /** The destination failed as a whole. Answers the pause that follows, in milliseconds. */
  failed(retryAfterMs?: number): number;
}

/** Failures in a row before the first pause: a lost connection is no outage. */
const failuresBeforePause = 3;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

/** @param random 0 to 1: pauses are half to all of what they could be, so that workers do not probe together */
export function createCircuitBreaker(now: () => Date, random: () => number = Math.random): CircuitBreaker {
  let failures = 0;
  let pausedUntilMs = 0;
  return {
    pausedMs: () => Math.max(0, pausedUntilMs - now().getTime()),
    succeeded() {
      failures = 0;
      pausedUntilMs = 0;
    },
    failed(retryAfterMs = 0) {
      failures++;
      const beyond = failures - failuresBeforePause;
      const pauseMs = beyond < 0 ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** beyond);
      const jittered = Math.round(pauseMs * (0.5 + random() / 2));
      const chosenMs = Math.max(jittered, retryAfterMs);
      pausedUntilMs = now().getTime() + chosenMs;
      return chosenMs;
    },
  };
}
