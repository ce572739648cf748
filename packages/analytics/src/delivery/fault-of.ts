import type { DeliveryFault } from "../ports.ts";
import { storableText } from "../storable-text.ts";

/** A destination's wish must not stop a queue for longer. */
const longestRetryAfterMs = 3_600_000;

/** What an error of a destination blames; one that says nothing, the destination. */
export function faultOf(error: unknown): DeliveryFault {
  const fault = (error as { delivery?: Partial<DeliveryFault> } | null | undefined)?.delivery;
  const { blames, reason, retryAfterMs } = fault ?? {};
  const known = blames === "events" || blames === "size" ? blames : "destination";
  return {
    blames: known,
    reason: typeof reason === "string" ? storableText(reason.slice(0, 200)) : "UNKNOWN_ERROR",
    ...(typeof retryAfterMs === "number" && retryAfterMs >= 0
      ? { retryAfterMs: Math.min(longestRetryAfterMs, retryAfterMs) }
      : {}),
  };
}
