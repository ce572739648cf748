import fc from "fast-check";
import OpenAI from "openai";
import { afterEach, expect, test } from "vitest";
import { deferred } from "../../../testing/src/deferred.ts";
import {
  type EmbeddingsReply,
  type EmbeddingsServer,
  type EmbeddingsServerOptions,
  startEmbeddingsServer,
  vectorOf,
} from "../../../testing/src/embeddings-server.ts";
import { requestBatches } from "../../src/embedders/request-batches.ts";
import {
  createLimiter,
  type OpenAIClient,
  type OpenAIEmbedderOptions,
  openaiEmbedder,
} from "../../src/index.ts";

let server: EmbeddingsServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** The server's client, retries left on as they are by default, and the pauses that the embedder makes. */
async function start(options: EmbeddingsServerOptions = {}) {
  server = await startEmbeddingsServer(options);
  const client = new OpenAI({ apiKey: "sk-test", baseURL: server.url });
  const pauses: number[] = [];
  const time = {
    now: () => Date.UTC(2026, 0, 1) + pauses.reduce((sum, ms) => sum + ms, 0),
    wait: async (ms: number) => void pauses.push(ms),
    random: () => 1,
  };
  const embedderOf = (more: OpenAIEmbedderOptions = {}) =>
    openaiEmbedder(client, { dimensions: 8, ...time, ...more });
  return { server, client, pauses, time, embedderOf };
}

const good = (index: number) => ({ index, embedding: vectorOf("x", 8) });
const near = (vector: readonly number[]) => vector.map((value) => expect.closeTo(value, 6));
const vectorsOf = (texts: readonly string[], dimensions = 8) =>
  texts.map((text) => near(vectorOf(text, dimensions)));

test("vectors come in the order of the texts, whatever the order of the answer", async () => {
  const { server, embedderOf } = await start({ order: "reversed" });
  const { embeddings, usage } = await embedderOf().embed(["one", "two", "three"]);
  expect(embeddings).toEqual(vectorsOf(["one", "two", "three"]));
  expect(usage).toEqual({ tokens: 4, requests: 1, cost: undefined });
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
  const { embedderOf } = await start(serverOptions);
  expect((await embedderOf(options).embed(["x"])).embeddings).toEqual(vectorsOf(["x"]));
});

test("the model's own length is the default, and dimensions are sent where they can shorten", async () => {
  const { server, client } = await start({ models: { "text-embedding-ada-002": 1536, local: 16 } });
  const ada = openaiEmbedder(client, { model: "text-embedding-ada-002" });
  expect(ada.dimensions).toBe(1536);
  expect((await ada.embed(["x"])).embeddings[0]).toHaveLength(1536);
  await openaiEmbedder(client, { model: "local", dimensions: 16 }).embed(["x"]);
  expect(server.requests.map(({ body }) => body.dimensions)).toEqual([undefined, undefined]);
  expect(openaiEmbedder(client, { model: "text-embedding-3-large" }).dimensions).toBe(3072);
  expect(() => openaiEmbedder(client, { model: "unheard-of" })).toThrow(/pass dimensions/);
});

test.each([
  ["many", Array.from({ length: 5_000 }, (_, at) => `text ${at}`), 3],
  ["long", Array.from({ length: 50 }, (_, at) => `${"word ".repeat(6_000)}${at}`), 2],
  ["of many bytes", Array.from({ length: 60 }, () => `${"     ".repeat(6_000)}x`), 2],
  ["of three bytes a character", Array.from({ length: 80 }, () => "語".repeat(6_000)), 3],
])("texts that are %s go out in requests within the API's limits", async (_, texts, requests) => {
  const { server, embedderOf } = await start();
  const { embeddings, usage } = await embedderOf({ dimensions: 2 }).embed(texts);
  expect(embeddings).toEqual(vectorsOf(texts, 2));
  expect(server.requests).toHaveLength(requests);
  expect(usage.requests).toBe(requests);
});

