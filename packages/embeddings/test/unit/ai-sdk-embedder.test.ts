import { expect, test } from "vitest";
import { deferred } from "../../../testing/src/deferred.ts";
import { type AiSdkEmbeddingModel, aiSdkEmbedder } from "../../src/index.ts";

type Call = Parameters<AiSdkEmbeddingModel["doEmbed"]>[0];
const vectorOf = (text: string) => [text.length, 1];

function modelOf(more: Partial<AiSdkEmbeddingModel> = {}): AiSdkEmbeddingModel & { calls: Call[] } {
  const calls: Call[] = [];
  const doEmbed: AiSdkEmbeddingModel["doEmbed"] = async ({ values }) => ({
    embeddings: values.map(vectorOf),
    usage: { tokens: 3 },
  });
  const model = {
    modelId: "some-embed",
    provider: "some.embedding",
    maxEmbeddingsPerCall: 2,
    supportsParallelCalls: true,
    doEmbed,
    ...more,
  };
  return {
    ...model,
    calls,
    doEmbed(options) {
      calls.push(options);
      return model.doEmbed(options);
    },
  };
}

/** As the SDK throws them. */
const apiCallError = (fields: object) =>
  Object.assign(new Error("about the secret text"), { name: "AI_APICallError", ...fields });

const time = { wait: async () => {}, random: () => 1 };
const options = { dimensions: 2, ...time };

test("requests hold as many texts as the model takes, and carry headers and the provider's options", async () => {
  const model = modelOf();
  const embedder = aiSdkEmbedder(model, {
    ...options,
    headers: { "x-team": "search" },
    providerOptions: { some: { inputType: "document" } },
    pricePerMillionTokens: 1,
  });
  expect([embedder.model, embedder.dimensions]).toEqual(["some-embed", 2]);
  const { embeddings, usage } = await embedder.embed(["a", "bb", "ccc"]);
  expect(embeddings).toEqual([
    [1, 1],
    [2, 1],
    [3, 1],
  ]);
  expect(usage).toEqual({ tokens: 6, requests: 2, cost: 0.000006 });
  expect(model.calls).toEqual(
    [["a", "bb"], ["ccc"]].map((values) => ({
      values,
      abortSignal: expect.any(AbortSignal),
      headers: { "x-team": "search" },
      providerOptions: { some: { inputType: "document" } },
    })),
  );
});

test.each([
  ["a promise", Promise.resolve(3), 1],
  ["not known", undefined, 1],
  ["unlimited", Number.POSITIVE_INFINITY, 1],
  ["nonsense", 0, 3],
])("the most texts of a request may be %s", async (_, maxEmbeddingsPerCall, calls) => {
  const model = modelOf({ maxEmbeddingsPerCall });
  await aiSdkEmbedder(model, options).embed(["a", "b", "c"]);
  expect(model.calls).toHaveLength(calls);
});

test.each([
  [true, 2],
  [Promise.resolve(true), 2],
  [Promise.resolve(false), 1],
])(
  "calls are made in parallel only where the model supports it: %o",
  async (supportsParallelCalls, together) => {
    const gate = deferred();
    let underWay = 0;
    let most = 0;
    const model = modelOf({
      maxEmbeddingsPerCall: 1,
      supportsParallelCalls,
      async doEmbed({ values }) {
        most = Math.max(most, ++underWay);
        await gate.promise;
        underWay--;
        return { embeddings: values.map(vectorOf) };
      },
    });
    const running = aiSdkEmbedder(model, { ...options, concurrency: 2 }).embed(["a", "b", "c"]);
    setImmediate(() => gate.resolve());
    await running;
    expect(most).toBe(together);
  },
);

test.each([
  ["HTTP 429", { statusCode: 429, responseHeaders: { "retry-after": "1" } }, true],
  ["HTTP 503", { statusCode: 503 }, true],
  ["a connection that failed", { isRetryable: true }, true],
  ["an answer that broke off", { statusCode: 200, cause: { name: "AI_JSONParseError" } }, true],
  ["HTTP 401", { statusCode: 401, isRetryable: false }, false],
  ["anything else", {}, false],
])("%s is retried by what it is", async (_, fields, isRetried) => {
  let failures = 1;
  const model = modelOf({
    async doEmbed({ values }) {
      if (failures-- > 0) throw apiCallError(fields);
      return { embeddings: values.map(vectorOf) };
    },
  });
  const running = aiSdkEmbedder(model, options).embed(["a"]);
  if (isRetried) return expect((await running).embeddings).toEqual([[1, 1]]);
  await expect(running).rejects.toMatchObject({ code: "EMBEDDER_FAILED", retryable: false });
  await expect(running).rejects.not.toThrow(/secret/);
});

test("a refused text is named, the others keep their vectors", async () => {
  const model = modelOf({
    maxEmbeddingsPerCall: 100,
    async doEmbed({ values }) {
      if (values.includes("poison")) throw apiCallError({ statusCode: 400 });
      return { embeddings: values.map(vectorOf) };
    },
  });
  await expect(aiSdkEmbedder(model, options).embed(["a", "poison", "b"])).rejects.toMatchObject({
    code: "INPUT_REFUSED",
    indexes: [1],
    partial: { embeddings: [[1, 1], undefined, [1, 1]] },
  });
});

test("usage that is no number is estimated", async () => {
  const model = modelOf({
    doEmbed: async ({ values }) => ({ embeddings: values.map(vectorOf), usage: { tokens: Number.NaN } }),
  });
  expect((await aiSdkEmbedder(model, options).embed(["eight by"])).usage.tokens).toBe(2);
});

test("too few vectors are a typed error", async () => {
  const model = modelOf({ doEmbed: async () => ({ embeddings: [[1, 1]] }) });
  await expect(aiSdkEmbedder(model, options).embed(["a", "b"])).rejects.toMatchObject({
    code: "INVALID_EMBEDDING",
  });
});

test("a cancelled call rejects with the signal's reason, whether the model hears it or not", async () => {
  const model = modelOf({ doEmbed: () => new Promise(() => {}) });
  const controller = new AbortController();
  const running = aiSdkEmbedder(model, options).embed(["a"], { signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
});

test("the length is known of OpenAI's models, and has to be said of others; a name may be given", () => {
  expect(aiSdkEmbedder(modelOf({ modelId: "text-embedding-3-large" })).dimensions).toBe(3072);
  expect(aiSdkEmbedder(modelOf(), { ...options, model: "mine" }).model).toBe("mine");
  for (const create of [
    () => aiSdkEmbedder(modelOf()),
    () => aiSdkEmbedder({} as AiSdkEmbeddingModel, options),
  ]) {
    expect(create).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  }
});
