import { estimateTokens } from "../chunking/estimate-tokens.ts";
import { embedderFailure } from "../embedder-failure.ts";
import { EmbeddingsError, shapeOf } from "../errors.ts";
import type { Embedder, EmbedResult } from "../ports.ts";
import { assertDimensions, assertInteger } from "../validate.ts";
import { decodeVector } from "./decode-vector.ts";
import { requestBatches } from "./request-batches.ts";

/** What is used of the `openai` package's client; the client itself fits. */
export interface OpenAIClient {
  readonly embeddings: {
    create(
      body: OpenAIEmbeddingsRequest,
      options?: { signal?: AbortSignal | undefined },
    ): PromiseLike<OpenAIEmbeddingsResponse>;
  };
}

export interface OpenAIEmbeddingsRequest {
  model: string;
  input: string[];
  encoding_format: "float" | "base64";
  dimensions?: number;
}

export interface OpenAIEmbeddingsResponse {
  data: readonly { index: number; embedding: readonly number[] | string }[];
  usage?: { total_tokens?: number } | undefined;
}

export interface OpenAIEmbedderOptions {
  /** Default `text-embedding-3-small`. */
  model?: string;
  /**
   * Length of the vectors. Default: the model's own (1,536 for `text-embedding-3-small` and
   * `text-embedding-ada-002`, 3,072 for `text-embedding-3-large`); required for any other model.
   */
  dimensions?: number;
  /** Whether `dimensions` is sent, for models that can shorten their vectors. Default: for `text-embedding-3-*`, when given. */
  sendDimensions?: boolean;
  /** Longest input of the model, in tokens. Default 8,191. */
  maxInputTokens?: number;
  /** `float` for servers that refuse `base64`, which is a third of the bytes. Default `base64`. */
  encodingFormat?: "float" | "base64";
}

const nativeDimensions: Record<string, number> = {
  "text-embedding-3-small": 1536,
  "text-embedding-3-large": 3072,
  "text-embedding-ada-002": 1536,
};

/**
 * Embeds by OpenAI's API or one compatible with it, through the client given: its key, `baseURL`, timeout and
 * `maxRetries` apply, and nothing is retried here.
 *
 * Texts go out in requests of at most 2,048 inputs and 270,000 estimated tokens (the API allows 300,000), one
 * after the other. Vectors are put in order by the `index` of the answer. Texts are sent as they are, new lines
 * included; only what JSON or the API cannot carry (U+0000, halves of surrogate pairs) becomes U+FFFD.
 *
 * @throws {EmbeddingsError} INVALID_OPTION at creation; from `embed` INVALID_INPUT for a blank text, INPUT_TOO_LONG,
 *   INVALID_EMBEDDING, EMBEDDER_FAILED with the client's error as cause
 * @see https://platform.openai.com/docs/api-reference/embeddings/create
 *
 * @example
 * const embedder = openaiEmbedder(new OpenAI());
 * const local = openaiEmbedder(new OpenAI({ baseURL: "http://localhost:11434/v1", apiKey: "-" }), {
 *   model: "nomic-embed-text",
 *   dimensions: 768,
 * });
 */
export function openaiEmbedder(client: OpenAIClient, options: OpenAIEmbedderOptions = {}): Embedder {
  const { model = "text-embedding-3-small", maxInputTokens = 8_191, encodingFormat = "base64" } = options;
  const dimensions = options.dimensions ?? nativeDimensions[model];
  const sendDimensions =
    options.sendDimensions ?? (options.dimensions !== undefined && model.startsWith("text-embedding-3-"));
  if (typeof client?.embeddings?.create !== "function") {
    throw invalid(`client must be an OpenAI client; received ${shapeOf(client)}`);
  }
  if (dimensions === undefined) {
    throw invalid(`the length of this model's vectors is not known; pass dimensions`);
  }
  assertDimensions("openaiEmbedder", dimensions);
  assertInteger("openaiEmbedder: maxInputTokens", maxInputTokens, { min: 1 });

  const request = async (input: string[], signal: AbortSignal | undefined) => {
    const body: OpenAIEmbeddingsRequest = {
      model,
      input,
      encoding_format: encodingFormat,
      ...(sendDimensions ? { dimensions } : {}),
    };
    try {
      return await client.embeddings.create(body, { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw embedderFailure(model, error);
    }
  };

  return {
    model,
    dimensions,
    maxInputTokens,
    async embed(texts, { signal } = {}): Promise<EmbedResult> {
      const inputs = texts.map((text, at) => checkedInput(text, at, maxInputTokens));
      const embeddings: number[][] = [];
      let tokens = 0;
      for (const batch of requestBatches(inputs)) {
        signal?.throwIfAborted();
        const response = await request(batch, signal);
        embeddings.push(...inOrder(response, batch.length, model));
        tokens += response.usage?.total_tokens ?? 0;
      }
      return { embeddings, usage: { tokens } };
    },
  };
}

const unsendable = /\0|\p{Surrogate}/gu;

function checkedInput(text: string, at: number, maxInputTokens: number): string {
  if (text.trim() === "") {
    throw new EmbeddingsError("INVALID_INPUT", `Text ${at} is blank, which the API refuses. Leave it out.`);
  }
  const tokens = estimateTokens(text);
  if (tokens <= maxInputTokens) return text.replace(unsendable, "\uFFFD");
  throw new EmbeddingsError(
    "INPUT_TOO_LONG",
    `Text ${at} has about ${tokens} tokens; the model takes ${maxInputTokens}. Cut it with chunkText.`,
  );
}

/** By the answer's own numbers: the API does not promise an order. */
function inOrder({ data }: OpenAIEmbeddingsResponse, count: number, model: string): number[][] {
  const vectors = new Map<number, number[]>();
  for (const { index, embedding } of data ?? []) vectors.set(index, decodeVector(embedding));
  return Array.from({ length: count }, (_, index) => {
    const vector = vectors.get(index);
    if (vector !== undefined) return vector;
    throw new EmbeddingsError(
      "INVALID_EMBEDDING",
      `The model "${model}" answered no vector for input ${index} of ${count}. Check that the server numbers its answers.`,
    );
  });
}

const invalid = (what: string) => new EmbeddingsError("INVALID_OPTION", `openaiEmbedder: ${what}.`);
