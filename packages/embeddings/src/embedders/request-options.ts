import { EmbeddingsError, shapeOf } from "../errors.ts";
import { assertInteger } from "../validate.ts";
import type { Clock } from "./clock.ts";
import type { Limiter } from "./limiter.ts";
import { type RetryOptions, retryDefaults } from "./retry.ts";

/** What embedders have in common that send requests to a provider. */
export interface RequestOptions {
  /** Longest input of the model, in tokens. Default 8,191. */
  maxInputTokens?: number;
  /** Most tokens of a request. A tenth less is used, for what the estimate misses. Default 300,000. */
  maxTokensPerRequest?: number;
  /** Exact tokens of a text in the model's tokenizer. Default: the package's estimate or a quarter of the bytes, the greater. */
  countTokens?: (text: string) => number;
  /** Requests under way at once in one call. Default 4. */
  concurrency?: number;
  /** Milliseconds in which a request has to be answered. Default 60,000. */
  requestTimeoutMs?: number;
  retry?: RetryOptions;
  /** Shared by all embedders of one key; see {@link createLimiter}. Default: none. */
  limiter?: Limiter;
  /** US dollars, for `usage.cost`. Default: not known. */
  pricePerMillionTokens?: number;
  /** Milliseconds since 1970, the pause between attempts, and chance. Defaults: the machine's. */
  now?: Clock["now"];
  wait?: Clock["wait"];
  random?: Clock["random"];
}

/** @throws {EmbeddingsError} INVALID_OPTION */
export function assertRequestOptions(factory: string, options: RequestOptions): void {
  const { pricePerMillionTokens: price = 0 } = options;
  const assertOption = (name: keyof RequestOptions, min: number, max?: number) => {
    if (options[name] === undefined) return;
    assertInteger(`${factory}: ${name}`, options[name], max === undefined ? { min } : { min, max });
  };
  assertOption("maxInputTokens", 1);
  assertOption("maxTokensPerRequest", 2);
  assertOption("concurrency", 1, 1_000);
  assertOption("requestTimeoutMs", 1, 2 ** 31 - 1);
  for (const [name, value] of Object.entries({ ...retryDefaults, ...options.retry })) {
    assertInteger(`${factory}: retry.${name}`, value, { min: name === "maxAttempts" ? 1 : 0 });
  }
  if (Number.isFinite(price) && price >= 0) return;
  throw new EmbeddingsError(
    "INVALID_OPTION",
    `${factory}: pricePerMillionTokens must be US dollars, 0 or more; received ${shapeOf(price)}.`,
  );
}
