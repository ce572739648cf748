import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test, vi } from "vitest";
import { type DeliveredEvent, isAnalyticsError, posthogDestination } from "../../../src/index.ts";
import { startPostHogServer } from "../../../src/testing.ts";

/** Beside the project; kept elsewhere. */
const wireData = new URL(
  "../../../../../../shared/data/posthog-wire/server-wire-snapshots.spec.ts.snap",
  import.meta.url,
);
const apiKey = "phc_secret_of_the_test";
const signal = new AbortController().signal;
const id = "0194cc39-1f25-7000-8000-000000000001";
const event: DeliveredEvent = {
  id,
  event: "code_generated",
  distinctId: "alice",
  isKnown: true,
  sessionId: "s1",
  occurredAt: new Date("2026-03-01T10:00:00.123Z"),
  properties: { model: "m", environment: "of the event" },
  context: { $lib: "@devora/analytics", $lib_version: "0.1.0", $pathname: "/p", environment: "production" },
};

/** What one `send` asks of `fetch`. */
async function requestOf(options: object = {}) {
  const fetch = vi.fn(async (_url: unknown, _init?: RequestInit) => new Response("{}"));
  const host = "https://us.example.test";
  const now = () => new Date("2026-03-01T10:00:05.000Z");
  await posthogDestination({ host, apiKey, fetch: fetch as never, now, ...options }).send([event], {
    signal,
  });
  const [url, init] = fetch.mock.calls[0] as [string, RequestInit & { body: Buffer }];
  return { url, init, body: JSON.parse(gunzipSync(init.body).toString("utf8")) };
}

test("a batch is PostHog's, field by field", async () => {
  const { url, init, body } = await requestOf();
  expect(url).toBe("https://us.example.test/batch/");
  expect(init).toMatchObject({
    method: "POST",
    redirect: "manual",
    headers: {
      "content-type": "application/json",
      "content-encoding": "gzip",
      "user-agent": "devora-analytics/0.1.0",
    },
  });
  expect(body).toEqual({
    api_key: apiKey,
    sent_at: "2026-03-01T10:00:05.000Z",
    batch: [
      {
        uuid: id,
        event: "code_generated",
        distinct_id: "alice",
        timestamp: "2026-03-01T10:00:00.123Z",
        properties: {
          $lib: "@devora/analytics",
          $lib_version: "0.1.0",
          $pathname: "/p",
          environment: "of the event",
          model: "m",
          $session_id: "s1",
          $is_server: true,
          $geoip_disable: true,
        },
      },
    ],
  });
});

test.skipIf(!existsSync(wireData))(
  `the fields are those that PostHog's own library sends (skipped without ${wireData})`,
  async () => {
    const [recorded = ""] = readFileSync(wireData, "utf8")
      .split("exports[")
      .filter((entry) => entry.includes('/batch/"'));
    // The snapshot is JSON but for commas before closing brackets.
    const json = recorded.slice(recorded.indexOf("`\n") + 1, recorded.lastIndexOf("`"));
    const theirs = JSON.parse(json.replace(/,(\s*[}\]])/g, "$1"));
    const { url, init, body } = await requestOf();
    expect(new URL(url).pathname).toBe(new URL(theirs.url).pathname);
    expect(init.method).toBe(theirs.method);
    expect(Object.keys(body).sort()).toEqual(Object.keys(theirs.body).sort());
    const [sent, reference] = [body.batch[0], theirs.body.batch[0]];
    expect(Object.keys(sent).sort()).toEqual(Object.keys(reference).sort());
    expect(sent.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    for (const name of ["$geoip_disable", "$is_server"])
      expect(sent.properties[name]).toBe(reference.properties[name]);
    for (const name of ["$lib", "$lib_version"]) expect(sent.properties).toHaveProperty([name]);
  },
);

test("the host's path is kept, and an import of the past says so", async () => {
  const { url, body } = await requestOf({ host: "http://proxy.test/ingest/", historicalMigration: true });
  expect(url).toBe("http://proxy.test/ingest/batch/");
  expect(body.historical_migration).toBe(true);
});

