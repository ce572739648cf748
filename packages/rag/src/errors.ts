const brand = Symbol.for("@devora/rag.error");

/** What went wrong in this package. */
export type RagErrorCode =
  | "INVALID_OPTION"
  | "USER_REQUIRED"
  | "EMPTY_QUERY"
  | "RETRIEVAL_FAILED"
  | "HISTORY_REQUIRED"
  | "CONVERSATION_NOT_FOUND"
  | "BUDGET_TOO_SMALL"
  | "GENERATOR_REQUIRED"
  | "GENERATION_FAILED"
  | "READER_REQUIRED"
  | "SOURCE_FAILED"
  | "PRUNE_REFUSED"
  | "INVALID_QUESTIONS";

/** Figures of an error; each is there for the codes named beside it. */
export interface RagErrorDetails {
  /** BUDGET_TOO_SMALL: the smallest `maxContextTokens` with which the same call can work. */
  readonly minimumTokens?: number;
  /** RETRIEVAL_FAILED: the code of each retriever's failure, by the retriever's name. */
  readonly retrievers?: Readonly<Record<string, string>>;
  /** GENERATION_FAILED: the HTTP status of the model's API, where it answered. */
  readonly status?: number;
  /** PRUNE_REFUSED: live documents in the scope, and how many of them the source did not give. */
  readonly documents?: { readonly live: number; readonly missing: number };
  /** INVALID_QUESTIONS: the file that could not be read, and the line in it, from 1. */
  readonly file?: string;
  readonly line?: number;
}

/**
 * Wrong use of, or a failure in, `@devora/rag`. The message holds no text of queries, passages or answers;
 * `cause` may, so treat it as sensitive.
 */
export class RagError extends Error {
  override readonly name = "RagError";
  readonly code: RagErrorCode;
  /** True when the same call may succeed later. */
  readonly retryable: boolean;
  readonly details: RagErrorDetails;

  constructor(
    code: RagErrorCode,
    message: string,
    options: { cause?: unknown; retryable?: boolean; details?: RagErrorDetails } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
    Object.defineProperty(this, brand, { value: true });
  }
}

/** True for a RagError of any copy of this package (ESM and CommonJS builds are two). */
export const isRagError = (error: unknown): error is RagError =>
  typeof error === "object" && error !== null && brand in error;

/** The code of any error: its `code` where that is a plain word, else its name; never its message. */
export function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (typeof code === "string" && /^\w{1,64}$/.test(code)) return code;
  return typeof name === "string" ? name : "UNKNOWN";
}

/**
 * The HTTP status that an API client put on its error. The AI SDK calls it `statusCode`, and keeps a 200 there when the
 * connection is lost later: that is no reason.
 */
export function statusOf(error: unknown): number | undefined {
  const { statusCode, status = statusCode } = (error ?? {}) as { status?: unknown; statusCode?: unknown };
  return typeof status === "number" && status >= 400 ? status : undefined;
}

/** Whether the error says so itself, carries a status after which the same request may succeed, or lost its connection. */
export function isRetryable(error: unknown): boolean {
  const { retryable } = (error ?? {}) as { retryable?: unknown };
  if (typeof retryable === "boolean") return retryable;
  const status = statusOf(error);
  if (status !== undefined) return [408, 409, 429].includes(status) || status >= 500;
  return hasLostConnection(error);
}

/** Codes of sockets and of Node's `fetch`, which come wrapped as causes of clients' errors. */
const connectionCode = /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|EAI_AGAIN|UND_ERR_\w+)$/;

function hasLostConnection(error: unknown): boolean {
  let current = error;
  for (let depth = 0; depth < 5 && typeof current === "object" && current !== null; depth++) {
    const { code, cause } = current as { code?: unknown; cause?: unknown };
    if (typeof code === "string" && connectionCode.test(code)) return true;
    current = cause;
  }
  return false;
}
