import type { CaptureOutcome } from "./event.ts";

/** What one instance did since it was created. A later rollback of the caller's transaction is not subtracted. */
export interface AnalyticsStats {
  /** Events written. */
  captured: number;
  /** Events whose id was there before. */
  duplicate: number;
  /** Events that their catalogue refused, whatever the mode made of them. */
  invalid: number;
  /** Events not written by calls that resolved: invalid ones, and those of the next three. */
  dropped: number;
  /** Of someone who opted out. */
  optedOut: number;
  /** Captured while analytics were off for everybody, or by the option `disabled`. */
  disabled: number;
  /** In another's name than the scope's user. */
  foreignOwner: number;
  /** Buffered events that never came into the database: no room, closed, or refused by it. */
  lost: number;
}

export const createStats = (): AnalyticsStats => ({
  captured: 0,
  duplicate: 0,
  invalid: 0,
  dropped: 0,
  optedOut: 0,
  disabled: 0,
  foreignOwner: 0,
  lost: 0,
});

export function countOutcome(stats: AnalyticsStats, outcome: CaptureOutcome): void {
  if (outcome === "accepted") stats.captured++;
  else if (outcome === "duplicate") stats.duplicate++;
  else {
    stats.dropped++;
    if (outcome === "opted_out") stats.optedOut++;
    else if (outcome === "disabled") stats.disabled++;
    else if (outcome === "foreign_owner") stats.foreignOwner++;
  }
}
