const brand = Symbol.for("@devora/embeddings.error");

/** What went wrong in this package, apart from the database itself. */
export type EmbeddingsErrorCode =
  | "INVALID_OPTION"
  | "INVALID_INPUT"
  | "INVALID_ID"
  | "UNKNOWN_SOURCE"
  | "OWNER_REQUIRED"
  | "OWNER_MISMATCH"
  | "INPUT_TOO_LONG"
  | "INVALID_EMBEDDING"
  | "EMBEDDER_FAILED"
  | "ROW_CHANGED"
  | "DIMENSION_MISMATCH"
  | "MODEL_BUSY"
  | "MODEL_INCOMPLETE"
  | "MODEL_IN_USE"
  | "NOT_OWNER";

/**
 * Wrong use of `@devora/embeddings`, or a failure of the embedder.
 * The message says what was received, what is allowed and what to do next; it never holds a text.
 */
export class EmbeddingsError extends Error {
  override readonly name = "EmbeddingsError";
  readonly code: EmbeddingsErrorCode;
  /** True when the same call may succeed later. */
  readonly retryable: boolean;
  /** HTTP status of the provider, where it gave one. */
  readonly status: number | undefined;

  constructor(
    code: EmbeddingsErrorCode,
    message: string,
    options: { cause?: unknown; retryable?: boolean; status?: number | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.status = options.status;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** True for an EmbeddingsError of any copy of this package (ESM and CommonJS builds are two). */
export const isEmbeddingsError = (error: unknown): error is EmbeddingsError =>
  typeof error === "object" && error !== null && brand in error;

/** Type and shape of a value for a message, never the value itself. */
export function shapeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return value === "" ? "an empty string" : `a string of ${value.length}`;
  return typeof value;
}
