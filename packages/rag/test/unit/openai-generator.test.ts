// Loopback HTTP through the real client: what counts here is what goes over the wire.

import { deferred } from "@devora/testing";
import { type ChatScript, type ChatServer, startChatServer } from "@devora/testing/chat-server";
import OpenAI from "openai";
import { afterEach, expect, test } from "vitest";
import { type AnswerPart, createRag, openaiGenerator } from "../../src/index.ts";
import { checkGenerator } from "../../src/testing.ts";
import { collect, passage, retrieverOf } from "../support/fakes.ts";

let server: ChatServer | undefined;
afterEach(() => server?.close());

async function setUp(script: ChatScript, parameters: Record<string, unknown> = {}) {
  server = await startChatServer(script);
  const client = new OpenAI({ baseURL: server.baseUrl, apiKey: "test", maxRetries: 0 });
  const generator = openaiGenerator(client, { model: "gpt-4o-mini", parameters });
  const retrievers = { one: retrieverOf([passage({ id: "a", text: "It is blue." })]) };
  return { server, client, generator, rag: createRag({ retrievers, generator }) };
}
const call = { query: "What colour is it?", userId: "alice" };
const textOf = (parts: readonly AnswerPart[]) =>
  parts.map((part) => (part.type === "text" ? part.text : "")).join("");

test("a streamed answer, with citations whose markers are split over chunks, and usage", async () => {
  const { server, rag } = await setUp([
    { chunks: ["Il est ", "bleu [", "1", "] 😀."], usage: { prompt_tokens: 123, completion_tokens: 7 } },
  ]);
  const parts = await collect(rag.answer(call));
  expect(textOf(parts)).toBe("Il est bleu [1] 😀.");
  expect(parts).toContainEqual(expect.objectContaining({ type: "citation", n: 1, sourceId: "a" }));
  expect(parts.at(-1)).toEqual({
    type: "done",
    finishReason: "stop",
    usage: { promptTokens: 123, completionTokens: 7 },
    totalUsage: { promptTokens: 123, completionTokens: 7 },
  });

  const [request] = server.requests;
  expect(request).toMatchObject({
    path: "/v1/chat/completions",
    body: { model: "gpt-4o-mini", stream: true, stream_options: { include_usage: true } },
  });
  expect(request?.body).not.toHaveProperty("max_completion_tokens");
  expect(request?.body.messages).toMatchObject([{ role: "system" }, { role: "user" }]);
});

test("the limit of the answer and further parameters are sent; own fields win", async () => {
  const { server, rag } = await setUp([{ finishReason: "length" }], { temperature: 0.2, stream: false });
  const parts = await collect(rag.answer({ ...call, maxAnswerTokens: 64 }));
  expect(server.requests[0]?.body).toMatchObject({
    temperature: 0.2,
    stream: true,
    max_completion_tokens: 64,
  });
  expect(parts.at(-1)).toMatchObject({ type: "done", finishReason: "length" });
});

test("a price gives the cost of an answer", async () => {
  const { server, client } = await setUp([{ usage: { prompt_tokens: 1000, completion_tokens: 300 } }]);
  const generator = openaiGenerator(client, {
    model: "gpt-4o-mini",
    pricePerMillionTokens: { prompt: 0.15, completion: 0.6 },
  });
  const parts = await collect(generator.generate({ messages: [{ role: "user", content: "?" }] }));
  // (1,000 × 0.15 + 300 × 0.60) / 1,000,000
  expect(parts.at(-1)).toMatchObject({ usage: { cost: expect.closeTo(0.00033, 12) } });
  expect(server.requests).toHaveLength(1);
  const wrong = { prompt: Number.NaN, completion: 1 };
  expect(() => openaiGenerator(client, { model: "m", pricePerMillionTokens: wrong })).toThrow(
    "openaiGenerator.pricePerMillionTokens.prompt",
  );
});

test("a server that knows no usage leaves it undefined", async () => {
  const { rag } = await setUp([{ usage: null }]);
  expect((await collect(rag.answer(call))).at(-1)).toEqual({
    type: "done",
    finishReason: "stop",
    usage: undefined,
    totalUsage: undefined,
  });
});

test.each([
  [500, true],
  [429, true],
  [401, false],
])("status %d is GENERATION_FAILED, retryable: %s", async (status, retryable) => {
  const { rag } = await setUp([{ status }]);
  await expect(collect(rag.answer(call))).rejects.toMatchObject({
    code: "GENERATION_FAILED",
    retryable,
    details: { status },
    cause: expect.any(OpenAI.APIError),
  });
});

test.each(["reset", "end"] as const)(
  "a stream that is cut (%s) keeps what came and then fails",
  async (cut) => {
    const { rag } = await setUp([{ chunks: ["It is ", "blue"], cut }]);
    const parts: AnswerPart[] = [];
    const answered = (async () => {
      for await (const part of rag.answer(call)) parts.push(part);
    })();
    await expect(answered).rejects.toMatchObject({ code: "GENERATION_FAILED", retryable: true });
    expect(textOf(parts)).toBe("It is blue");
    expect(parts.some((part) => part.type === "done")).toBe(false);
  },
);

test("an abort closes the connection and is thrown as the caller's reason", async () => {
  const never = deferred();
  const { server, rag } = await setUp([
    { chunks: ["one ", "two "], beforeChunk: (index) => (index === 0 ? Promise.resolve() : never.promise) },
  ]);
  const controller = new AbortController();
  const reason = new Error("the user left");
  const answered = (async () => {
    for await (const part of rag.answer({ ...call, signal: controller.signal }))
      if (part.type === "text") controller.abort(reason);
  })();
  await expect(answered).rejects.toBe(reason);
  expect(await server.requests[0]?.closed).toBe("broken");
  never.resolve();
});

test("leaving the loop closes the connection", async () => {
  const never = deferred();
  const { server, rag } = await setUp([
    { chunks: ["one ", "two "], beforeChunk: (index) => (index === 0 ? Promise.resolve() : never.promise) },
  ]);
  for await (const part of rag.answer(call)) if (part.type === "text") break;
  expect(await server.requests[0]?.closed).toBe("broken");
  never.resolve();
});

test("it keeps the contract of a generator", async () => {
  const { generator } = await setUp([{ chunks: ["Yes", "."] }]);
  expect(await checkGenerator(generator)).toEqual([]);
});

test("the scripted server speaks the API without streaming too", async () => {
  const { client } = await setUp([{ chunks: ["It is ", "blue."] }]);
  const completion = await client.chat.completions.create({
    model: "m",
    messages: [{ role: "user", content: "?" }],
  });
  expect(completion.choices[0]?.message.content).toBe("It is blue.");
  expect(completion.usage?.total_tokens).toBe(15);
});
