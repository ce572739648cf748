import { EmbeddingsError, shapeOf } from "../errors.ts";
import type { Embedder } from "../ports.ts";
import { nativeDimensions } from "./native-dimensions.ts";
import { requestEmbedder } from "./request-embedder.ts";
import type { RequestOptions } from "./request-options.ts";

/** What is used of an AI SDK embedding model (specification v2 or v3); any provider's model fits. */
export interface AiSdkEmbeddingModel {
  readonly modelId: string;
  readonly provider: string;
  readonly maxEmbeddingsPerCall: PromiseLike<number | undefined> | number | undefined;
  readonly supportsParallelCalls: PromiseLike<boolean> | boolean;
  doEmbed(options: {
    values: string[];
    abortSignal?: AbortSignal;
    headers?: Record<string, string | undefined>;
    // biome-ignore lint/suspicious/noExplicitAny: the SDK's JSON objects, which a narrower type would refuse.
    providerOptions?: Record<string, Record<string, any>>;
  }): PromiseLike<{
    embeddings: number[][];
    usage?: { tokens: number } | undefined;
    response?: { headers?: Record<string, string> | undefined } | undefined;
  }>;
}

export interface AiSdkEmbedderOptions extends RequestOptions {
  /** Length of the vectors. Default: of OpenAI's models, the model's own; required for any other. */
  dimensions?: number;
  /** Name under which the vectors are stored. Default: the model's `modelId`. */
  model?: string;
  /** Sent with each request. */
  headers?: Record<string, string>;
  /** Passed to the provider, for example `{ openai: { dimensions: 512 } }`; say the same in `dimensions`. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  providerOptions?: Record<string, Record<string, any>>;
}

/** Where the model says nothing. */
const defaultMaxInputs = 2_048;

/**
 * Embeds by any embedding model of the Vercel AI SDK. Requests hold at most `maxEmbeddingsPerCall` texts, and go out
 * one by one where the model does not support parallel calls; otherwise all is as with {@link openaiEmbedder}:
 * preparation of texts, limits, retries, limiter, refused texts. The SDK's own retries are those of its `embed`
 * functions, which are not used.
 *
 * @throws {EmbeddingsError} INVALID_OPTION at creation; from `embed` what {@link openaiEmbedder} throws
 * @see https://ai-sdk.dev/docs/ai-sdk-core/embeddings
 *
 * @example
 * const embedder = aiSdkEmbedder(mistral.embeddingModel("mistral-embed"), { dimensions: 1024 });
 */
export function aiSdkEmbedder(model: AiSdkEmbeddingModel, options: AiSdkEmbedderOptions = {}): Embedder {
  if (typeof model?.doEmbed !== "function") {
    throw invalid(`model must be an embedding model of the AI SDK; received ${shapeOf(model)}`);
  }
  const { model: name = model.modelId, headers, providerOptions, concurrency = 4 } = options;
  const dimensions = options.dimensions ?? nativeDimensions.get(model.modelId);
  if (dimensions === undefined) {
    throw invalid("the length of this model's vectors is not known; pass dimensions");
  }

  return requestEmbedder(
    {
      factory: "aiSdkEmbedder",
      model: name,
      dimensions,
      async limits() {
        const most = (await model.maxEmbeddingsPerCall) ?? defaultMaxInputs;
        const isParallel = await model.supportsParallelCalls;
        return { maxInputs: Math.max(1, most), concurrency: isParallel ? concurrency : 1 };
      },
      async send(values, abortSignal) {
        const { embeddings, usage, response } = await model.doEmbed({
          values,
          abortSignal,
          ...(headers === undefined ? {} : { headers }),
          ...(providerOptions === undefined ? {} : { providerOptions }),
        });
        return { embeddings, tokens: usage?.tokens, headers: response?.headers };
      },
    },
    options,
  );
}

const invalid = (what: string) => new EmbeddingsError("INVALID_OPTION", `aiSdkEmbedder: ${what}.`);
