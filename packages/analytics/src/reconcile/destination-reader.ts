import { AnalyticsError } from "../errors.ts";
import type { DeliveryFault } from "../ports.ts";

/** Which ids a reader is asked for. */
export interface HoldingsRange {
  /** Events that happened from then on. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  /** Only ids behind this one; undefined at the beginning. */
  readonly after: string | undefined;
}

/**
 * Says what a destination has. Any object of this shape will do.
 *
 * Answers the ids of the events of a range, ascending by their text, as many at once as it likes; an empty answer is
 * the end. It may answer events from a little before and after the range as well, where the destination shifts times,
 * and must leave none out: what is missing is sent again. Throw `readFailed(…)`, or any error, rather than guess.
 */
export interface DestinationReader {
  listIds(range: HoldingsRange, options: { signal: AbortSignal }): Promise<readonly string[]>;
}

/**
 * What a reader throws whose destination did not say what it has: an AnalyticsError with the code READ_FAILED.
 * @param reason a code such as `HTTP 403`: no values, no keys
 */
export const readFailed = (reason: string, fault: Partial<DeliveryFault> = {}): AnalyticsError =>
  new AnalyticsError(
    "READ_FAILED",
    `The destination did not say which events it has (${reason}). Nothing more was queued again; call it once more when the destination answers, after a look at key and project.`,
    [],
    { blames: "destination", ...fault, reason },
  );