test("batches keep order and stay within both limits", () => {
  const inputs = fc.array(fc.record({ tokens: fc.integer({ min: 1, max: 60 }) }), { maxLength: 200 });
  fc.assert(
    fc.property(inputs, fc.integer({ min: 1, max: 20 }), (list, maxInputs) => {
      const batches = [...requestBatches(list, { maxInputs, maxTokens: 50 })];
      expect(batches.flat()).toEqual([...list.keys()]);
      for (const [number, batch] of batches.entries()) {
        const tokens = (places: number[]) => places.reduce((sum, at) => sum + (list[at]?.tokens ?? 0), 0);
        expect(batch.length).toBeLessThanOrEqual(maxInputs);
        if (batch.length > 1) expect(tokens(batch)).toBeLessThanOrEqual(50);
        const next = batches[number + 1]?.[0];
        if (next !== undefined && batch.length < maxInputs)
          expect(tokens([...batch, next])).toBeGreaterThan(50);
      }
    }),
  );
});

test("the limits of another provider are options", async () => {
  const { server, client } = await start({
    models: { local: 4 },
    maxInputs: 3,
    maxInputTokens: 10,
    maxRequestTokens: 20,
  });
  const embedder = openaiEmbedder(client, {
    model: "local",
    dimensions: 4,
    maxInputsPerRequest: 3,
    maxInputTokens: 10,
    maxTokensPerRequest: 20,
  });
  const texts = ["a", "b", "c", "d", "x".repeat(40), "y".repeat(40), "z".repeat(40)];
  expect((await embedder.embed(texts)).embeddings).toEqual(vectorsOf(texts, 4));
  expect(server.requests.length).toBeGreaterThan(3);
  await expect(embedder.embed(["x".repeat(42)])).rejects.toMatchObject({ code: "INPUT_TOO_LONG" });
});

test("an exact counter decides in place of the estimate", async () => {
  const { embedderOf } = await start();
  const embedder = embedderOf({ maxInputTokens: 3, countTokens: (text) => text.split(" ").length });
  await embedder.embed(["extraordinarily long words"]);
  await expect(embedder.embed(["a b c d"])).rejects.toMatchObject({ code: "INPUT_TOO_LONG", indexes: [0] });
});

test("a request has room for the provider's own estimate, whatever the exact counter says", async () => {
  const { embedderOf } = await start();
  const texts = Array.from({ length: 80 }, (_, at) => `${"x".repeat(20_000)}${at}`);
  const { usage } = await embedderOf({ countTokens: () => 1 }).embed(texts);
  // One refused for its size and sent again in halves would be three.
  expect(usage.requests).toBe(2);
});

test("requests are under way together, up to the concurrency, and no more", async () => {
  const gates = [0, 1, 2, 3, 4].map(() => deferred());
  const { server, embedderOf } = await start({
    script: (_, index) => ({ after: gates[index]?.promise as Promise<void> }),
  });
  const texts = ["a", "b", "c", "d", "e"];
  const running = embedderOf({ maxInputsPerRequest: 1, concurrency: 2 }).embed(texts);
  await server.received(2);
  expect(server.requests).toHaveLength(2);
  // The second one ends first: a place is free, whoever had it.
  gates[1]?.resolve();
  await server.received(3);
  expect(server.requests.map(({ body }) => body.input)).toEqual([["a"], ["b"], ["c"]]);
  for (const gate of gates) gate.resolve();
  expect((await running).embeddings).toEqual(vectorsOf(texts));
});

test("a blank or overlong text is named before anything is sent", async () => {
  const { server, embedderOf } = await start();
  const embedder = embedderOf();
  const blank = embedder.embed(["fine", " \n", "", undefined as unknown as string]);
  await expect(blank).rejects.toMatchObject({ code: "INVALID_INPUT", indexes: [1, 2, 3] });
  const long = embedder.embed(["fine", "word ".repeat(10_000), "x".repeat(10_000_000)]);
  await expect(long).rejects.toMatchObject({ code: "INPUT_TOO_LONG", indexes: [1, 2] });
  expect(server.requests).toHaveLength(0);
});

