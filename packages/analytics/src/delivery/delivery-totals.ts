import type { DeliveryRun } from "./delivery-run.ts";

/** What a worker did for one destination since it was created. All only ever grow. */
export interface DeliveryTotals {
  claimed: number;
  sent: number;
  retried: number;
  parked: number;
  removed: number;
  released: number;
  stale: number;
  requests: number;
  /** Runs in which the destination failed as a whole. */
  failures: number;
}

export const emptyTotals = (): DeliveryTotals => ({
  claimed: 0,
  sent: 0,
  retried: 0,
  parked: 0,
  removed: 0,
  released: 0,
  stale: 0,
  requests: 0,
  failures: 0,
});

/** Adds what a run did, also one that was cut off. */
export function addRun(
  totals: DeliveryTotals,
  { failure, pausedMs: _, ...run }: Readonly<DeliveryRun>,
): void {
  for (const [name, count] of Object.entries(run)) totals[name as keyof typeof run] += count;
  if (failure !== undefined) totals.failures++;
}
