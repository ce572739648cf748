const firstDelayMs = 10_000;
const longestDelayMs = 3_600_000;

/**
 * How long an event waits that was refused `attempts` times: any time up to 10 s, 20 s, 40 s … an hour, by chance, so
 * that events that failed together do not come back together.
 */
export const retryDelayMs = (attempts: number, random: () => number = Math.random): number =>
  Math.round(random() * Math.min(longestDelayMs, firstDelayMs * 2 ** (attempts - 1)));
