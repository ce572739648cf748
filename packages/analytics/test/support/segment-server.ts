import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

type Message = Record<string, unknown>;

export interface SegmentServer {
  url: string;
  /** The messages that were taken, in the order of arrival. */
  messages: Message[];
  /** What no request of ours may have. */
  violations: string[];
  requests: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Segment's `POST /v1/batch` on the loopback interface, with the limits and the fields that it documents.
 * @param poison messages for which a request is answered with 400
 */
export async function startSegmentServer(
  writeKey: string,
  poison: (message: Message) => boolean = () => false,
): Promise<SegmentServer> {
  const messages: Message[] = [];
  const violations: string[] = [];
  const server = createServer(async (request, response) => {
    state.requests++;
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const ask = (holds: boolean, violation: string) => {
      if (!holds) violations.push(violation);
    };
    ask(request.method === "POST" && request.url === "/v1/batch", `${request.method} ${request.url}`);
    ask(request.headers["content-type"] === "application/json", "content-type");
    const basic = `Basic ${Buffer.from(`${writeKey}:`).toString("base64")}`;
    ask(request.headers.authorization === basic, "authorization");
    ask(body.length <= 500_000, "a request of more than 500 kB");
    const { batch, sentAt, ...rest } = JSON.parse(body.toString("utf8"));
    ask(Object.keys(rest).length === 0 && isInstant(sentAt), "fields of the batch");
    for (const message of batch as Message[]) for (const fault of faultsOf(message)) violations.push(fault);
    const status = (batch as Message[]).some(poison) ? 400 : 200;
    if (status === 200) messages.push(...batch);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ success: status === 200 }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const state: SegmentServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages,
    violations,
    requests: 0,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return state;
}

const isInstant = (value: unknown) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(String(value));
const isText = (value: unknown) => typeof value === "string" && value !== "";
const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);

function faultsOf(message: Message): string[] {
  const { type, messageId, timestamp, userId, anonymousId, context, ...own } = message;
  const hasOne = isText(userId) !== isText(anonymousId);
  const checks: [boolean, string][] = [
    [isText(messageId), "messageId"],
    [isInstant(timestamp), "timestamp"],
    [hasOne, "neither, or both, of userId and anonymousId"],
    [isObject(context), "context"],
    [Buffer.byteLength(JSON.stringify(message)) <= 32 * 1024, "a message of more than 32 KiB"],
    [
      (shapes[String(type)] ?? (() => false))({ ...own, userId }),
      `a message ${type} with ${Object.keys(own)}`,
    ],
  ];
  return checks.filter(([holds]) => !holds).map(([, fault]) => fault);
}

const only = (message: Message, ...names: string[]) =>
  Object.keys(message).every((name) => name === "userId" || names.includes(name));
const shapes: Record<string, (message: Message) => boolean> = {
  track: (m) => isText(m.event) && isObject(m.properties) && only(m, "event", "properties"),
  identify: (m) => isObject(m.traits) && only(m, "traits"),
  alias: (m) => isText(m.previousId) && isText(m.userId) && only(m, "previousId"),
  group: (m) => isText(m.groupId) && isObject(m.traits) && only(m, "groupId", "traits"),
};
