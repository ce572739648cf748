// A provider of the AI SDK over loopback HTTP, and streams as older and newer specifications write them.

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { deferred } from "@devora/testing";
import { type ChatScript, type ChatServer, startChatServer } from "@devora/testing/chat-server";
import { afterEach, describe, expect, test } from "vitest";
import { type AiSdkLanguageModel, aiSdkGenerator, createRag } from "../../src/index.ts";
import { checkGenerator } from "../../src/testing.ts";
import { collect, passage, retrieverOf } from "../support/fakes.ts";

let server: ChatServer | undefined;
afterEach(() => server?.close());

const messages = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Hello?" },
  { role: "assistant", content: "Yes." },
  { role: "user", content: "Why?" },
] as const;

async function setUp(script: ChatScript, parameters: Record<string, unknown> = {}) {
  server = await startChatServer(script);
  const provider = createOpenAICompatible({ name: "local", baseURL: server.baseUrl, includeUsage: true });
  const generator = aiSdkGenerator(provider("small"), {
    parameters,
    pricePerMillionTokens: { prompt: 2, completion: 10 },
  });
  const retrievers = { one: retrieverOf([passage({ id: "a", text: "It is blue." })]) };
  return { server, generator, rag: createRag({ retrievers, generator }) };
}

describe("a provider of the AI SDK", () => {
  test("messages and limits go out; text, reason, usage and cost come in", async () => {
    const { server, generator } = await setUp(
      [
        {
          chunks: ["It is ", "blue."],
          finishReason: "length",
          usage: { prompt_tokens: 500, completion_tokens: 20 },
        },
      ],
      { temperature: 0.5, maxOutputTokens: 9 },
    );
    expect(await collect(generator.generate({ messages, maxTokens: 64 }))).toEqual([
      { type: "text", text: "It is " },
      { type: "text", text: "blue." },
      {
        type: "finish",
        finishReason: "length",
        // (500 × 2 + 20 × 10) / 1,000,000
        usage: { promptTokens: 500, completionTokens: 20, cost: 0.0012 },
      },
    ]);
    expect(server.requests[0]?.body).toMatchObject({
      model: "small",
      stream: true,
      max_tokens: 64,
      temperature: 0.5,
      messages,
    });
    expect(generator).toMatchObject({ model: "small", provider: "local.chat" });
  });

  test("it keeps the contract of a generator", async () => {
    const { generator } = await setUp([{ chunks: ["Yes", "."] }]);
    expect(await checkGenerator(generator)).toEqual([]);
  });

  test.each([
    [500, true],
    [429, true],
    [401, false],
  ])("status %d is GENERATION_FAILED, retryable: %s", async (status, retryable) => {
    const { rag } = await setUp([{ status }]);
    await expect(collect(rag.answer({ query: "Why?", userId: "alice" }))).rejects.toMatchObject({
      code: "GENERATION_FAILED",
      retryable,
      details: { status },
    });
  });

  // What ends too early and in good order, providers call an invalid answer.
  test.each([
    ["reset", true],
    ["end", false],
  ] as const)("a stream that is cut (%s) has no finish part, retryable: %s", async (cut, retryable) => {
    const { rag } = await setUp([{ chunks: ["It is ", "blue"], cut }]);
    await expect(collect(rag.answer({ query: "Why?", userId: "alice" }))).rejects.toMatchObject({
      code: "GENERATION_FAILED",
      retryable,
      details: {},
    });
  });

  test.each(["leaving the loop", "an abort"])("%s closes the connection", async (how) => {
    const never = deferred();
    const { server, generator } = await setUp([
      { chunks: ["one ", "two "], beforeChunk: (index) => (index === 0 ? Promise.resolve() : never.promise) },
    ]);
    const controller = new AbortController();
    await (async () => {
      for await (const part of generator.generate({ messages, signal: controller.signal })) {
        if (part.type !== "text") continue;
        if (how === "leaving the loop") break;
        controller.abort();
      }
    })().catch(() => {});
    expect(await server.requests[0]?.closed).toBe("broken");
    never.resolve();
  });
});

