import { type EmbeddingsError, isEmbeddingsError } from "../errors.ts";
import type { Clock } from "./clock.ts";
import { headerOf } from "./response-headers.ts";

export interface RetryOptions {
  /** Most times that a request is sent. Default 6; 1 retries nothing. */
  maxAttempts?: number;
  /**
   * Milliseconds after its first start in which a request may be sent again. Default 90,000. A provider that asks to
   * wait longer ends the call at once, with `retryAfterMs` on the error.
   */
  maxElapsedMs?: number;
  /** Milliseconds before the second attempt where the provider does not say, doubled each time. Default 500. */
  baseDelayMs?: number;
  /** The most that such a delay grows to. Default 20,000. */
  maxDelayMs?: number;
}

export const retryDefaults: Required<RetryOptions> = {
  maxAttempts: 6,
  maxElapsedMs: 90_000,
  baseDelayMs: 500,
  maxDelayMs: 20_000,
};

export interface Retrying {
  retry: Required<RetryOptions>;
  clock: Clock;
  signal: AbortSignal;
  /** Told of each failure that may pass, and how long to leave the provider alone. */
  onTrouble(error: EmbeddingsError, delayMs: number): void;
}

/** What `send` answers, sent again while its failures may pass and there are attempts and time left. */
export async function withRetries<T>(
  send: () => Promise<T>,
  { retry, clock, signal, onTrouble }: Retrying,
): Promise<T> {
  const startedAt = clock.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      signal.throwIfAborted();
      if (!isEmbeddingsError(error) || !mayPass(error)) throw error;
      const delayMs = delayAfter(attempt, error, retry, clock.random());
      onTrouble(error, delayMs);
      if (attempt >= retry.maxAttempts || clock.now() + delayMs - startedAt > retry.maxElapsedMs) throw error;
      await clock.wait(delayMs, signal);
    }
  }
}

/** An exhausted quota is a 429 that no retry mends; other providers say so by `x-should-retry`. */
function mayPass({ retryable, cause }: EmbeddingsError): boolean {
  if (!retryable) return false;
  const { code, headers } = (cause ?? {}) as { code?: unknown; headers?: unknown };
  return code !== "insufficient_quota" && headerOf(headers, "x-should-retry") !== "false";
}

/** What the provider asks for, up to a tenth more so that not all come back at once; else half to all of 2ⁿ times the base. */
function delayAfter(
  attempt: number,
  { retryAfterMs }: EmbeddingsError,
  { baseDelayMs, maxDelayMs }: Required<RetryOptions>,
  random: number,
): number {
  if (retryAfterMs !== undefined) return Math.ceil(retryAfterMs + (retryAfterMs * random) / 10);
  return Math.ceil(Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1)) * (0.5 + random / 2));
}
