import { EmbeddingsError, isEmbeddingsError } from "./errors.ts";

/** Statuses by which a provider blames the texts, not itself and not the key. */
const inputStatuses = new Set([400, 413, 422]);
const inputCodes = new Set(["INVALID_INPUT", "INPUT_TOO_LONG", "INPUT_REFUSED"]);
const retryableStatuses = new Set([408, 409, 429]);
const connectionErrors = new Set(["APIConnectionError", "APIConnectionTimeoutError", "TimeoutError"]);

/** True where the texts of a call are to blame, all or some, and without them it may succeed. */
export const blamesTheInput = (error: unknown): boolean =>
  isEmbeddingsError(error) &&
  (inputCodes.has(error.code) || (error.code === "EMBEDDER_FAILED" && inputStatuses.has(error.status ?? 0)));

/**
 * What a provider's client threw, named. Its own error is the cause, because its message may hold a text.
 *
 * Retryable are HTTP 408, 409, 429 and 5xx, connections that failed, answers that broke off or were no JSON, and
 * what the client itself calls retryable.
 */
export function embedderFailure(model: string, error: unknown, retryAfterMs?: number): EmbeddingsError {
  const { name, isRetryable } = propertiesOf(error);
  const status = statusOf(error);
  const type = error instanceof Error ? error.constructor.name : String(name ?? typeof error);
  return new EmbeddingsError(
    "EMBEDDER_FAILED",
    `The embedder "${model}" failed: ${type}${status === undefined ? "" : `, HTTP ${status}`}. ${nextStep(status)}`,
    {
      cause: error,
      retryable:
        status === undefined || status < 300
          ? isRetryable === true || isBrokenAnswer(error) || isConnectionError(error)
          : status >= 500 || retryableStatuses.has(status),
      status,
      retryAfterMs,
    },
  );
}

/** HTTP status of a client's error: `status` (openai) or `statusCode` (AI SDK). */
function statusOf(error: unknown): number | undefined {
  const { status, statusCode } = propertiesOf(error);
  if (typeof status === "number") return status;
  return typeof statusCode === "number" ? statusCode : undefined;
}

function nextStep(status: number | undefined): string {
  if (status === 401 || status === 403) return "Check the API key and what it may use.";
  if (status === 404) return "Check the model's name and the base URL.";
  if (status === 429) return "The rate limit or the quota is used up; call again later.";
  if (status !== undefined && status >= 500) return "The provider is in trouble; call again later.";
  return "See the cause.";
}

/** The AI SDK says "Invalid JSON response" of an answer with status 200. */
const isBrokenAnswer = (error: unknown): boolean =>
  chainOf(error).some((one) => one instanceof SyntaxError || nameOf(one) === "AI_JSONParseError");

const isConnectionError = (error: unknown): boolean =>
  chainOf(error).some((one) => {
    const { code } = propertiesOf(one);
    if (connectionErrors.has(nameOf(one))) return true;
    if (one instanceof Error && connectionErrors.has(one.constructor.name)) return true;
    return typeof code === "string" && /^(?:E[A-Z]{4,}|UND_ERR_\w+)$/.test(code);
  });

/** An error and its causes; five are more than any client nests. */
function chainOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (
    let one = error;
    one !== undefined && one !== null && chain.length < 5;
    one = propertiesOf(one).cause
  ) {
    chain.push(one);
  }
  return chain;
}

const nameOf = (error: unknown): string => String(propertiesOf(error).name ?? "");

const propertiesOf = (value: unknown) =>
  (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
