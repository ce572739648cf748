import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createAnalytics, createDeliveryWorker, posthogDestination } from "@devora/analytics";
import type { Database } from "@devora/db-schema";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { budget } from "./scenarios.ts";

/** A library as a host uses it. */
export interface Library {
  /** Answers, or resolves, when it has taken the event; false where it said that it did not. */
  capture(n: number): unknown;
  shutdown(): Promise<unknown>;
}

export interface LibraryOptions {
  /** Of the loopback server. */
  host: string;
  /** Of the database, and the destination's name, for ours. */
  databaseUrl: string;
  destination: string;
}

const rivals = new URL("../../../../rivals/", import.meta.url);
const load = createRequire(new URL("package.json", rivals));
const { flushAt, flushIntervalMs, retries, retryDelayMs, timeoutMs, shutdownMs } = budget;
const person = (n: number) => `user_${n % 97}`;
/** The same event for all; the server tells events by `tokens_used`. */
const propertiesOf = (n: number) => ({ model: "gpt-4o", tokens_used: n, generation_time_ms: 1_800 });

interface PostHogClient {
  capture(event: unknown): void;
  shutdown(timeoutMs: number): Promise<void>;
}

function openPosthogNode({ host }: LibraryOptions): Library {
  const { PostHog } = load("posthog-node") as {
    PostHog: new (key: string, options: unknown) => PostHogClient;
  };
  const client = new PostHog("phc_benchmark", {
    host,
    flushAt,
    flushInterval: flushIntervalMs,
    fetchRetryCount: retries,
    fetchRetryDelay: retryDelayMs,
    requestTimeout: timeoutMs,
  });
  return {
    capture: (n) =>
      client.capture({ distinctId: person(n), event: "code_generated", properties: propertiesOf(n) }),
    shutdown: () => client.shutdown(shutdownMs),
  };
}

interface SegmentClient {
  on(event: "error", listener: () => void): void;
  track(event: unknown): void;
  closeAndFlush(options: { timeout: number }): Promise<void>;
}

function openSegment({ host }: LibraryOptions): Library {
  const { Analytics } = load("@segment/analytics-node") as {
    Analytics: new (options: unknown) => SegmentClient;
  };
  const client = new Analytics({
    writeKey: "benchmark",
    host,
    flushAt,
    flushInterval: flushIntervalMs,
    maxRetries: retries,
    httpRequestTimeout: timeoutMs,
  });
  client.on("error", () => {});
  return {
    capture: (n) => client.track({ userId: person(n), event: "code_generated", properties: propertiesOf(n) }),
    shutdown: () => client.closeAndFlush({ timeout: shutdownMs }),
  };
}

interface RudderClient {
  queue: unknown[];
  track(event: unknown): void;
  flush(): Promise<unknown>;
}

function openRudderStack({ host }: LibraryOptions): Library {
  const Analytics = load("@rudderstack/rudder-sdk-node") as new (
    key: string,
    options: unknown,
  ) => RudderClient;
  const client = new Analytics("benchmark", {
    dataPlaneUrl: host,
    flushAt,
    flushInterval: flushIntervalMs,
    retryCount: retries,
    timeout: timeoutMs,
    errorHandler: () => {},
    // Without a console.
    logLevel: "none",
  });
  return {
    capture: (n) => client.track({ userId: person(n), event: "code_generated", properties: propertiesOf(n) }),
    // It has no shutdown: a flush sends one batch.
    async shutdown() {
      const until = performance.now() + shutdownMs;
      do await client.flush().catch(() => {});
      while (client.queue.length > 0 && performance.now() < until);
    },
  };
}

async function openOurs(
  { host, databaseUrl, destination }: LibraryOptions,
  isBuffered: boolean,
): Promise<Library> {
  const client = postgres(databaseUrl, { max: 3, onnotice: () => {} });
  await client`select 1`;
  const db = drizzle({ client }) as unknown as Database;
  const analytics = createAnalytics({ db, destinations: [destination], mode: "strict" });
  const posthog = posthogDestination({ host, apiKey: "phc_benchmark", maxEvents: flushAt, timeoutMs });
  const worker = createDeliveryWorker({
    db,
    destinations: { [destination]: posthog },
    leaseMs: 1_000,
    pollMs: flushIntervalMs,
  });
  worker.start();
  const event = (n: number) =>
    ({ event: "code_generated", userId: person(n), properties: propertiesOf(n) }) as const;
  return {
    capture: (n) =>
      isBuffered ? analytics.captureBuffered(event(n)).outcome === "buffered" : analytics.capture(event(n)),
    async shutdown() {
      await analytics.close({ timeoutMs: shutdownMs });
      await worker.stop({ graceMs: timeoutMs });
      await client.end({ timeout: 5 });
    },
  };
}

/** How to open each, by the name of its package, or of the way of capturing. */
export const libraries = {
  "ours, awaited": (options) => openOurs(options, false),
  "ours, buffered": (options) => openOurs(options, true),
  "posthog-node": openPosthogNode,
  "@segment/analytics-node": openSegment,
  "@rudderstack/rudder-sdk-node": openRudderStack,
} satisfies Record<string, (options: LibraryOptions) => Library | Promise<Library>>;

export type LibraryName = keyof typeof libraries;

/** The installed version; undefined where it is not installed. Ours have none. */
export function versionOf(name: LibraryName): string | undefined {
  try {
    const path = new URL(`node_modules/${name}/package.json`, rivals);
    return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
  } catch {
    return undefined;
  }
}

export const isOurs = (name: LibraryName): boolean => name.startsWith("ours");
