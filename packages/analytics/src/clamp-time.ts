/** ISO 8601 with a year of four digits, which PostgreSQL reads. */
const earliestMs = Date.parse("0001-01-01T00:00:00.000Z");
const latestMs = Date.parse("9999-12-31T23:59:59.999Z");

export interface ClockTolerance {
  futureToleranceMs: number;
  maxAgeDays: number;
}

export interface EventTime {
  occurredAt: Date;
  /** The claim, where it was not taken over; at the nearest end of the years 1 to 9999 if it lay outside. */
  claimedAt: Date | null;
}

/** The claimed time, or `now` where the claim is too far ahead or too old: clients' clocks may be years off. */
export function clampTime(
  claimed: Date,
  now: Date,
  { futureToleranceMs, maxAgeDays }: ClockTolerance,
): EventTime {
  const claimedMs = claimed.getTime();
  const fromMs = Math.max(earliestMs, now.getTime() - maxAgeDays * 86_400_000);
  const toMs = Math.min(latestMs, now.getTime() + futureToleranceMs);
  if (claimedMs >= fromMs && claimedMs <= toMs) return { occurredAt: claimed, claimedAt: null };
  return { occurredAt: now, claimedAt: new Date(Math.min(latestMs, Math.max(earliestMs, claimedMs))) };
}
