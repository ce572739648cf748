const brand = Symbol.for("@devora/search.error");

/** What went wrong in this package, apart from the database itself. */
export type SearchErrorCode =
  | "INVALID_OPTION"
  | "INVALID_SOURCE"
  | "UNKNOWN_SOURCE"
  | "OWNER_REQUIRED"
  | "INVALID_CURSOR"
  | "LOG_FULL";

/**
 * Wrong use of `@devora/search`. The message says what was received, what is allowed and what to do next.
 * Failures of the database are `DatabaseError` of `@devora/db-schema`.
 */
export class SearchError extends Error {
  override readonly name = "SearchError";
  readonly code: SearchErrorCode;
  /** Always false: the same call fails again. */
  readonly retryable = false;

  constructor(code: SearchErrorCode, message: string) {
    super(message);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** True for a SearchError of any copy of this package (ESM and CommonJS builds are two). */
export const isSearchError = (error: unknown): error is SearchError =>
  typeof error === "object" && error !== null && brand in error;