async function failureOf(options: object, aborting = signal) {
  const host = "http://127.0.0.1:9";
  const destination = posthogDestination({ host, apiKey, ...options });
  const error = await destination.send([event], { signal: aborting }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(`${JSON.stringify(error)} ${String(error)} ${(error as Error)?.stack}`).not.toContain(apiKey);
  return error as { delivery?: unknown; code?: string; retryable?: boolean };
}
const answering = (status: number, headers = {}) => ({
  fetch: async () => new Response(null, { status, headers }),
  now: () => new Date("2026-03-01T10:00:00Z"),
});

test.each([
  [400, "events"],
  [422, "events"],
  [413, "size"],
  [301, "destination"],
  [401, "destination"],
  [403, "destination"],
  [404, "destination"],
  [408, "destination"],
  [429, "destination"],
  [500, "destination"],
  [503, "destination"],
])("HTTP %d blames: %s", async (status, blames) => {
  const error = await failureOf(answering(status));
  expect(isAnalyticsError(error)).toBe(true);
  expect(error).toMatchObject({
    code: "DELIVERY_FAILED",
    retryable: blames === "destination",
    delivery: { blames, reason: `HTTP ${status}` },
  });
});

test.each([
  ["7", 7_000],
  ["Sun, 01 Mar 2026 10:00:30 GMT", 30_000],
  ["Sun, 01 Mar 2026 09:00:00 GMT", 0],
  ["soon", undefined],
  ["", undefined],
])("Retry-After %j is %s ms", async (header, retryAfterMs) => {
  const error = await failureOf(answering(429, { "retry-after": header }));
  expect(error.delivery).toEqual({ blames: "destination", reason: "HTTP 429", retryAfterMs });
});

test("no answer blames the destination, by code and without what fetch says", async () => {
  const cause = Object.assign(new Error(`connect with ${apiKey}`), { code: "ECONNREFUSED" });
  const refused = await failureOf({
    fetch: async () => {
      throw new TypeError(`fetch failed with ${apiKey}`, { cause });
    },
  });
  expect(refused.delivery).toEqual({ blames: "destination", reason: "ECONNREFUSED" });
  const odd = await failureOf({ fetch: async () => Promise.reject(apiKey) });
  expect(odd.delivery).toEqual({ blames: "destination", reason: "NO_ANSWER" });
});

test("a redirect is not followed, and over real HTTP a cut connection is no success", async () => {
  await using elsewhere = await startPostHogServer();
  await using server = await startPostHogServer();
  server.replyNext({ status: 307, headers: { location: `${elsewhere.url}/batch/` } });
  expect(await failureOf({ host: server.url })).toMatchObject({ delivery: { reason: "HTTP 307" } });
  expect(elsewhere.requests).toEqual([]);
  server.replyNext({ cut: "after" });
  expect(await failureOf({ host: server.url })).toMatchObject({ delivery: { blames: "destination" } });
  server.replyNext({ status: 500, body: "x".repeat(1_000_000) });
  expect(await failureOf({ host: server.url })).toMatchObject({ delivery: { reason: "HTTP 500" } });
  expect(await failureOf({ host: server.url })).toBeUndefined();
  expect(server.violations).toEqual([]);
});

test("an answer that never comes ends with the timeout, an endless body of a 2xx is a success", async () => {
  await using server = await startPostHogServer();
  server.replyNext({ after: new Promise(() => {}) });
  expect(await failureOf({ host: server.url, timeoutMs: 100 })).toMatchObject({
    delivery: { blames: "destination", reason: "TIMEOUT" },
  });
  let chunks = 0;
  const endless = new ReadableStream({
    pull(flow) {
      chunks++;
      flow.enqueue(new Uint8Array(10_000));
    },
  });
  expect(await failureOf({ fetch: async () => new Response(endless) })).toBeUndefined();
  expect(chunks).toBeLessThan(20);
  const broken = new ReadableStream({ pull: (flow) => flow.error(new Error("cut")) });
  expect(await failureOf({ fetch: async () => new Response(broken) })).toBeUndefined();
});

test("who gives up gets the own reason back", async () => {
  const giveUp = new AbortController();
  await using server = await startPostHogServer();
  server.replyNext({ after: new Promise(() => {}) });
  const failing = failureOf({ host: server.url }, giveUp.signal);
  await server.arrived(1);
  giveUp.abort(new Error("stopped"));
  expect(await failing).toEqual(new Error("stopped"));
});

test.each<[string, object]>([
  ["host", { host: "us.posthog.com" }],
  ["host", { host: "ftp://a" }],
  ["host", { host: "https://user:pass@a" }],
  ["apiKey", { apiKey: "" }],
  ["historicalMigration", { historicalMigration: 1 }],
  ["maxEvents", { maxEvents: 0 }],
  ["maxBytes", { maxBytes: 30_000_000 }],
  ["timeoutMs", { timeoutMs: 0 }],
  ["fetch", { fetch: "node" }],
  ["now", { now: 0 }],
])("option %s is checked: %j", (option, options) => {
  expect(() => posthogDestination({ host: "https://a.test", apiKey, ...options })).toThrow(
    expect.objectContaining({
      code: "INVALID_OPTION",
      message: expect.stringContaining(`posthogDestination: option ${option} is`),
    }),
  );
});
