import type { PartialEmbeddings } from "./ports.ts";

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
  | "INPUT_REFUSED"
  | "REQUEST_REFUSED"
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
  /** How long the provider asked to wait before the next call, in milliseconds, where it did. */
  readonly retryAfterMs: number | undefined;
  /** Places of the texts that are to blame among those of the call, ascending, where texts are. */
  readonly indexes: readonly number[] | undefined;
  /** What was made of the call's other texts, where they were sent. Not enumerable, so that no log prints vectors. */
  declare readonly partial: PartialEmbeddings | undefined;

  constructor(code: EmbeddingsErrorCode, message: string, options: EmbeddingsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
    this.indexes = options.indexes;
    Object.defineProperty(this, "partial", { value: options.partial, enumerable: false });
    Object.defineProperty(this, brand, { value: true });
  }
}

export interface EmbeddingsErrorOptions {
  cause?: unknown;
  retryable?: boolean;
  status?: number | undefined;
  retryAfterMs?: number | undefined;
  indexes?: readonly number[] | undefined;
  partial?: PartialEmbeddings | undefined;
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
