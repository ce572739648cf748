const brand = Symbol.for("@devora/metrics.error");

/** What a caller of this package got wrong; failures of the database are `DatabaseError` of `@devora/db-schema`. */
export type MetricsErrorCode = "INVALID_OPTION" | "INVALID_TIME_ZONE";

/**
 * Wrong use of `@devora/metrics`.
 * The message says what was received (its type or shape, never its value), what is allowed and what to do next.
 */
export class MetricsError extends Error {
  override readonly name = "MetricsError";
  readonly code: MetricsErrorCode;
  /** Always false: the same call fails again. */
  readonly retryable = false;

  constructor(code: MetricsErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** True for a MetricsError of any copy of this package (ESM and CommonJS builds are two). */
export const isMetricsError = (error: unknown): error is MetricsError =>
  typeof error === "object" && error !== null && brand in error;