test("what no request can carry is replaced, and nothing else is touched", async () => {
  const { server, embedderOf } = await start();
  await embedderOf().embed(["a\u0000b\ud800c\n\td 🦊", "\udc00", "\0"]);
  expect(server.requests[0]?.body.input).toEqual(["a\uFFFDb\uFFFDc\n\td 🦊", "\uFFFD", "\uFFFD"]);
});

test("cost follows the price, and is not known without one", async () => {
  const { embedderOf } = await start();
  const { usage } = await embedderOf({ pricePerMillionTokens: 0.02 }).embed(["x".repeat(4_000)]);
  expect(usage).toEqual({ tokens: 1_000, requests: 1, cost: 0.00002 });
});

test("where the server tells no usage, tokens are estimated", async () => {
  const create = async () => ({ data: [{ index: 0, embedding: [1, 0] }] });
  const embedder = openaiEmbedder({ embeddings: { create } }, { model: "m", dimensions: 2 });
  expect((await embedder.embed(["eight by"])).usage.tokens).toBe(2);
});

test.each([408, 409, 429, 500, 503])(
  "HTTP %i is sent again, by the embedder and not by the client",
  async (status) => {
    const { server, pauses, embedderOf } = await start();
    for (let times = 0; times < 3; times++) server.replyNext({ status });
    const { embeddings, usage } = await embedderOf().embed(["x"]);
    expect(embeddings).toEqual(vectorsOf(["x"]));
    expect(usage).toMatchObject({ tokens: 1, requests: 4 });
    expect(pauses).toEqual([500, 1_000, 2_000]);
  },
);

test.each([
  ["a connection that breaks off", { truncate: "reset" }],
  ["a body that ends too early", { truncate: "end" }],
  ["a body that is no JSON", { headers: { "content-type": "text/plain" } }],
] as [string, EmbeddingsReply][])("%s is asked again", async (_, reply) => {
  const { server, embedderOf } = await start();
  server.replyNext(reply);
  expect((await embedderOf().embed(["x"])).embeddings).toEqual(vectorsOf(["x"]));
  expect(server.requests).toHaveLength(2);
});

test.each([
  ["retry-after-ms", { "retry-after-ms": "1500" }, 1_650],
  ["seconds", { "retry-after": "2" }, 2_200],
  ["an HTTP date", { "retry-after": "Thu, 01 Jan 2026 00:00:10 GMT" }, 11_000],
  ["nonsense", { "retry-after": "soon" }, 500],
  ["a negative number", { "retry-after": "-5" }, 500],
])("the pause is what the provider asks for, and up to a tenth more: %s", async (_, headers, pause) => {
  const { server, pauses, embedderOf } = await start();
  server.replyNext({ status: 429, headers });
  await embedderOf().embed(["x"]);
  expect(pauses).toEqual([pause]);
});

test("attempts are bounded", async () => {
  const { server, pauses, embedderOf } = await start({ script: () => ({ status: 503 }) });
  const failure = embedderOf({ retry: { maxAttempts: 3, baseDelayMs: 10, maxDelayMs: 15 } }).embed(["x"]);
  await expect(failure).rejects.toMatchObject({ code: "EMBEDDER_FAILED", status: 503, retryable: true });
  expect(server.requests).toHaveLength(3);
  expect(pauses).toEqual([10, 15]);
});

test("so is their time: a provider that asks for more ends the call, which tells how long to wait", async () => {
  const { server, pauses, embedderOf } = await start();
  server.replyNext({ status: 429, headers: { "retry-after": "3600" } });
  await expect(embedderOf().embed(["x"])).rejects.toMatchObject({ status: 429, retryAfterMs: 3_600_000 });
  expect(server.requests).toHaveLength(1);
  expect(pauses).toEqual([]);
});

