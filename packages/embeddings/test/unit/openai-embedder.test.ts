import fc from "fast-check";
import OpenAI from "openai";
import { afterEach, expect, test } from "vitest";
import {
  type EmbeddingsServer,
  type EmbeddingsServerOptions,
  startEmbeddingsServer,
  vectorOf,
} from "../../../testing/src/embeddings-server.ts";
import { requestBatches } from "../../src/embedders/request-batches.ts";
import { type OpenAIClient, openaiEmbedder } from "../../src/index.ts";

let server: EmbeddingsServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function clientOf(options: EmbeddingsServerOptions = {}, apiKey = "sk-test") {
  server = await startEmbeddingsServer(options);
  return { server, client: new OpenAI({ apiKey, baseURL: server.url, maxRetries: 0 }) };
}

const near = (vector: readonly number[]) => vector.map((value) => expect.closeTo(value, 6));

test("vectors come in the order of the texts, whatever the order of the answer", async () => {
  const { server, client } = await clientOf({ order: "reversed" });
  const embedder = openaiEmbedder(client, { dimensions: 8 });
  const { embeddings, usage } = await embedder.embed(["one", "two", "three"]);
  expect(embeddings).toEqual(["one", "two", "three"].map((text) => near(vectorOf(text, 8))));
  expect(usage.tokens).toBe(4);
  expect(server.requests[0]?.body).toEqual({
    model: "text-embedding-3-small",
    input: ["one", "two", "three"],
    encoding_format: "base64",
    dimensions: 8,
  });
});

test.each([
  ["floats asked for", {}, { encodingFormat: "float" }],
  ["floats in place of base64", { floatsOnly: true }, {}],
] as const)("%s are accepted", async (_, serverOptions, options) => {
  const { client } = await clientOf(serverOptions);
  const { embeddings } = await openaiEmbedder(client, { dimensions: 4, ...options }).embed(["x"]);
  expect(embeddings).toEqual([near(vectorOf("x", 4))]);
});

test("the model's own length is the default, and dimensions are sent where they can shorten", async () => {
  const { server, client } = await clientOf({ models: { "text-embedding-ada-002": 1536, local: 16 } });
  const ada = openaiEmbedder(client, { model: "text-embedding-ada-002" });
  expect(ada.dimensions).toBe(1536);
  expect((await ada.embed(["x"])).embeddings[0]).toHaveLength(1536);
  await openaiEmbedder(client, { model: "local", dimensions: 16 }).embed(["x"]);
  expect(server.requests.map(({ body }) => body.dimensions)).toEqual([undefined, undefined]);
  expect(openaiEmbedder(client, { model: "text-embedding-3-large" }).dimensions).toBe(3072);
  expect(() => openaiEmbedder(client, { model: "unheard-of" })).toThrow(/pass dimensions/);
});

test("many texts go out in requests within the API's limits", async () => {
  const { server, client } = await clientOf();
  const texts = Array.from({ length: 5_000 }, (_, at) => `${at}`);
  const { embeddings } = await openaiEmbedder(client, { dimensions: 2 }).embed(texts);
  expect(embeddings).toEqual(texts.map((text) => near(vectorOf(text, 2))));
  expect(server.requests.map(({ body }) => (body.input as string[]).length)).toEqual([2048, 2048, 904]);
});

test("no request is above 2,048 inputs or 300,000 tokens by the API's own estimate, whatever the script", () => {
  const long = fc
    .tuple(fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 2_000 }))
    .map(([unit, times]) => unit.repeat(times));
  fc.assert(
    fc.property(fc.array(long, { maxLength: 60 }), fc.integer({ min: 1, max: 60 }), (some, times) => {
      const texts = Array.from({ length: times }, () => some).flat();
      const batches = [...requestBatches(texts)];
      expect(batches.flat()).toEqual(texts);
      for (const batch of batches) {
        expect(batch.length).toBeLessThanOrEqual(2_048);
        const bytes = batch.reduce((sum, text) => sum + Math.ceil(Buffer.byteLength(text) / 4), 0);
        if (batch.length > 1) expect(bytes).toBeLessThanOrEqual(300_000);
      }
    }),
    { numRuns: 50 },
  );
});

test("a blank text is refused before it is sent", async () => {
  const { server, client } = await clientOf();
  const embedder = openaiEmbedder(client);
  await expect(embedder.embed(["fine", " \n"])).rejects.toMatchObject({ code: "INVALID_INPUT" });
  await expect(embedder.embed(["word ".repeat(10_000)])).rejects.toMatchObject({ code: "INPUT_TOO_LONG" });
  expect(server.requests).toHaveLength(0);
});

test("what no request can carry is replaced, and nothing else is touched", async () => {
  const { server, client } = await clientOf();
  await openaiEmbedder(client, { dimensions: 2 }).embed(["a\u0000b\ud800c\n\td 🦊"]);
  expect(server.requests[0]?.body.input).toEqual(["a\uFFFDb\uFFFDc\n\td 🦊"]);
});

test.each([
  [400, false],
  [401, false],
  [408, true],
  [429, true],
  [500, true],
])("HTTP %i is a typed error, retryable: %s, without the provider's words", async (status, retryable) => {
  const { server, client } = await clientOf();
  server.replyNext({ status, body: { error: { message: "about the secret text", code: "x" } } });
  const failure = openaiEmbedder(client).embed(["secret text"]);
  await expect(failure).rejects.toMatchObject({ code: "EMBEDDER_FAILED", status, retryable });
  await expect(failure).rejects.not.toThrow(/secret/);
});

test("a server that is not there is a retryable error", async () => {
  const { server: gone, client } = await clientOf();
  await gone.close();
  server = undefined;
  await expect(openaiEmbedder(client).embed(["x"])).rejects.toMatchObject({
    code: "EMBEDDER_FAILED",
    retryable: true,
    status: undefined,
  });
});

test("the client's own retries are the only ones", async () => {
  server = await startEmbeddingsServer();
  const client = new OpenAI({ apiKey: "sk", baseURL: server.url, maxRetries: 1 });
  server.replyNext({ status: 500, headers: { "retry-after-ms": "1" } });
  expect((await openaiEmbedder(client).embed(["x"])).embeddings).toHaveLength(1);
  server.replyNext({ status: 500, headers: { "retry-after-ms": "1" } });
  server.replyNext({ status: 500, headers: { "retry-after-ms": "1" } });
  await expect(openaiEmbedder(client).embed(["x"])).rejects.toMatchObject({ status: 500 });
  expect(server.requests).toHaveLength(4);
});

test("cancelling closes the connection and rejects with the signal's reason", async () => {
  const { server, client } = await clientOf();
  server.replyNext({ after: new Promise(() => {}) });
  const controller = new AbortController();
  const running = openaiEmbedder(client).embed(["x"], { signal: controller.signal });
  await server.received(1);
  controller.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  expect(await server.requests[0]?.closed).toBe("broken");
});

test.each([
  ["a missing index", { data: [{ index: 0, embedding: [1, 0] }] }],
  ["a repeated index", { data: [0, 0].map((index) => ({ index, embedding: [1, 0] })) }],
  ["no data", {}],
])("an answer with %s is a typed error", async (_, answer) => {
  const client = { embeddings: { create: async () => answer } } as unknown as OpenAIClient;
  const embedder = openaiEmbedder(client, { model: "m", dimensions: 2 });
  await expect(embedder.embed(["a", "b"])).rejects.toMatchObject({ code: "INVALID_EMBEDDING" });
});
