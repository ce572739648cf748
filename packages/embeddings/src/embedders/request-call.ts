import { blamesTheInput, embedderFailure } from "../embedder-failure.ts";
import { EmbeddingsError, isEmbeddingsError } from "../errors.ts";
import type { EmbedResult, EmbedUsage, PartialEmbeddings } from "../ports.ts";
import { createSieve } from "../refusals.ts";
import { assertVectors } from "../vectors.ts";
import { systemClock } from "./clock.ts";
import { type PreparedInput, textsAt } from "./prepare-inputs.ts";
import type { RequestOptions } from "./request-options.ts";
import { retryAfterMs } from "./response-headers.ts";
import { retryDefaults, withRetries } from "./retry.ts";
import { withTimeout } from "./with-timeout.ts";

/** What a provider answers to one request. */
export interface ProviderAnswer {
  /** In the order of the texts. */
  embeddings: unknown;
  /** Undefined where the provider does not say. */
  tokens: number | undefined;
  headers: unknown;
}

/** What differs from one provider's client to another's. */
export interface Provider {
  /** The function's name, for messages. */
  factory: string;
  model: string;
  dimensions: number;
  /** What one request may hold, and how many may be under way. Asked once a call. */
  limits(): Promise<{ maxInputs: number; concurrency: number }>;
  /** Sends one request. Rejects with what the client throws. */
  send(texts: string[], signal: AbortSignal): PromiseLike<ProviderAnswer>;
}

/** One call of `embed`: what came back so far, and what it cost. */
export function createCall(provider: Provider, inputs: readonly PreparedInput[], options: RequestOptions) {
  const { model, dimensions } = provider;
  const { limiter, requestTimeoutMs = 60_000, pricePerMillionTokens: price } = options;
  const { now = systemClock.now, wait = systemClock.wait, random = systemClock.random } = options;
  const retry = { ...retryDefaults, ...options.retry };
  const vectors: (number[] | undefined)[] = inputs.map(() => undefined);
  const refused = new Map<number, EmbeddingsError>();
  let tokens = 0;
  let requests = 0;

  async function attempt(texts: string[], estimate: number, signal: AbortSignal): Promise<number[][]> {
    await limiter?.acquire(estimate, signal);
    requests += 1;
    try {
      const answer = await withTimeout(requestTimeoutMs, signal, (inner) => provider.send(texts, inner));
      limiter?.report(answer.headers);
      assertVectors(provider, texts.length, answer.embeddings);
      tokens += isCount(answer.tokens) ? answer.tokens : estimate;
      return answer.embeddings;
    } catch (error) {
      signal.throwIfAborted();
      if (isEmbeddingsError(error)) throw error;
      const headers = headersOf(error);
      limiter?.report(headers);
      throw embedderFailure(model, error, retryAfterMs(headers, now()));
    }
  }

  const request = (sent: readonly PreparedInput[], signal: AbortSignal): Promise<number[][]> => {
    const texts = sent.map(({ text }) => text);
    const estimate = sent.reduce((sum, input) => sum + input.tokens, 0);
    return withRetries(() => attempt(texts, estimate, signal), {
      retry,
      clock: { now, wait, random },
      signal,
      onTrouble({ status, retryAfterMs: asked }, delayMs) {
        if (status === 429 || asked !== undefined) limiter?.pause(delayMs);
      },
    });
  };

  const usage = (): EmbedUsage => ({
    tokens,
    requests,
    cost: price === undefined ? undefined : (tokens * price) / 1_000_000,
  });

  return {
    async sift(places: readonly number[], signal: AbortSignal): Promise<void> {
      const sieve = createSieve({
        model,
        isRefusal: blamesTheInput,
        async send(some) {
          const sent = some.map((place) => inputs[place]).filter((input) => input !== undefined);
          const embeddings = await request(sent, signal);
          for (const [at, place] of some.entries()) vectors[place] = embeddings[at];
        },
        probe: async (text) => void (await request([{ text, tokens: 1 }], signal)),
      });
      await sieve.sift(places);
      for (const [place, error] of sieve.refused) refused.set(place, error);
    },
    /** @throws {EmbeddingsError} INPUT_REFUSED with the vectors of the others */
    result(): EmbedResult {
      if (refused.size > 0) {
        throw inputRefused({ model, refused, partial: { embeddings: vectors, usage: usage() } });
      }
      const embeddings = vectors.filter((vector) => vector !== undefined);
      assertVectors({ model, dimensions }, inputs.length, embeddings);
      return { embeddings, usage: usage() };
    },
  };
}

interface Refused {
  model: string;
  refused: ReadonlyMap<number, EmbeddingsError>;
  partial: PartialEmbeddings;
}

function inputRefused({ model, refused, partial }: Refused): EmbeddingsError {
  const indexes = [...refused.keys()].sort((one, other) => one - other);
  const first = refused.get(indexes[0] ?? 0);
  return new EmbeddingsError(
    "INPUT_REFUSED",
    `${textsAt(indexes, partial.embeddings.length)} refused by the embedder "${model}", HTTP ${first?.status}. Leave them out; the vectors of the others are in "partial".`,
    { indexes, partial, status: first?.status, cause: first?.cause },
  );
}

/** `headers` (openai) or `responseHeaders` (AI SDK) of a client's error. */
const headersOf = (error: unknown): unknown => {
  const { headers, responseHeaders } = (error ?? {}) as Record<string, unknown>;
  return headers ?? responseHeaders;
};

const isCount = (value: unknown): value is number => Number.isFinite(value) && (value as number) >= 0;