test.each([
  ["an exhausted quota", { body: { error: { code: "insufficient_quota", message: "" } } }],
  ["x-should-retry: false", { headers: { "x-should-retry": "false" } }],
])("%s is not worth another attempt", async (_, reply) => {
  const { server, embedderOf } = await start();
  server.replyNext({ status: 429, ...reply });
  await expect(embedderOf().embed(["x"])).rejects.toMatchObject({ status: 429, retryable: true });
  expect(server.requests).toHaveLength(1);
});

test.each([401, 403, 404])(
  "HTTP %i is a typed error at once, without the provider's words",
  async (status) => {
    const { server, embedderOf } = await start();
    server.replyNext({ status, body: { error: { message: "about the secret text", code: "x" } } });
    const failure = embedderOf().embed(["secret text"]);
    await expect(failure).rejects.toMatchObject({ code: "EMBEDDER_FAILED", status, retryable: false });
    await expect(failure).rejects.not.toThrow(/secret/);
    expect(server.requests).toHaveLength(1);
  },
);

test("a server that is not there is a retryable error", async () => {
  const { server: gone, pauses, embedderOf } = await start();
  await gone.close();
  server = undefined;
  const failure = embedderOf({ retry: { maxAttempts: 2 } }).embed(["x"]);
  await expect(failure).rejects.toMatchObject({
    code: "EMBEDDER_FAILED",
    retryable: true,
    status: undefined,
  });
  expect(pauses).toHaveLength(1);
});

test("a request that is never answered is given up and sent again", async () => {
  const { server, embedderOf } = await start();
  server.replyNext({ after: new Promise(() => {}) });
  const { embeddings } = await embedderOf({ requestTimeoutMs: 50 }).embed(["x"]);
  expect(embeddings).toEqual(vectorsOf(["x"]));
  expect(await server.requests[0]?.closed).toBe("broken");
});

test("cancelling closes every connection and rejects with the signal's reason", async () => {
  const { server, embedderOf } = await start({ script: () => ({ after: new Promise(() => {}) }) });
  const controller = new AbortController();
  const embedder = embedderOf({ maxInputsPerRequest: 1, concurrency: 2 });
  const running = embedder.embed(["x", "y", "z"], { signal: controller.signal });
  await server.received(2);
  controller.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  expect(await Promise.all(server.requests.map(({ closed }) => closed))).toEqual(["broken", "broken"]);
});

