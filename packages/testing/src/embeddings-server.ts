import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a client asked, as it arrived. */
export interface EmbeddingsRequest {
  body: {
    model?: unknown;
    input?: unknown;
    dimensions?: unknown;
    encoding_format?: unknown;
  };
  authorization: string | undefined;
}

export interface EmbeddingsServerOptions {
  /** Models it knows, with the length of their vectors. Default: OpenAI's. */
  models?: Record<string, number>;
  /** The order in which the answer lists the inputs. Default: as asked. */
  order?: "asked" | "reversed";
  /** Answers float arrays even to those who asked for base64, as some compatible servers do. Default false. */
  floatsOnly?: boolean;
}

export interface EmbeddingsServer {
  /** For the client's `baseURL`. */
  readonly url: string;
  readonly requests: readonly EmbeddingsRequest[];
  /** The next request is answered with this instead. */
  answerNext(status: number, body: unknown, headers?: Record<string, string>): void;
  /** The next request is never answered; resolves when its connection is closed. */
  hangNext(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const openaiModels = {
  "text-embedding-3-small": 1536,
  "text-embedding-3-large": 3072,
  "text-embedding-ada-002": 1536,
};

/**
 * A loopback server that speaks OpenAI's `POST /embeddings` and refuses what the API refuses: no bearer key, an
 * unknown model, a blank input, more than 2,048 inputs, more than 8,192 tokens in one or 300,000 in all (counted
 * as a quarter of the UTF-8 bytes), `dimensions` for a model that cannot shorten or above its own.
 * Vectors are of length 1, and the same for the same text.
 */
export async function startEmbeddingsServer(
  options: EmbeddingsServerOptions = {},
): Promise<EmbeddingsServer> {
  const requests: EmbeddingsRequest[] = [];
  const next: ((response: ServerResponse) => void)[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      requests.push({ body, authorization: request.headers.authorization });
      const instead = next.shift();
      if (instead) return instead(response);
      const { status, answer } = answerTo(request, body, options);
      send(response, status, answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => closeServer(server);
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    answerNext: (status, body, headers = {}) =>
      void next.push((response) => send(response, status, body, headers)),
    hangNext: () =>
      new Promise((resolve) => {
        next.push((response) => void response.once("close", () => resolve()));
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<EmbeddingsRequest["body"]> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8")) as EmbeddingsRequest["body"];
  } catch {
    return {};
  }
}

const refuse = (status: number, message: string, code: string | null = null) => ({
  status,
  answer: { error: { message, type: "invalid_request_error", param: null, code } },
});

/** The API's own estimate of tokens, before it counts them. */
const tokensOf = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4);

function answerTo(
  { method, url, headers }: IncomingMessage,
  { model, input, dimensions, encoding_format: format }: EmbeddingsRequest["body"],
  { models = openaiModels, order = "asked", floatsOnly = false }: EmbeddingsServerOptions,
) {
  if (method !== "POST" || url !== "/v1/embeddings")
    return refuse(404, `Unknown request URL: ${method} ${url}.`);
  if (!/^Bearer \S+$/.test(headers.authorization ?? "")) {
    return refuse(401, "You didn't provide an API key.", "invalid_api_key");
  }
  const own = typeof model === "string" && Object.hasOwn(models, model) ? models[model] : undefined;
  if (own === undefined) return refuse(404, "The model does not exist.", "model_not_found");
  const inputs: unknown[] = Array.isArray(input) ? input : [input];
  if (inputs.length === 0 || inputs.length > 2048) return refuse(400, `'input' has ${inputs.length} items.`);
  if (!inputs.every((text): text is string => typeof text === "string" && text !== "")) {
    return refuse(400, "'$.input' is invalid: no empty strings.");
  }
  const tokens = inputs.map(tokensOf);
  const sum = tokens.reduce((total, count) => total + count, 0);
  if (tokens.some((count) => count > 8192))
    return refuse(400, "This model's maximum context length is 8192 tokens.");
  if (sum > 300_000)
    return refuse(400, `Requested ${sum} tokens, max 300000 tokens per request.`, "max_tokens_per_request");
  if (dimensions !== undefined && !String(model).startsWith("text-embedding-3-")) {
    return refuse(400, "This model does not support specifying dimensions.");
  }
  const length = dimensions === undefined ? own : Number(dimensions);
  if (!Number.isInteger(length) || length < 1 || length > own)
    return refuse(400, "Invalid value for 'dimensions'.");
  if (format !== undefined && format !== "float" && format !== "base64") {
    return refuse(400, "Invalid value for 'encoding_format'.");
  }

  const data = inputs.map((text, index) => {
    const vector = vectorOf(text, length);
    return {
      object: "embedding",
      index,
      embedding: format === "base64" && !floatsOnly ? base64(vector) : vector,
    };
  });
  if (order === "reversed") data.reverse();
  return {
    status: 200,
    answer: { object: "list", data, model, usage: { prompt_tokens: sum, total_tokens: sum } },
  };
}

const base64 = (vector: readonly number[]): string => {
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
