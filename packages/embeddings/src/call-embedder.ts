import { EmbeddingsError, isEmbeddingsError } from "./errors.ts";
import type { Embedder, EmbedResult } from "./ports.ts";

/** The largest number that a half-precision float holds. */
const largestHalf = 65_504;

/**
 * Calls the embedder and checks what it answers, before any of it reaches SQL.
 * @throws {EmbeddingsError} EMBEDDER_FAILED, INVALID_EMBEDDING; the signal's reason when it was cancelled
 */
export async function callEmbedder(
  embedder: Embedder,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<EmbedResult> {
  signal?.throwIfAborted();
  const result = await embedder.embed(texts, { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw isEmbeddingsError(error) ? error : embedderFailure(embedder.model, error);
  });
  assertEmbeddings(embedder, texts.length, result.embeddings);
  return result;
}

/** Statuses by which a provider blames the texts, not itself and not the key. */
export const blamesTheInput = (error: unknown): boolean =>
  isEmbeddingsError(error) &&
  (error.code === "INPUT_TOO_LONG" || [400, 413, 422].includes(error.status ?? 0));

const retryableStatuses = new Set([408, 409, 429]);
const connectionErrors = new Set(["APIConnectionError", "APIConnectionTimeoutError", "TimeoutError"]);

/** What a provider's client threw, named; its own error is the cause, because its message may hold a text. */
export function embedderFailure(model: string, error: unknown): EmbeddingsError {
  const { status, name } = (typeof error === "object" && error !== null ? error : {}) as Record<
    string,
    unknown
  >;
  const type = error instanceof Error ? error.constructor.name : String(name ?? typeof error);
  const code = typeof status === "number" ? status : undefined;
  const retryable =
    code === undefined
      ? connectionErrors.has(type) || connectionErrors.has(String(name)) || isSocketError(error)
      : code >= 500 || retryableStatuses.has(code);
  return new EmbeddingsError(
    "EMBEDDER_FAILED",
    `The embedder "${model}" failed: ${type}${code === undefined ? "" : `, HTTP ${code}`}. ${nextStep(code)}`,
    { cause: error, retryable, status: code },
  );
}

function nextStep(status: number | undefined): string {
  if (status === 401 || status === 403) return "Check the API key and what it may use.";
  if (status === 404) return "Check the model's name and the base URL.";
  if (status === 429) return "The rate limit or the quota is used up; call again later.";
  if (status !== undefined && status >= 500) return "The provider is in trouble; call again later.";
  return "See the cause.";
}

function isSocketError(error: unknown): boolean {
  const { code, cause } = (typeof error === "object" && error !== null ? error : {}) as Record<
    string,
    unknown
  >;
  if (typeof code === "string" && /^(?:E[A-Z]{4,}|UND_ERR_\w+)$/.test(code)) return true;
  return cause !== undefined && cause !== error && isSocketError(cause);
}

function assertEmbeddings(embedder: Embedder, count: number, embeddings: unknown): void {
  const flaw = flawOf(embeddings, count, embedder.dimensions);
  if (flaw === undefined) return;
  throw new EmbeddingsError(
    "INVALID_EMBEDDING",
    `The embedder "${embedder.model}" answered ${flaw}; ${count} vectors of ${embedder.dimensions} finite numbers were expected. Check its dimensions and the order of its answers.`,
  );
}

/** What is wrong with an answer, if anything is. */
function flawOf(embeddings: unknown, count: number, dimensions: number): string | undefined {
  if (!Array.isArray(embeddings)) return `${typeof embeddings} in place of a list`;
  if (embeddings.length !== count) return `${embeddings.length} vectors`;
  for (const vector of embeddings as unknown[]) {
    if (!Array.isArray(vector)) return "a vector that is no array";
    if (vector.length !== dimensions) return `a vector of ${vector.length}`;
    if (!vector.every(isHalf)) return "a vector that holds NaN, infinity or a number beyond half precision";
    if (!vector.some((value) => value !== 0)) return "a vector of zeros, which is near to nothing";
  }
  return undefined;
}

const isHalf = (value: unknown): boolean => typeof value === "number" && Math.abs(value) <= largestHalf;
