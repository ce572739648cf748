import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the server answers one request with. */
export interface ChatReply {
  /** The answer's text, one chunk each. Default one chunk, `Hello.` */
  chunks?: readonly string[];
  /** Default `stop`. */
  finishReason?: string;
  /** Default 10 and 5. `null`: the server knows no usage. */
  usage?: { prompt_tokens: number; completion_tokens: number } | null;
  /** Answers this HTTP status and an error body instead. */
  status?: number;
  /** Breaks off after the last chunk: `reset` destroys the connection, `end` closes it properly and too early. */
  cut?: "reset" | "end";
  /** Waits for this before each chunk; by default chunks follow at once. */
  beforeChunk?: (index: number) => Promise<void>;
}

/** A request that the server got. */
export interface ChatRequestLog {
  path: string;
  headers: IncomingHttpHeaders;
  /** The parsed JSON body. */
  body: Record<string, unknown>;
  /** How the response ended: sent in full, or given up by the client or by `cut`. */
  closed: Promise<"complete" | "broken">;
}

/** A running server. */
export interface ChatServer {
  /** For the client's `baseURL`; ends in `/v1`. */
  baseUrl: string;
  /** In the order of arrival. */
  requests: ChatRequestLog[];
  close(): Promise<void>;
}

/** The replies in order, the last one for all further requests; or a function of the request and its number from 0. */
export type ChatScript = readonly ChatReply[] | ((request: ChatRequestLog, index: number) => ChatReply);

/**
 * A server on the loopback interface that speaks OpenAI's chat completions API, streaming and not, by a script.
 *
 * @example
 * const server = await startChatServer([{ chunks: ["It is ", "blue [1]."] }]);
 * const client = new OpenAI({ baseURL: server.baseUrl, apiKey: "test" });
 */
export async function startChatServer(script: ChatScript = [{}]): Promise<ChatServer> {
  const requests: ChatRequestLog[] = [];
  const replyTo = (request: ChatRequestLog, index: number): ChatReply =>
    typeof script === "function" ? script(request, index) : (script[index] ?? script.at(-1) ?? {});

  const server = createServer((incoming, response) => {
    void handle(incoming, response).catch(() => response.destroy());
  });
  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const closed = new Promise<"complete" | "broken">((resolve) => {
      response.once("close", () => resolve(response.writableFinished ? "complete" : "broken"));
    });
    const body = JSON.parse(await textOf(incoming)) as Record<string, unknown>;
    const request = { path: incoming.url ?? "", headers: incoming.headers, body, closed };
    const reply = replyTo(request, requests.push(request) - 1);
    if (request.path !== "/v1/chat/completions") return sendError(response, 404);
    if (reply.status !== undefined) return sendError(response, reply.status);
    return body.stream === true ? stream(response, reply, body) : sendWhole(response, reply);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const head = { id: "chatcmpl-test", created: 1_700_000_000, model: "scripted" };
const defaultUsage = { prompt_tokens: 10, completion_tokens: 5 };

function usageOf({ usage = defaultUsage }: ChatReply) {
  return usage === null
    ? undefined
    : { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens };
}

function sendWhole(response: ServerResponse, reply: ChatReply): void {
  const { chunks = ["Hello."], finishReason = "stop" } = reply;
  const message = { role: "assistant", content: chunks.join(""), refusal: null };
  response.setHeader("content-type", "application/json");
  response.end(
    JSON.stringify({
      ...head,
      object: "chat.completion",
      choices: [{ index: 0, message, finish_reason: finishReason, logprobs: null }],
      usage: usageOf(reply),
    }),
  );
}

async function stream(
  response: ServerResponse,
  reply: ChatReply,
  body: Record<string, unknown>,
): Promise<void> {
  const { chunks = ["Hello."], finishReason = "stop", cut, beforeChunk } = reply;
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  const send = (fields: object) =>
    write(response, `data: ${JSON.stringify({ ...chunkHead, ...fields })}\n\n`);
  const choice = (delta: object, finish_reason: string | null = null) => ({
    choices: [{ index: 0, delta, finish_reason, logprobs: null }],
  });

  await send(choice({ role: "assistant", content: "" }));
  for (const [index, content] of chunks.entries()) {
    await beforeChunk?.(index);
    await send(choice({ content }));
  }
  if (cut === "reset") return void response.destroy();
  if (cut === "end") return void response.end();
  await send(choice({}, finishReason));
  const includeUsage = (body.stream_options as { include_usage?: boolean } | undefined)?.include_usage;
  const usage = usageOf(reply);
  if (includeUsage && usage) await send({ choices: [], usage });
  response.end("data: [DONE]\n\n");
}

const chunkHead = { ...head, object: "chat.completion.chunk" };

/** Resolves when the text has left, so that a following cut comes after it; rejects when the client is gone. */
const write = (response: ServerResponse, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    if (response.destroyed) reject(new Error("The client is gone."));
    else response.write(text, (error) => (error ? reject(error) : resolve()));
  });

function sendError(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(
    JSON.stringify({
      error: { message: `Scripted error ${status}.`, type: "scripted", param: null, code: "scripted_error" },
    }),
  );
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}