/** A model whose stream has these parts; `canceled` has the reasons with which it was given up. */
function modelOf(parts: readonly object[], endless = false) {
  const canceled: unknown[] = [];
  const stream = new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      if (!endless) controller.close();
    },
    cancel: (reason) => void canceled.push(reason),
  });
  const model = { modelId: "m", provider: "p", doStream: async () => ({ stream }) };
  return { model: model as AiSdkLanguageModel, canceled };
}
const textPart = { type: "text-delta", id: "0", delta: "Blue." };

test.each([
  ["stop", { inputTokens: 3, outputTokens: 2, totalTokens: 5 }, "stop"],
  ["content-filter", { inputTokens: 3, outputTokens: 2, totalTokens: 5 }, "content_filter"],
  ["other", { inputTokens: 3, outputTokens: 2, totalTokens: 5 }, "other"],
  [{ unified: "stop", raw: "end_turn" }, { inputTokens: { total: 3 }, outputTokens: { total: 2 } }, "stop"],
  [{ unified: "other", raw: "paused" }, { inputTokens: { total: 3 }, outputTokens: { total: 2 } }, "other"],
])("finish part %j", async (finishReason, usage, word) => {
  const { model } = modelOf([
    { type: "stream-start", warnings: [] },
    { type: "reasoning-delta", id: "1", delta: "Hm." },
    textPart,
    { type: "finish", finishReason, usage },
  ]);
  expect(await collect(aiSdkGenerator(model).generate({ messages }))).toEqual([
    { type: "text", text: "Blue." },
    { type: "finish", finishReason: word, usage: { promptTokens: 3, completionTokens: 2 } },
  ]);
});

test.each([
  { inputTokens: undefined, outputTokens: undefined, totalTokens: undefined },
  { inputTokens: { total: 3 }, outputTokens: { total: undefined } },
  undefined,
])("usage %j is unknown, not 0", async (usage) => {
  const { model } = modelOf([textPart, { type: "finish", finishReason: "stop", usage }]);
  const parts = await collect(
    aiSdkGenerator(model, { pricePerMillionTokens: { prompt: 1, completion: 1 } }).generate({ messages }),
  );
  expect(parts.at(-1)).toEqual({ type: "finish", finishReason: "stop", usage: undefined });
});

test.each([["unknown"], ["error"], [{ unified: "other", raw: undefined }], [{ unified: "error", raw: "x" }]])(
  "a finish part that knows no reason (%j) is none",
  async (finishReason) => {
    const { model } = modelOf([textPart, { type: "finish", finishReason, usage: {} }]);
    expect(await collect(aiSdkGenerator(model).generate({ messages }))).toEqual([
      { type: "text", text: "Blue." },
    ]);
  },
);

test("an error within the stream is thrown, and the stream given up", async () => {
  const error = Object.assign(new Error("overloaded"), { statusCode: 529 });
  const { model, canceled } = modelOf([textPart, { type: "error", error }], true);
  await expect(collect(aiSdkGenerator(model).generate({ messages }))).rejects.toBe(error);
  expect(canceled).toHaveLength(1);
});

test("an abort ends the stream of a model that does not listen", async () => {
  const { model, canceled } = modelOf([textPart], true);
  const controller = new AbortController();
  const reason = new Error("enough");
  const parts = [];
  for await (const part of aiSdkGenerator(model).generate({ messages, signal: controller.signal })) {
    parts.push(part);
    queueMicrotask(() => controller.abort(reason));
  }
  expect(parts).toEqual([{ type: "text", text: "Blue." }]);
  expect(canceled).toEqual([reason]);
});

test.each([
  [undefined, {}, "model"],
  [{ doGenerate() {} }, {}, "model"],
  [
    modelOf([]).model,
    { pricePerMillionTokens: { prompt: -1, completion: 1 } },
    "pricePerMillionTokens.prompt",
  ],
  [modelOf([]).model, { pricePerMillionTokens: { prompt: 1 } }, "pricePerMillionTokens.completion"],
])("wrong use %#", (model, options, named) => {
  expect(() => aiSdkGenerator(model as AiSdkLanguageModel, options as object)).toThrow(named);
});