test("cancelling ends a pause, and a client that hears no signal", async () => {
  const { server, client, embedderOf } = await start({ script: () => ({ status: 503 }) });
  const controller = new AbortController();
  const waiting = deferred();
  const wait = (_: number, signal?: AbortSignal) =>
    new Promise<void>((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
      waiting.resolve();
    });
  const paused = embedderOf({ wait }).embed(["x"], { signal: controller.signal });
  await waiting.promise;
  controller.abort(new Error("enough"));
  await expect(paused).rejects.toThrow("enough");
  expect(server.requests).toHaveLength(1);
  await expect(embedderOf().embed(["x"], { signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow(
    "no",
  );

  const deaf = { embeddings: { create: () => new Promise<never>(() => {}) } };
  const later = new AbortController();
  const stuck = openaiEmbedder(deaf, { dimensions: 8 }).embed(["x"], { signal: later.signal });
  later.abort(new Error("enough"));
  await expect(stuck).rejects.toThrow("enough");
  expect(client.maxRetries).toBe(2);
});

test("one request that fails ends the others", async () => {
  const { server, embedderOf } = await start({
    script: (_, index) => (index === 1 ? { status: 401 } : { after: new Promise(() => {}) }),
  });
  const failure = embedderOf({ maxInputsPerRequest: 1, concurrency: 2 }).embed(["x", "y", "z"]);
  await expect(failure).rejects.toMatchObject({ status: 401 });
  expect(await server.requests[0]?.closed).toBe("broken");
  expect(server.requests).toHaveLength(2);
});

test.each([
  ["a vector too few", { flaw: "missing" }],
  ["a number given twice", { flaw: "repeated" }],
  ["NaN", { flaw: "nan" }],
  ["a wrong length", { flaw: "short" }],
  ["a number out of range beside all others", { body: { data: [0, 1, 2].map(good) } }],
  ["a number given twice beside all others", { body: { data: [0, 1, 1].map(good) } }],
  ["a fractional number", { body: { data: [0, 0.5].map((index) => ({ index, embedding: [1] })) } }],
  [
    "half a float",
    { body: { data: [0, 1].map((index) => ({ index, embedding: Buffer.alloc(33, 1).toString("base64") })) } },
  ],
  ["no vectors", { body: {} }],
  ["null for vectors", { body: { data: [0, 1].map((index) => ({ index, embedding: null })) } }],
] as [string, EmbeddingsReply][])("an answer with %s is a typed error", async (_, reply) => {
  const { server, embedderOf } = await start();
  server.replyNext(reply);
  const failure = embedderOf().embed(["a", "b"]);
  await expect(failure).rejects.toMatchObject({ code: "INVALID_EMBEDDING", retryable: false });
});

test.each(["base64", "float"] as const)("NaN is found in %s", async (encodingFormat) => {
  const { server, embedderOf } = await start();
  server.replyNext({ flaw: "nan" });
  const failure = embedderOf({ encodingFormat }).embed(["a"]);
  await expect(failure).rejects.toMatchObject({ code: "INVALID_EMBEDDING" });
});

test("refused texts are named, and the vectors of the others come with the error", async () => {
  const { embedderOf } = await start({ refuses: (text) => text.includes("poison") });
  const texts = Array.from({ length: 100 }, (_, at) =>
    at === 7 || at === 71 ? `poison ${at}` : `text ${at}`,
  );
  const error = await embedderOf({ maxInputsPerRequest: 30 })
    .embed(texts)
    .catch((reason) => reason);
  expect(error).toMatchObject({ code: "INPUT_REFUSED", indexes: [7, 71], status: 400, retryable: false });
  expect(error.message).toContain("Texts 7, 71 of 100");
  expect(error.message).not.toContain("poison");
  expect(error.partial.embeddings).toEqual(
    texts.map((text) => (text.startsWith("poison") ? undefined : near(vectorOf(text, 8)))),
  );
  expect(error.partial.usage.requests).toBeLessThanOrEqual(4 + 2 * 11);
});

test("a request refused whatever its text blames no text", async () => {
  const { server, embedderOf } = await start({ script: () => ({ status: 400 }) });
  const texts = Array.from({ length: 1_000 }, (_, at) => `text ${at}`);
  const failure = embedderOf().embed(texts);
  await expect(failure).rejects.toMatchObject({ code: "REQUEST_REFUSED", status: 400, indexes: undefined });
  expect(server.requests.length).toBeLessThanOrEqual(12);
});

test("a request that is too large by the provider's count is sent in halves", async () => {
  const { embedderOf } = await start({ maxRequestTokens: 100 });
  const texts = Array.from({ length: 64 }, (_, at) => `twelve bytes${at}`);
  expect((await embedderOf().embed(texts)).embeddings).toEqual(vectorsOf(texts));
});

test("a storm of 429 is weathered, and the limiter lets nobody else through meanwhile", async () => {
  let refusals = 6;
  const { server, time, embedderOf } = await start({
    script: () => (refusals-- > 0 ? { status: 429, headers: { "retry-after": "1" } } : undefined),
  });
  const limiter = createLimiter(time);
  const embedder = embedderOf({ limiter, maxInputsPerRequest: 1, concurrency: 3 });
  const texts = ["a", "b", "c", "d", "e"];
  expect((await embedder.embed(texts)).embeddings).toEqual(vectorsOf(texts));
  expect(server.requests.length).toBe(5 + 6);
});

test("a 429 pauses the limiter, a failure of the server's does not unless it asks", async () => {
  const { server, time, embedderOf } = await start();
  const paused: number[] = [];
  const limiter = { ...createLimiter(time), pause: (ms: number) => void paused.push(ms) };
  server.replyNext({ status: 500 });
  server.replyNext({ status: 503, headers: { "retry-after": "1" } });
  server.replyNext({ status: 429 });
  await embedderOf({ limiter }).embed(["x"]);
  expect(paused).toEqual([1_100, 2_000]);
});

test("a text is measured by its bytes where they are more than the estimate, and before it is counted", async () => {
  const { server, embedderOf } = await start();
  await expect(embedderOf().embed([`${" ".repeat(33_000)}x`])).rejects.toMatchObject({
    code: "INPUT_TOO_LONG",
  });
  const countTokens = (text: string) => (text.length > 8_191 * 128 ? expect.unreachable() : 1);
  const failure = embedderOf({ countTokens }).embed(["x".repeat(2_000_000)]);
  await expect(failure).rejects.toMatchObject({ code: "INPUT_TOO_LONG" });
  expect(server.requests).toHaveLength(0);
});

test("a flawed answer to a part of the texts is no partial answer", async () => {
  const { embedderOf } = await start({
    refuses: (text) => text === "poison",
    script: ({ body }) => ((body.input as string[]).join() === "b" ? { flaw: "nan" } : undefined),
  });
  const failure = embedderOf({ maxInputsPerRequest: 1 }).embed(["a", "poison", "b"]);
  await expect(failure).rejects.toMatchObject({ code: "INVALID_EMBEDDING" });
});

test("the limiter learns from the answer's headers, and a request is never above its minute", async () => {
  const { server, time, pauses, embedderOf } = await start();
  const limiter = createLimiter({ ...time, tokensPerMinute: 10 });
  const embedder = embedderOf({ limiter, concurrency: 1 });
  await embedder.embed(["x".repeat(40)]);
  expect(pauses).toEqual([]);
  await embedder.embed(["x".repeat(20), "y".repeat(24)]);
  expect(server.requests.map(({ body }) => (body.input as string[]).length)).toEqual([1, 1, 1]);
  expect(pauses).toEqual([60_000, 60_000]);

  const told = createLimiter(time);
  const again = embedderOf({ limiter: told });
  server.replyNext({
    headers: {
      "x-ratelimit-limit-requests": "60",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "1m0s",
    },
  });
  await again.embed(["x"]);
  await again.embed(["x"]);
  expect(pauses.slice(2)).toEqual([1_000]);
});

test("a client of its shape, without withResponse, does as well", async () => {
  const options: unknown[] = [];
  const client: OpenAIClient = {
    embeddings: {
      create: async (_, given) => {
        options.push(given);
        return { data: [{ index: 0, embedding: [3, 4] }], usage: { total_tokens: 7 } };
      },
    },
  };
  const { embeddings, usage } = await openaiEmbedder(client, { model: "m", dimensions: 2 }).embed(["x"]);
  expect([embeddings, usage.tokens]).toEqual([[[3, 4]], 7]);
  expect(options).toEqual([{ signal: expect.any(AbortSignal), maxRetries: 0 }]);
});

test.each([
  { maxInputTokens: 0 },
  { maxInputsPerRequest: 0 },
  { maxTokensPerRequest: 1.5 },
  { concurrency: 0 },
  { requestTimeoutMs: -1 },
  { retry: { maxAttempts: 0 } },
  { retry: { maxElapsedMs: Number.NaN } },
  { pricePerMillionTokens: -1 },
  { dimensions: 4_001 },
])("options %j are refused", (options) => {
  const client: OpenAIClient = { embeddings: { create: async () => ({ data: [] }) } };
  expect(() => openaiEmbedder(client, options)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  expect(() => openaiEmbedder({} as OpenAIClient)).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION" }),
  );
});
