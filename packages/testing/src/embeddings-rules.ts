import type { IncomingMessage } from "node:http";

/** The parsed JSON of a request. */
export interface EmbeddingsBody {
  model?: unknown;
  input?: unknown;
  dimensions?: unknown;
  encoding_format?: unknown;
}

export interface EmbeddingsRules {
  /** Models it knows, with the length of their vectors. Default: OpenAI's. */
  models?: Record<string, number>;
  /** The order in which the answer lists the inputs. Default: as asked. */
  order?: "asked" | "reversed";
  /** Answers float arrays even to those who asked for base64, as some compatible servers do. Default false. */
  floatsOnly?: boolean;
  /** Most inputs of a request. Default 2,048. */
  maxInputs?: number;
  /** Most tokens of an input, counted as a quarter of its UTF-8 bytes. Default 8,191. */
  maxInputTokens?: number;
  /** Most tokens of a request, counted likewise. Default 300,000. */
  maxRequestTokens?: number;
  /** A request with such a text is refused as a whole (HTTP 400). Default: none. */
  refuses?: (text: string) => boolean;
}

const openaiModels: Record<string, number> = {
  "text-embedding-3-small": 1536,
  "text-embedding-3-large": 3072,
  "text-embedding-ada-002": 1536,
};

/** OpenAI's shape of an error. */
export const errorBody = (message: string, code: string | null = null) => ({
  error: { message, type: "invalid_request_error", param: null, code },
});

const refusal = (status: number, message: string, code: string | null = null) => ({
  status,
  answer: errorBody(message, code),
});

/** The API's own estimate of tokens, before it counts them. */
const tokensOf = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4);

/** The answer of the API to a request: vectors, or why it is refused. */
export function answerTo(
  { method, url, headers }: IncomingMessage,
  body: EmbeddingsBody,
  rules: EmbeddingsRules,
  flaw?: "missing" | "repeated" | "nan" | "short",
): { status: number; answer: unknown } {
  if (method !== "POST" || url !== "/v1/embeddings") {
    return refusal(404, `Unknown request URL: ${method} ${url}.`);
  }
  if (!/^Bearer \S+$/.test(headers.authorization ?? "")) {
    return refusal(401, "You didn't provide an API key.", "invalid_api_key");
  }
  const checked = checkedRequest(body, rules);
  if ("status" in checked) return checked;
  const { inputs, dimensions, tokens } = checked;
  const data = inputs.map((text, index) => ({
    object: "embedding",
    index,
    embedding: vectorOf(text, dimensions),
  }));
  if (flaw !== undefined) spoil(data, flaw);
  if (rules.order === "reversed") data.reverse();
  const base64 = body.encoding_format === "base64" && !rules.floatsOnly;
  return {
    status: 200,
    answer: {
      object: "list",
      data: base64 ? data.map((item) => ({ ...item, embedding: base64Of(item.embedding) })) : data,
      model: body.model,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    },
  };
}

function checkedRequest(
  { model, input, dimensions, encoding_format: format }: EmbeddingsBody,
  rules: EmbeddingsRules,
) {
  const { models = openaiModels, maxInputs = 2_048, maxInputTokens = 8_191 } = rules;
  const { maxRequestTokens = 300_000, refuses = () => false } = rules;
  const own = typeof model === "string" && Object.hasOwn(models, model) ? models[model] : undefined;
  if (own === undefined) return refusal(404, "The model does not exist.", "model_not_found");
  const inputs: unknown[] = Array.isArray(input) ? input : [input];
  if (inputs.length === 0 || inputs.length > maxInputs) {
    return refusal(400, `'input' has ${inputs.length} items.`);
  }
  if (!inputs.every((text): text is string => typeof text === "string" && text !== "")) {
    return refusal(400, "'$.input' is invalid: no empty strings.");
  }
  const tokens = inputs.reduce((sum, text) => sum + tokensOf(text), 0);
  if (inputs.some((text) => tokensOf(text) > maxInputTokens)) {
    return refusal(400, `This model's maximum context length is ${maxInputTokens} tokens.`);
  }
  if (tokens > maxRequestTokens) {
    const message = `Requested ${tokens} tokens, max ${maxRequestTokens} tokens per request.`;
    return refusal(400, message, "max_tokens_per_request");
  }
  if (dimensions !== undefined && !String(model).startsWith("text-embedding-3-")) {
    return refusal(400, "This model does not support specifying dimensions.");
  }
  const length = dimensions === undefined ? own : Number(dimensions);
  if (!Number.isInteger(length) || length < 1 || length > own) {
    return refusal(400, "Invalid value for 'dimensions'.");
  }
  if (format !== undefined && format !== "float" && format !== "base64") {
    return refusal(400, "Invalid value for 'encoding_format'.");
  }
  if (inputs.some(refuses)) return refusal(400, "'$.input' is invalid.");
  return { inputs, dimensions: length, tokens };
}

function spoil(
  data: { index: number; embedding: number[] }[],
  flaw: "missing" | "repeated" | "nan" | "short",
): void {
  const last = data.at(-1);
  if (last === undefined) return;
  if (flaw === "missing") data.pop();
  if (flaw === "repeated") last.index = 0;
  if (flaw === "nan") last.embedding[0] = Number.NaN;
  if (flaw === "short") last.embedding.pop();
}

const base64Of = (vector: readonly number[]): string => {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, at * 4);
  return bytes.toString("base64");
};

/** What the server answers for a text: a direction that depends on every character, of length 1. */
export function vectorOf(text: string, dimensions: number): number[] {
  let state = 2_166_136_261;
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 16_777_619);
  const vector = Array.from({ length: dimensions }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2 ** 31;
  });
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => Math.fround(value / length));
}
