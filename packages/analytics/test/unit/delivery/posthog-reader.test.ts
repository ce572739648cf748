import { expect, test } from "vitest";
import { posthogReader } from "../../../src/index.ts";
import { startPostHogServer } from "../../../src/testing.ts";

const personalApiKey = "phx_of_the_test";
const range = {
  from: new Date("2026-11-22T00:00:00Z"),
  to: new Date("2026-11-23T00:00:00Z"),
  after: undefined,
};
const signal = new AbortController().signal;

/** A reader whose pauses are told and do not take time. */
function readerOf(host: string, options: { fetch?: typeof fetch; now?: () => Date } = {}) {
  const pauses: number[] = [];
  const sleep = async (ms: number) => void pauses.push(ms);
  return { pauses, reader: posthogReader({ host, projectId: "1", personalApiKey, sleep, ...options }) };
}

test("waits as long as it is told to, and asks again", async () => {
  await using server = await startPostHogServer({ query: { personalApiKey } });
  const { reader, pauses } = readerOf(server.url, { now: () => new Date("2026-11-24T10:00:00Z") });
  for (const reply of [
    { status: 429, headers: { "retry-after": "17" } },
    { status: 429, headers: { "retry-after": "Tue, 24 Nov 2026 10:00:30 GMT" } },
    { status: 429, headers: { "retry-after": "86400" } },
    { status: 504 },
    { cut: "before" },
  ] as const) {
    server.replyNextQuery(reply);
  }
  expect(await reader.listIds(range, { signal })).toEqual([]);
  expect(pauses).toEqual([17_000, 30_000, 300_000, 16_000, 32_000]);
  expect(server.violations).toEqual([]);
});

test("gives up after six answers that might pass, at once where key or question are refused", async () => {
  await using server = await startPostHogServer({ query: { personalApiKey: "phx_another" } });
  const { reader, pauses } = readerOf(server.url);
  const wrongKey = reader.listIds(range, { signal });
  await expect(wrongKey).rejects.toMatchObject({ code: "READ_FAILED", delivery: { reason: "HTTP 401" } });
  expect([pauses.length, server.queries.length]).toEqual([0, 1]);
  for (let n = 0; n < 6; n++) server.replyNextQuery({ status: 500 });
  await expect(reader.listIds(range, { signal })).rejects.toMatchObject({ delivery: { reason: "HTTP 500" } });
  expect([pauses.length, server.queries.length]).toEqual([5, 7]);
});

test.each([
  ["an error with 200", JSON.stringify({ results: [], error: "Query exceeded the limit" }), "QUERY_FAILED"],
  [
    "a query that is still running",
    JSON.stringify({ query_status: { complete: false } }),
    "AN_ANSWER_WITHOUT_ROWS",
  ],
  ["rows of something else", JSON.stringify({ results: [[1]] }), "AN_ANSWER_WITHOUT_ROWS"],
  ["a page of HTML", "<html>", "AN_ANSWER_THAT_IS_NO_JSON"],
])("%s is no empty list", async (_, body, reason) => {
  await using server = await startPostHogServer();
  for (let n = 0; n < 6; n++) server.replyNextQuery({ body });
  const { reader } = readerOf(server.url);
  await expect(reader.listIds(range, { signal })).rejects.toMatchObject({ delivery: { reason } });
});

test("asks for text in order, times with a zone, and never for the cache's answer", async () => {
  await using server = await startPostHogServer();
  const { reader } = readerOf(server.url);
  const after = "0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee";
  await reader.listIds({ ...range, after }, { signal });
  const { query, refresh } = JSON.parse(String(server.queries[0]));
  expect(refresh).toBe("force_blocking");
  expect(query.query).toContain("timestamp >= toDateTime('2026-11-21T23:50:00.000Z')");
  expect(query.query).toContain("timestamp < toDateTime('2026-11-23T00:10:00.000Z')");
  expect(query.query).toContain(`toString(uuid) > '${after}' group by id order by id limit 50000`);
  expect(server.violations).toEqual([]);
});

test("no error has the key, whatever fetch says, and an abort ends a pause", async () => {
  const fetch = async () => {
    throw new TypeError(`cannot send Bearer ${personalApiKey}`);
  };
  const { reader } = readerOf("http://posthog.test", { fetch });
  const error = await reader.listIds(range, { signal }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "READ_FAILED", delivery: { reason: "NO_ANSWER" } });
  expect(JSON.stringify(error) + String(error) + (error as Error).stack).not.toContain(personalApiKey);
  expect((error as Error).cause).toBeUndefined();

  await using server = await startPostHogServer();
  server.replyNextQuery({ status: 503 });
  const stop = new AbortController();
  const patient = posthogReader({
    host: server.url,
    projectId: 1,
    personalApiKey,
    sleep: async () => {
      stop.abort("enough");
      stop.signal.throwIfAborted();
    },
  });
  await expect(patient.listIds(range, { signal: stop.signal })).rejects.toBe("enough");
});

test.each([
  ["the address that takes events", { host: "https://eu.i.posthog.com" }],
  ["a host without scheme", { host: "eu.posthog.com" }],
  ["a project that is a path", { projectId: "1/../2" }],
  ["a key of two lines", { personalApiKey: "phx_\r\nx: y" }],
  ["no key", { personalApiKey: "" }],
  ["a timeout of nothing", { timeoutMs: 0 }],
])("refuses %s", (_, wrong) => {
  const options = { host: "https://eu.posthog.com", projectId: 1, personalApiKey };
  expect(() => posthogReader({ ...options, ...wrong })).toThrow(/^posthogReader: option /);
});
