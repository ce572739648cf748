import { expect, test } from "vitest";
import type { RequestLike } from "../../src/index.ts";
import { recordingAnalytics } from "../../src/testing.ts";

const generated = "00000000-0000-7000-8000-000000000001";

async function rowOf(
  request: RequestLike,
  options?: { sessionId: (request: RequestLike) => string | undefined },
) {
  const analytics = recordingAnalytics({ generateId: () => generated });
  await new Promise<void>((resolve, reject) => {
    analytics.expressMiddleware(options)(request, {}, () => {
      analytics
        .trackEvent("page_viewed", { userId: "u", properties: { path: "/" } })
        .then(() => resolve(), reject);
    });
  });
  const [row] = analytics.events;
  const { $lib: _, $lib_version: __, ...context } = row?.context ?? {};
  return { sessionId: row?.sessionId, context };
}

test("a request's facts are on its events", async () => {
  const row = await rowOf({
    originalUrl: "/pricing/pro?utm_source=news&utm_campaign=spring%20sale&token=s3cret#top",
    url: "/pro",
    headers: {
      "x-request-id": "req-1",
      "x-posthog-session-id": "session-1",
      referer: "https://search.example/results?q=private#x",
      "user-agent": "Mozilla/5.0",
    },
  });
  expect(row).toEqual({
    sessionId: "session-1",
    context: {
      request_id: "req-1",
      $pathname: "/pricing/pro",
      $referrer: "https://search.example/results",
      $raw_user_agent: "Mozilla/5.0",
      utm_source: "news",
      utm_campaign: "spring sale",
    },
  });
});

test("what a request does not say is absent, and its id is made", async () => {
  expect(await rowOf({ url: "/plain", headers: {} })).toEqual({
    sessionId: null,
    context: { request_id: generated, $pathname: "/plain" },
  });
});

test.each<[string, RequestLike]>([
  ["a broken escape", { url: "/a?utm_source=%E0%A4%A", headers: {} }],
  ["a host in the path", { url: "//evil.example/a?x", headers: {} }],
  ["a referrer that is no URL", { url: "/a", headers: { referer: "javascript" } }],
  ["repeated headers", { url: "/a", headers: { referer: ["https://a.example/", "https://b.example/"] } }],
  ["no URL", { headers: {} }],
  ["an empty request id", { url: "/", headers: { "x-request-id": "" } }],
])("%s breaks nothing", async (_, request) => {
  expect((await rowOf(request)).context).toMatchObject({ request_id: generated });
});

test("a host says where its session is", async () => {
  const row = await rowOf(
    { url: "/", headers: { cookie: "sid=abc" } },
    { sessionId: ({ headers }) => String(headers.cookie).slice(4) },
  );
  expect(row.sessionId).toBe("abc");
});
