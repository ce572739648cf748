import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerTo, type EmbeddingsBody, type EmbeddingsRules, errorBody } from "./embeddings-rules.ts";

export { vectorOf } from "./embeddings-rules.ts";

/** What a client asked, as it arrived. */
export interface EmbeddingsRequest {
  body: EmbeddingsBody;
  authorization: string | undefined;
  /** How the response ended: sent in full, or given up by the client or by `truncate`. */
  closed: Promise<"complete" | "broken">;
}

/** What is answered in place of, or done to, the answer that the rules give. */
export interface EmbeddingsReply {
  /** This HTTP status, with `body` or an error in OpenAI's shape. */
  status?: number;
  /** In place of the answer's body. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Answers only after this; a promise that never settles keeps the client waiting. */
  after?: Promise<unknown>;
  /** Sends half of the body: `reset` destroys the connection, `end` closes it properly and too early. */
  truncate?: "reset" | "end";
  /** The order in which the answer lists the inputs. */
  order?: "asked" | "reversed";
  /** What is wrong with the vectors: the last one misses, has the first one's index, holds NaN, is a number short. */
  flaw?: "missing" | "repeated" | "nan" | "short";
}

/** The reply to a request by its number, from 0; `undefined` leaves it to the rules. */
export type EmbeddingsScript = (request: EmbeddingsRequest, index: number) => EmbeddingsReply | undefined;

export interface EmbeddingsServerOptions extends EmbeddingsRules {
  /** Default: every request is answered by the rules. */
  script?: EmbeddingsScript;
}

export interface EmbeddingsServer {
  /** For the client's `baseURL`. */
  readonly url: string;
  /** In the order of arrival. */
  readonly requests: readonly EmbeddingsRequest[];
  /** The next request that has no reply yet gets this one; it goes before the script. */
  replyNext(reply: EmbeddingsReply): void;
  /** Resolves once so many requests have arrived. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A server on the loopback interface that speaks OpenAI's `POST /embeddings`. It refuses what the API refuses, with
 * the API's limits or those given, unless a script says what to answer. Vectors are of length 1, and the same for
 * the same text.
 *
 * @example
 * await using server = await startEmbeddingsServer({ refuses: (text) => text.includes("poison") });
 * const client = new OpenAI({ baseURL: server.url, apiKey: "sk-test" });
 * server.replyNext({ status: 429, headers: { "retry-after": "1" } });
 *
 * @example <caption>Down until it is put up again</caption>
 * let isDown = true;
 * const server = await startEmbeddingsServer({ script: () => (isDown ? { status: 503 } : undefined) });
 */
export async function startEmbeddingsServer(
  options: EmbeddingsServerOptions = {},
): Promise<EmbeddingsServer> {
  const requests: EmbeddingsRequest[] = [];
  const replies: EmbeddingsReply[] = [];
  const arrivals: { count: number; resolve(): void }[] = [];

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const closed = new Promise<"complete" | "broken">((resolve) => {
      response.once("close", () => resolve(response.writableFinished ? "complete" : "broken"));
    });
    const request = { body: await bodyOf(incoming), authorization: incoming.headers.authorization, closed };
    const index = requests.push(request) - 1;
    const reply = replies.shift() ?? options.script?.(request, index) ?? {};
    for (const arrival of arrivals) if (arrival.count <= requests.length) arrival.resolve();
    await reply.after;
    const rules = { ...options, ...(reply.order === undefined ? {} : { order: reply.order }) };
    const { status, answer } = answerTo(incoming, request.body, rules, reply.flaw);
    if (reply.status === undefined) send(response, status, reply.body ?? answer, reply);
    else send(response, reply.status, reply.body ?? errorBody(`Scripted error ${reply.status}.`), reply);
  }

  const server = createServer((incoming, response) => {
    void handle(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => closeServer(server);
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    replyNext: (reply) => void replies.push(reply),
    received: (count) =>
      new Promise((resolve) => {
        if (requests.length >= count) resolve();
        else arrivals.push({ count, resolve });
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

function send(response: ServerResponse, status: number, body: unknown, reply: EmbeddingsReply): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", ...reply.headers });
  if (reply.truncate === undefined) return void response.end(text);
  response.write(text.slice(0, text.length / 2), () => {
    if (reply.truncate === "reset") response.destroy();
    else response.end();
  });
}

async function bodyOf(incoming: IncomingMessage): Promise<EmbeddingsBody> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8")) as EmbeddingsBody;
  } catch {
    return {};
  }
}
