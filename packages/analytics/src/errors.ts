import type { DeliveryFault } from "./ports.ts";

const brand = Symbol.for("@devora/analytics.error");

/**
 * What was wrong: an option, a catalogue, an event, a feature flag, a destination that did not take events, or would not
 * say which it has. Failures of the database are db-schema's DatabaseError.
 */
export type AnalyticsErrorCode =
  | "INVALID_OPTION"
  | "INVALID_CATALOGUE"
  | "INVALID_EVENT"
  | "INVALID_FLAG"
  | "DELIVERY_FAILED"
  | "READ_FAILED";

/** One thing that is wrong with an event. */
export interface EventIssue {
  /** Where: `event`, `distinctId`, `properties.tokens_used`, `properties.tags.3` … */
  path: string;
  /** Type or shape of what was received: `string`, `undefined`, `an array`. Never the value. */
  received: string;
  /** What is asked for. Written by the schema library where a schema refused; some of those put the value in it. */
  message: string;
}

/**
 * Wrong use of `@devora/analytics`, or a destination that did not take events.
 * The message says what was received (its type, never its value), what is allowed and what to do next.
 */
export class AnalyticsError extends Error {
  override readonly name = "AnalyticsError";
  readonly code: AnalyticsErrorCode;
  /** True where a destination may take the same events later; false for wrong use, which fails again. */
  readonly retryable: boolean;
  /** What is wrong with the event, for INVALID_EVENT; otherwise empty. Sensitive: see {@link EventIssue.message}. */
  readonly issues: readonly EventIssue[];
  /** What a destination blames, for DELIVERY_FAILED and READ_FAILED; otherwise undefined. */
  readonly delivery: DeliveryFault | undefined;

  constructor(
    code: AnalyticsErrorCode,
    message: string,
    issues: readonly EventIssue[] = [],
    delivery?: DeliveryFault,
  ) {
    super(message);
    this.code = code;
    this.issues = issues;
    this.delivery = delivery;
    this.retryable = delivery?.blames === "destination";
    Object.defineProperty(this, brand, { value: true });
  }
}

/**
 * What a destination throws that did not take its events: an AnalyticsError with the code DELIVERY_FAILED.
 *
 * @example
 * if (answer.status === 429) throw deliveryFailed({ blames: "destination", reason: "HTTP 429", retryAfterMs: 5_000 });
 */
export const deliveryFailed = (fault: DeliveryFault): AnalyticsError =>
  new AnalyticsError("DELIVERY_FAILED", `${failures[fault.blames]} (${fault.reason}).`, [], fault);

const failures: Record<DeliveryFault["blames"], string> = {
  destination: "The destination takes no events now; they wait in the database and are sent again",
  events: "The destination refuses events of this batch; smaller parts of it are tried",
  size: "The destination finds the batch too large; smaller parts of it are tried",
};

/** True for an AnalyticsError of any copy of this package (ESM and CommonJS builds are two). */
export const isAnalyticsError = (error: unknown): error is AnalyticsError =>
  typeof error === "object" && error !== null && brand in error;

/** The type or shape of a value, for messages: `null`, `an array`, `an invalid Date`, `a string of 12 characters`. */
export function shapeOf(value: unknown): string {
  if (value === null) return "null";
  if (value === "") return "an empty string";
  if (typeof value === "string") return `a string of ${value.length} characters`;
  if (typeof value === "number" && !Number.isFinite(value)) return "a number that is not finite";
  if (typeof value !== "object") return typeof value;
  try {
    if (Array.isArray(value)) return "an array";
    return value instanceof Date && Number.isNaN(value.getTime()) ? "an invalid Date" : "an object";
  } catch {
    return "a proxy that throws";
  }
}
