import type { Fault } from "./counting-server.ts";

/** How the process ends after its last event. */
export type Ending = "shutdown" | "exit" | "kill";

export interface Scenario {
  name: string;
  /** Events, and how many of them every 50 ms; all at once where there are as many. */
  events: number;
  perTurn: number;
  ending: Ending;
  faultOf: (index: number, elapsedMs: number) => Fault | undefined;
}

/** What every library gets alike. */
export const budget = {
  /** Events of a batch, and how long one waits to be filled. */
  flushAt: 100,
  flushIntervalMs: 200,
  /** Retries of a request; pauses are each library's own, PostHog's set to `retryDelayMs`. */
  retries: 3,
  retryDelayMs: 300,
  timeoutMs: 1_000,
  /** What `shutdown` may take. */
  shutdownMs: 20_000,
} as const;

const steady = { events: 1_000, perTurn: 25, ending: "shutdown" } as const;

/** Each as short as it can be and still outlast a request. */
export const scenarios: readonly Scenario[] = [
  { ...steady, name: "no fault", faultOf: () => undefined },
  {
    ...steady,
    name: "down for 10 s, then up",
    events: 3_000,
    perTurn: 12,
    faultOf: (_, elapsedMs) => (elapsedMs < 10_000 ? { cut: "before" } : undefined),
  },
  {
    ...steady,
    name: "503 for 5 s, then 200",
    events: 2_000,
    perTurn: 12,
    faultOf: (_, elapsedMs) => (elapsedMs < 5_000 ? { status: 503 } : undefined),
  },
  {
    ...steady,
    name: "429 with Retry-After 1 for 5 s",
    events: 2_000,
    perTurn: 12,
    faultOf: (_, elapsedMs) =>
      elapsedMs < 5_000 ? { status: 429, headers: { "retry-after": "1" } } : undefined,
  },
  {
    ...steady,
    name: "every third answer cut off",
    faultOf: (index) => (index % 3 === 1 ? { cut: "after" } : undefined),
  },
  {
    ...steady,
    name: "slower than the timeout for 5 s",
    events: 2_000,
    perTurn: 12,
    faultOf: (_, elapsedMs) => (elapsedMs < 5_000 ? { delayMs: 2_000, status: 503 } : undefined),
  },
  { ...steady, name: "burst of 20,000", events: 20_000, perTurn: 20_000, faultOf: () => undefined },
  { ...steady, name: "exit without shutdown", ending: "exit", faultOf: () => undefined },
  { ...steady, name: "kill -9", ending: "kill", faultOf: () => undefined },
];
