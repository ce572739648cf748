const brand = Symbol.for("@devora/db-schema.error");

/** What went wrong in this package, apart from the database itself. */
export type SchemaErrorCode =
  | "INVALID_OPTION"
  | "INVALID_USER_ID"
  | "UNSUPPORTED_CLIENT"
  | "MIGRATION_LOCKED"
  | "MIGRATION_CHANGED"
  | "MIGRATION_OUT_OF_ORDER"
  | "MIGRATION_UNKNOWN"
  | "MIGRATION_FAILED"
  | "MIGRATION_BLOCKED"
  | "POOLED_CONNECTION"
  | "FOLDER_LOCKED"
  | "FOLDER_VERSION"
  | "OUTSIDE_TRANSACTION"
  | "PUSH_REFUSED"
  | "POPULATION_EXISTS"
  | "ARCHIVE_INCOMPLETE"
  | "INVALID_ARCHIVE"
  | "MISSING_PACKAGE";

/**
 * Wrong use of, or a refusal by, `@devora/db-schema`.
 * The message says what was received, what is allowed and what to do next.
 */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
  readonly code: SchemaErrorCode;
  readonly retryable: boolean;

  constructor(
    code: SchemaErrorCode,
    message: string,
    options: { cause?: unknown; retryable?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** True for a SchemaError of any copy of this package (ESM and CommonJS builds are two). */
export const isSchemaError = (error: unknown): error is SchemaError =>
  typeof error === "object" && error !== null && brand in error;
