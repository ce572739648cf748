import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as timer } from "node:timers/promises";
import { gunzipSync } from "node:zlib";

/** What is done to a request; nothing given, it is taken. */
export interface Fault {
  status?: number;
  headers?: Record<string, string>;
  /** Waits so long before it answers. */
  delayMs?: number;
  /** Ends the connection: before the events are counted, or after. */
  cut?: "before" | "after";
}

export interface CountingServer {
  readonly url: string;
  /** How often each event arrived and was answered with 2xx, or counted before a cut, by its number. */
  readonly counts: ReadonlyMap<number, number>;
  readonly requests: () => number;
  close(): Promise<void>;
}

/**
 * Takes batches as PostHog's, Segment's and RudderStack's libraries send them (JSON with a list `batch`, plain or
 * gzipped, at any path), and counts events by their property `tokens_used`.
 *
 * @param faultOf what happens to a request, by its number from 0 and the milliseconds since the first
 */
export async function startCountingServer(
  faultOf: (index: number, elapsedMs: number) => Fault | undefined,
): Promise<CountingServer> {
  const counts = new Map<number, number>();
  let requests = 0;
  let firstAt = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const numbers = numbersOf(await bodyOf(request));
    if (requests === 0) firstAt = performance.now();
    const fault = faultOf(requests++, performance.now() - firstAt) ?? {};
    if (fault.delayMs !== undefined) await timer(fault.delayMs);
    if (fault.cut === "before") return void response.destroy();
    const status = fault.status ?? 200;
    if (status < 300) for (const n of numbers) counts.set(n, (counts.get(n) ?? 0) + 1);
    if (fault.cut === "after") return void response.destroy();
    response.writeHead(status, { "content-type": "application/json", ...fault.headers });
    response.end(JSON.stringify({ status: status < 300 ? 1 : 0, success: status < 300 }));
  }

  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    requests: () => requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Sent {
  properties?: { tokens_used?: unknown };
}

function numbersOf(body: Buffer): number[] {
  const text =
    body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body).toString("utf8") : body.toString("utf8");
  const { batch = [] } = JSON.parse(text) as { batch?: Sent[] };
  return batch.flatMap(({ properties }) =>
    typeof properties?.tokens_used === "number" ? [properties.tokens_used] : [],
  );
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
