import type { DeliveryFault } from "../ports.ts";

/** What one run did for one destination, in events. */
export interface DeliveryRun {
  claimed: number;
  /** Taken by the destination, and marked so. */
  sent: number;
  /** Refused without proof that the event is at fault: to be tried again. */
  retried: number;
  /** Put aside: refused while others were taken, refused `maxAttempts` times, or of no event of the catalogue. */
  parked: number;
  /** Taken out of the queue, because the event is gone: its person was erased. */
  removed: number;
  /** Given back, because the destination failed as a whole; no attempt is counted. */
  released: number;
  /** Lost to another worker, because the lease ran out. Where they had been sent they are sent twice. */
  stale: number;
  /** Requests sent. */
  requests: number;
  /** Why the destination failed as a whole; undefined where it did not. */
  failure: DeliveryFault | undefined;
  /** Milliseconds for which the destination is left alone from now on; 0 where it is not. */
  pausedMs: number;
}

export const emptyRun = (): DeliveryRun => ({
  claimed: 0,
  sent: 0,
  retried: 0,
  parked: 0,
  removed: 0,
  released: 0,
  stale: 0,
  requests: 0,
  failure: undefined,
  pausedMs: 0,
});
