import { createHmac } from "node:crypto";
import { expect, test, vi } from "vitest";
import { type DeliveredEvent, webhookDestination } from "../../../src/index.ts";

const signal = new AbortController().signal;
const url = "https://hooks.example.test/in?token=t0ps3cret";
const secret = "sixteen characters at least";
const eventOf = (n: number): DeliveredEvent => ({
  id: `0194cc39-1f25-7000-8000-00000000000${n}`,
  event: "user_logged_in",
  distinctId: "alice",
  isKnown: true,
  sessionId: null,
  occurredAt: new Date("2026-03-01T10:00:00.123Z"),
  properties: { method: "line\nbreak" },
  context: { $lib: "l" },
});
const wire = (n: number) => ({
  id: `0194cc39-1f25-7000-8000-00000000000${n}`,
  event: "user_logged_in",
  distinct_id: "alice",
  session_id: null,
  occurred_at: "2026-03-01T10:00:00.123Z",
  properties: { method: "line\nbreak" },
  context: { $lib: "l" },
});

async function requestOf(options: object) {
  const fetch = vi.fn(async (_url: unknown, _init?: RequestInit) => new Response(null, { status: 204 }));
  const now = () => new Date("2026-03-01T10:00:05.900Z");
  const destination = webhookDestination({ url, fetch: fetch as never, now, ...options });
  await destination.send([eventOf(1), eventOf(2)], { signal });
  const [target, init] = fetch.mock.calls[0] as [string, RequestInit];
  return { target, headers: init.headers as Record<string, string>, body: String(init.body) };
}

test("events go as one array, with the host's headers and without a signature", async () => {
  const { target, headers, body } = await requestOf({
    headers: { Authorization: "Bearer x", "Content-Type": "text/plain" },
  });
  expect(target).toBe(url);
  expect(JSON.parse(body)).toEqual([wire(1), wire(2)]);
  expect(headers).toEqual({
    "user-agent": "devora-analytics/0.1.0",
    "content-type": "application/json",
    authorization: "Bearer x",
  });
});

test("as lines each event is one line", async () => {
  const { headers, body } = await requestOf({ format: "lines" });
  expect(headers["content-type"]).toBe("application/x-ndjson");
  expect(body.endsWith("}\n")).toBe(true);
  expect(
    body
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([wire(1), wire(2)]);
});

test("a secret signs the time and the whole body", async () => {
  const { headers, body } = await requestOf({ secret });
  const timestamp = String(Date.parse("2026-03-01T10:00:05Z") / 1000);
  const digest = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  expect(headers).toMatchObject({ "x-devora-timestamp": timestamp, "x-devora-signature": `v1=${digest}` });
});

test("neither its url nor its secret is in an error", async () => {
  const fetch = async () => new Response(null, { status: 500 });
  const error = await webhookDestination({ url, secret, fetch })
    .send([eventOf(1)], { signal })
    .catch((e) => e);
  expect(error).toMatchObject({ code: "DELIVERY_FAILED", delivery: { reason: "HTTP 500" } });
  expect(`${error} ${JSON.stringify(error)} ${error.stack}`).not.toMatch(/t0ps3cret|sixteen/);
});

test.each<[string, object]>([
  ["url", { url: "/in" }],
  ["secret", { secret: "short" }],
  ["format", { format: "xml" }],
  ["headers", { headers: { "a b": "c" } }],
  ["headers", { headers: { a: "b\nc" } }],
  ["headers", { headers: { a: 1 } }],
])("option %s is checked: %j", (option, options) => {
  expect(() => webhookDestination({ url, ...options } as never)).toThrow(
    expect.objectContaining({ message: expect.stringContaining(`webhookDestination: option ${option} is`) }),
  );
});
