import { EmbeddingsError, shapeOf } from "../errors.ts";
import type { Embedder } from "../ports.ts";
import { assertInteger } from "../validate.ts";
import { decodeVector } from "./decode-vector.ts";
import { nativeDimensions } from "./native-dimensions.ts";
import type { ProviderAnswer } from "./request-call.ts";
import { requestEmbedder } from "./request-embedder.ts";
import type { RequestOptions } from "./request-options.ts";

/** What is used of the `openai` package's client; the client itself fits. */
export interface OpenAIClient {
  readonly embeddings: {
    create(
      body: OpenAIEmbeddingsRequest,
      options?: { signal?: AbortSignal; maxRetries?: number },
    ): PromiseLike<OpenAIEmbeddingsResponse> & {
      /** Where there is one, the limiter learns from the headers. */
      withResponse?(): Promise<{ data: OpenAIEmbeddingsResponse; response: { headers: unknown } }>;
    };
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

export interface OpenAIEmbedderOptions extends RequestOptions {
  /** Default `text-embedding-3-small`. */
  model?: string;
  /**
   * Length of the vectors. Default: the model's own (1,536 for `text-embedding-3-small` and
   * `text-embedding-ada-002`, 3,072 for `text-embedding-3-large`); required for any other model.
   */
  dimensions?: number;
  /** Whether `dimensions` is sent, for models that can shorten their vectors. Default: for `text-embedding-3-*`, when given. */
  sendDimensions?: boolean;
  /** `float` for servers that refuse `base64`, which is a third of the bytes. Default `base64`. */
  encodingFormat?: "float" | "base64";
  /** Most texts of a request. Default 2,048. */
  maxInputsPerRequest?: number;
}

/**
 * Embeds by OpenAI's API or one compatible with it, through the client given: its key and `baseURL` apply. The
 * client's own retries are switched off; requests are retried here, see {@link RequestOptions.retry}.
 *
 * Texts go out in requests within the API's limits, a few at once. Vectors are put in order by the `index` of the
 * answer. Texts are sent as they are, new lines included; only what JSON or the API cannot carry (U+0000, halves of
 * surrogate pairs) becomes U+FFFD. When a request is refused (HTTP 400, 413, 422), halves of it are sent until each
 * text that is refused stood alone, so the others have their vectors.
 *
 * @throws {EmbeddingsError} INVALID_OPTION at creation; from `embed` INVALID_INPUT for blank texts, INPUT_TOO_LONG,
 *   INPUT_REFUSED with `indexes` and `partial`, REQUEST_REFUSED, INVALID_EMBEDDING, EMBEDDER_FAILED with the client's
 *   error as cause
 * @see https://platform.openai.com/docs/api-reference/embeddings/create
 *
 * @example
 * const embedder = openaiEmbedder(new OpenAI(), { limiter: createLimiter({ tokensPerMinute: 1_000_000 }) });
 * const local = openaiEmbedder(new OpenAI({ baseURL: "http://localhost:11434/v1", apiKey: "-" }), {
 *   model: "nomic-embed-text",
 *   dimensions: 768,
 *   maxInputTokens: 2_048,
 * });
 */
export function openaiEmbedder(client: OpenAIClient, options: OpenAIEmbedderOptions = {}): Embedder {
  const { model = "text-embedding-3-small", encodingFormat = "base64" } = options;
  const { maxInputsPerRequest: maxInputs = 2_048, concurrency = 4 } = options;
  const dimensions = options.dimensions ?? nativeDimensions.get(model);
  const sendDimensions =
    options.sendDimensions ?? (options.dimensions !== undefined && model.startsWith("text-embedding-3-"));
  if (typeof client?.embeddings?.create !== "function") {
    throw invalid(`client must be an OpenAI client; received ${shapeOf(client)}`);
  }
  if (dimensions === undefined) {
    throw invalid("the length of this model's vectors is not known; pass dimensions");
  }
  assertInteger("openaiEmbedder: maxInputsPerRequest", maxInputs, { min: 1 });

  const send = async (input: string[], signal: AbortSignal): Promise<ProviderAnswer> => {
    const request: OpenAIEmbeddingsRequest = {
      model,
      input,
      encoding_format: encodingFormat,
      ...(sendDimensions ? { dimensions } : {}),
    };
    const pending = client.embeddings.create(request, { signal, maxRetries: 0 });
    const { data: answer, response } =
      typeof pending.withResponse === "function"
        ? await pending.withResponse()
        : { data: await pending, response: undefined };
    // A body that broke off before its first byte, or is no JSON by its content type.
    if (typeof answer !== "object" || answer === null) throw new SyntaxError("The answer is no JSON object.");
    return {
      embeddings: inOrder(answer, input.length, model),
      tokens: answer.usage?.total_tokens,
      headers: response?.headers,
    };
  };

  return requestEmbedder(
    {
      factory: "openaiEmbedder",
      model,
      dimensions,
      limits: async () => ({ maxInputs, concurrency }),
      send,
    },
    options,
  );
}

/** By the answer's own numbers: the API does not promise an order. */
function inOrder({ data }: OpenAIEmbeddingsResponse, count: number, model: string): number[][] {
  const vectors = new Map<number, number[]>();
  if (!Array.isArray(data)) throw invalidAnswer(model, "no list of vectors");
  for (const { index, embedding } of data as OpenAIEmbeddingsResponse["data"]) {
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw invalidAnswer(model, `a vector for an input that none of the ${count} is`);
    }
    if (vectors.has(index)) throw invalidAnswer(model, `two vectors for input ${index} of ${count}`);
    vectors.set(index, decodeVector(embedding));
  }
  return Array.from({ length: count }, (_, index) => {
    const vector = vectors.get(index);
    if (vector !== undefined) return vector;
    throw invalidAnswer(model, `no vector for input ${index} of ${count}`);
  });
}

const invalidAnswer = (model: string, what: string) =>
  new EmbeddingsError(
    "INVALID_EMBEDDING",
    `The model "${model}" answered ${what}. Check that the server numbers its answers from 0.`,
  );

const invalid = (what: string) => new EmbeddingsError("INVALID_OPTION", `openaiEmbedder: ${what}.`);
