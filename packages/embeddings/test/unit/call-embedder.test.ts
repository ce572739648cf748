import fc from "fast-check";
import { expect, test } from "vitest";
import { embedAllButRefused } from "../../src/call-embedder.ts";
import { type Embedder, EmbeddingsError } from "../../src/index.ts";

const vectorOf = (text: string) => [text.length + 1, 1];
const isPoison = (text: string) => text.startsWith("poison");

interface Fake extends Embedder {
  calls: (readonly string[])[];
}

/** Refuses a call with poison as a whole, as a provider does. */
function halvingEmbedder(
  refuses: (text: string) => boolean = isPoison,
  status = 400,
  refusal = (): Error => Object.assign(new Error("no"), { status }),
): Fake {
  const calls: (readonly string[])[] = [];
  return {
    model: "fake",
    dimensions: 2,
    maxInputTokens: 100,
    calls,
    async embed(texts) {
      calls.push(texts);
      if (texts.some(refuses)) throw refusal();
      return { embeddings: texts.map(vectorOf), usage: { tokens: texts.length, requests: 1, cost: 0.5 } };
    },
  };
}

/** Names the poison, and keeps the vectors of the others or not. */
function namingEmbedder(keeps: boolean): Fake {
  const calls: (readonly string[])[] = [];
  return {
    ...halvingEmbedder(),
    calls,
    async embed(texts) {
      calls.push(texts);
      const indexes = [...texts.keys()].filter((at) => isPoison(texts[at] ?? ""));
      const embeddings = texts.map((text) => (isPoison(text) ? undefined : vectorOf(text)));
      const usage = { tokens: texts.length - indexes.length, requests: 1, cost: 0 };
      if (indexes.length === 0) return { embeddings: embeddings.filter((vector) => !!vector), usage };
      const partial = keeps ? { embeddings, usage } : undefined;
      throw new EmbeddingsError("INPUT_REFUSED", "no", { indexes, partial });
    },
  };
}

const texts = fc.array(
  fc.oneof({ weight: 3, arbitrary: fc.lorem() }, { weight: 1, arbitrary: fc.constant("poison") }),
  {
    maxLength: 40,
  },
);

test.each([
  ["halves", () => halvingEmbedder()],
  ["halves by 422", () => halvingEmbedder(isPoison, 422)],
  ["halves by a code", () => halvingEmbedder(isPoison, 0, () => new EmbeddingsError("INPUT_TOO_LONG", "no"))],
  ["is named and asks again", () => namingEmbedder(false)],
  ["is named and keeps the others", () => namingEmbedder(true)],
] as [string, () => Fake][])("poison is found and nothing else held up: %s", async (_, create) => {
  await fc.assert(
    fc.asyncProperty(texts, async (values) => {
      const { vectors, refused } = await embedAllButRefused(create(), values, undefined);
      expect(vectors).toEqual(values.map((text) => (isPoison(text) ? undefined : vectorOf(text))));
      expect([...refused.keys()].sort((a, b) => a - b)).toEqual(
        [...values.keys()].filter((at) => isPoison(values[at] ?? "")),
      );
      for (const error of refused.values()) expect(error).toBeInstanceOf(EmbeddingsError);
    }),
    { numRuns: 50 },
  );
});

test("one poison text among n costs about 2 log n calls, and each other text is charged once", async () => {
  const embedder = halvingEmbedder();
  const values = Array.from({ length: 1_024 }, (_, at) => (at === 700 ? "poison" : `text ${at}`));
  const { usage } = await embedAllButRefused(embedder, values, undefined);
  expect(embedder.calls.length).toBeLessThanOrEqual(2 * 10 + 1);
  expect(usage.tokens).toBe(1_023);
});

test("a named text costs one call when the others were kept, and one more when not", async () => {
  const values = ["a", "poison", "b", "poison", "c"];
  for (const [keeps, calls] of [
    [true, [values]],
    [false, [values, ["a", "b", "c"]]],
  ] as const) {
    const embedder = namingEmbedder(keeps);
    const { usage } = await embedAllButRefused(embedder, values, undefined);
    expect(embedder.calls).toEqual(calls);
    expect(usage.tokens).toBe(3);
  }
});

test("a vector that was kept but is none is asked for again", async () => {
  let calls = 0;
  const embedder: Embedder = {
    ...namingEmbedder(true),
    async embed(values) {
      if (calls++ > 0) return { embeddings: values.map(vectorOf), usage: { tokens: 1 } };
      const partial = { embeddings: [undefined, [Number.NaN, 1], [3, 1]], usage: { tokens: 2 } };
      throw new EmbeddingsError("INPUT_REFUSED", "no", { indexes: [0], partial });
    },
  };
  const { vectors } = await embedAllButRefused(embedder, ["poison", "b", "cc"], undefined);
  expect(vectors).toEqual([undefined, vectorOf("b"), [3, 1]]);
});

test("an embedder that refuses any text is no fault of the texts, found in few calls", async () => {
  const embedder = halvingEmbedder(() => true);
  const values = Array.from({ length: 1_024 }, (_, at) => `text ${at}`);
  await expect(embedAllButRefused(embedder, values, undefined)).rejects.toMatchObject({
    code: "REQUEST_REFUSED",
    status: 400,
    retryable: false,
    indexes: undefined,
    cause: expect.objectContaining({ message: "no" }),
  });
  expect(embedder.calls.length).toBeLessThanOrEqual(12);
});

test.each([
  ["the provider's trouble", 503, "EMBEDDER_FAILED"],
  ["a wrong key", 401, "EMBEDDER_FAILED"],
])("%s blames no text", async (_, status, code) => {
  const embedder = halvingEmbedder(isPoison, status);
  await expect(embedAllButRefused(embedder, ["a", "poison"], undefined)).rejects.toMatchObject({ code });
  expect(embedder.calls).toHaveLength(1);
});

test("usage is summed, and what one call does not know is not known", async () => {
  const values = ["a", "poison", "b"];
  expect((await embedAllButRefused(halvingEmbedder(), ["a", "b"], undefined)).usage).toEqual({
    tokens: 2,
    requests: 1,
    cost: 0.5,
  });
  const silent: Embedder = {
    ...halvingEmbedder(),
    embed: async (list) => ({ embeddings: list.map(vectorOf), usage: { tokens: 1 } }),
  };
  expect((await embedAllButRefused(silent, values, undefined)).usage).toEqual({ tokens: 1 });
  expect(await embedAllButRefused(silent, [], undefined)).toEqual({
    vectors: [],
    refused: new Map(),
    usage: { tokens: 0, requests: 0, cost: 0 },
  });
});

test("vectors do not show in a printed error", () => {
  const partial = { embeddings: [[1, 2]], usage: { tokens: 1 } };
  const error = new EmbeddingsError("INPUT_REFUSED", "no", { indexes: [1], partial });
  expect(error.partial).toBe(partial);
  expect(Object.keys(error)).not.toContain("partial");
});
