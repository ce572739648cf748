import type { Embedder, EmbedResult } from "../ports.ts";
import { assertDimensions } from "../validate.ts";
import { inParallel } from "./in-parallel.ts";
import { prepareInputs } from "./prepare-inputs.ts";
import { requestBatches } from "./request-batches.ts";
import { createCall, type Provider } from "./request-call.ts";
import { assertRequestOptions, type RequestOptions } from "./request-options.ts";

/** The part of `maxTokensPerRequest` that is used. */
const margin = 0.9;

/**
 * An embedder over a provider's requests: inputs prepared, cut into requests, sent in parallel, each through the
 * limiter and with retries, refused texts sifted out.
 */
export function requestEmbedder(provider: Provider, options: RequestOptions): Embedder {
  const { model, dimensions } = provider;
  const { maxInputTokens = 8_191, limiter } = options;
  const maxTokensPerRequest = Math.floor((options.maxTokensPerRequest ?? 300_000) * margin);
  assertRequestOptions(provider.factory, options);
  assertDimensions(provider.factory, dimensions);

  return {
    model,
    dimensions,
    maxInputTokens,
    async embed(texts, { signal } = {}): Promise<EmbedResult> {
      signal?.throwIfAborted();
      const inputs = prepareInputs(texts, { maxInputTokens, countTokens: options.countTokens });
      const { maxInputs, concurrency } = await provider.limits();
      // A request above the limit of a minute would wait for ever at the provider.
      const maxTokens = Math.min(maxTokensPerRequest, limiter?.tokensPerMinute ?? maxTokensPerRequest);
      const call = createCall(provider, inputs, options);
      const batches = requestBatches(inputs, { maxInputs, maxTokens });
      await inParallel(batches, { concurrency, signal }, (places, inner) => call.sift(places, inner));
      return call.result();
    },
  };
}
