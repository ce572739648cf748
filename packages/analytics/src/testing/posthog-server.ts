import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerFlags, type PosthogFlagRequest, type PosthogFlagRules } from "./posthog-flags.ts";
import { answerQuery, type PosthogQueryRules } from "./posthog-query.ts";
import {
  judgeRequest,
  type PosthogBatch,
  type PosthogRules,
  type PosthogWireEvent,
} from "./posthog-rules.ts";

/** What a client asked, as it arrived. */
export interface PosthogRequest {
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body, uncompressed. */
  text: string;
  /** Undefined where the body is no batch. */
  batch: PosthogBatch | undefined;
}

/** What is done in place of, or to, the answer that the rules give. */
export interface PosthogReply {
  /** This HTTP status; events are kept by a 2xx alone. */
  status?: number;
  headers?: Record<string, string>;
  /** In place of the answer's body. */
  body?: string;
  /** Answers only after this; a promise that never settles keeps the client waiting. */
  after?: Promise<unknown>;
  /** Ends the connection without an answer: before the events are kept, or after. */
  cut?: "before" | "after";
  /** Answers as if the events were kept, and keeps none. */
  drop?: boolean;
}

/** The reply to a request by its number, from 0; `undefined` leaves it to the rules. */
export type PosthogScript = (request: PosthogRequest, index: number) => PosthogReply | undefined;

export interface PosthogServerOptions extends PosthogRules {
  /** Default: every request is answered by the rules. */
  script?: PosthogScript;
  /** What it knows of feature flags. Default: nothing. */
  flags?: PosthogFlagRules;
  /** What the query API asks of its callers. Its requests are in `queries` alone. */
  query?: PosthogQueryRules;
}

export interface PosthogServer {
  /** For `posthogDestination({ host })`. */
  readonly url: string;
  /** All but those about feature flags, in the order of arrival. */
  readonly requests: readonly PosthogRequest[];
  /** What was asked about feature flags, in the order of arrival. */
  readonly flagRequests: readonly PosthogFlagRequest[];
  /** The bodies of requests to the query API, in the order of arrival. */
  readonly queries: readonly string[];
  /** The events kept, in the order of arrival, those that came again among them. */
  readonly received: readonly PosthogWireEvent[];
  /** The events kept, by uuid. */
  readonly events: ReadonlyMap<string, PosthogWireEvent>;
  /** What requests were refused for that none of ours may be: asserted to be empty. */
  readonly violations: readonly string[];
  /** The next request that has no reply yet gets this one; it goes before the script. */
  replyNext(reply: PosthogReply): void;
  /** {@link replyNext} for the query API, in place of its answer. */
  replyNextQuery(reply: PosthogReply): void;
  /** Resolves once so many requests have arrived. */
  arrived(count: number): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * PostHog's `POST /batch/` on the loopback interface, for tests of a delivery. It checks each request strictly, keeps
 * what it answers with 2xx, and fails in every way that a script says. `POST /api/projects/:id/query/` tells which. It
 * serves feature flags to posthog-node as well.
 *
 * @example
 * await using posthog = await startPostHogServer({ refuses: ({ event }) => event === "poison" });
 * const destinations = { posthog: posthogDestination({ host: posthog.url, apiKey: "phc_test" }) };
 * posthog.replyNext({ status: 429, headers: { "retry-after": "1" } });
 *
 * @example <caption>Down until it is put up again</caption>
 * let isDown = true;
 * const posthog = await startPostHogServer({ script: () => (isDown ? { status: 503 } : undefined) });
 */
export async function startPostHogServer(options: PosthogServerOptions = {}): Promise<PosthogServer> {
  const requests: PosthogRequest[] = [];
  const flagRequests: PosthogFlagRequest[] = [];
  const received: PosthogWireEvent[] = [];
  const events = new Map<string, PosthogWireEvent>();
  const violations: string[] = [];
  const replies: PosthogReply[] = [];
  const queries: string[] = [];
  const queryReplies: PosthogReply[] = [];
  const arrivals: { count: number; resolve(): void }[] = [];

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url: path, headers } = incoming;
    const body = await bodyOf(incoming);
    const flags = answerFlags({ method, path, headers, body }, options.apiKey, options.flags ?? {});
    if (flags !== undefined) {
      violations.push(...flags.violations);
      flagRequests.push({ kind: flags.kind, status: flags.status, question: flags.question });
      response.writeHead(flags.status, { "content-type": "application/json", ...flags.headers });
      return void response.end(flags.body);
    }
    if (path?.startsWith("/api/projects/") && path.includes("/query")) {
      queries.push(body.toString("utf8"));
      const raw = { method, path, authorization: headers.authorization, body: body.toString("utf8") };
      const answer = answerQuery(raw, events.values(), options.query ?? {});
      violations.push(...answer.violations);
      return replyWith(response, queryReplies.shift() ?? {}, answer.status, JSON.stringify(answer.body));
    }
    const { status, text, batch, violations: found } = judgeRequest({ method, path, headers, body }, options);
    violations.push(...found);
    const request = { headers, text, batch };
    const index = requests.push(request) - 1;
    const reply = replies.shift() ?? options.script?.(request, index) ?? {};
    for (const arrival of arrivals) if (arrival.count <= requests.length) arrival.resolve();
    await reply.after;
    if (reply.cut === "before") return void response.destroy();
    const answered = reply.status ?? status;
    if (answered >= 200 && answered < 300 && reply.drop !== true) {
      for (const event of batch?.batch ?? []) {
        if (options.drops?.(event) === true) continue;
        received.push(event);
        if (!events.has(event.uuid)) events.set(event.uuid, event);
      }
    }
    if (reply.cut === "after") return void response.destroy();
    response.writeHead(answered, { "content-type": "application/json", ...reply.headers });
    response.end(reply.body ?? JSON.stringify({ status: answered < 300 ? 1 : 0 }));
  }

  const server = createServer((incoming, response) => {
    void handle(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => closeServer(server);
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    flagRequests,
    queries,
    received,
    events,
    violations,
    replyNext: (reply) => void replies.push(reply),
    replyNextQuery: (reply) => void queryReplies.push(reply),
    arrived: (count) =>
      new Promise((resolve) => {
        if (requests.length >= count) resolve();
        else arrivals.push({ count, resolve });
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function replyWith(
  response: ServerResponse,
  { status, headers, body, after, cut }: PosthogReply,
  usualStatus: number,
  usualBody: string,
): Promise<void> {
  await after;
  if (cut !== undefined) return void response.destroy();
  response.writeHead(status ?? usualStatus, { "content-type": "application/json", ...headers });
  response.end(body ?? usualBody);
}

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
