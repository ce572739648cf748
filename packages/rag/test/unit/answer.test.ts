import { deferred } from "@devora/testing";
import { describe, expect, test } from "vitest";
import {
  type AnswerPart,
  createRag,
  type Generator,
  type RagError,
  type RagOptions,
} from "../../src/index.ts";
import { collect, generatorOf, passage, retrieverOf } from "../support/fakes.ts";

const call = { query: "What colour is it?", userId: "alice" };
const found = [
  passage({ id: "a", title: "Colours", text: "It is blue." }),
  passage({ id: "b", source: "messages", entityId: "m1", title: "Chat", text: "It was red." }),
];
const ragOf = (generator: Generator | undefined, options: Partial<RagOptions> = {}) =>
  createRag({ retrievers: { one: retrieverOf(found) }, ...(generator && { generator }), ...options });
const types = (parts: readonly AnswerPart[]) => parts.map((part) => part.type);

test("context first, then text with its citations resolved, then the end with its usage", async () => {
  const usage = { promptTokens: 100, completionTokens: 9 };
  const generator = generatorOf(["Blue [", "1], once red", " [2].", " [8]"], {
    type: "finish",
    finishReason: "stop",
    usage,
  });
  const parts = await collect(ragOf(generator).answer({ ...call, maxAnswerTokens: 50 }));

  expect(parts[0]).toMatchObject({
    type: "context",
    totalContexts: 2,
    contexts: [{ n: 1, id: "a" }, { n: 2 }],
  });
  expect(parts[0]).not.toHaveProperty("messages");
  expect(parts.slice(1)).toEqual([
    { type: "text", text: "Blue" },
    { type: "text", text: " [1]" },
    { type: "citation", n: 1, sourceType: "projects", sourceId: "a", title: "Colours", start: 0, end: 11 },
    { type: "text", text: ", once red" },
    { type: "text", text: " [2]" },
    { type: "citation", n: 2, sourceType: "messages", sourceId: "m1", title: "Chat", start: 0, end: 11 },
    { type: "text", text: "." },
    { type: "unknown-citation", n: 8 },
    { type: "done", finishReason: "stop", usage },
  ]);
  expect(generator.calls[0]).toMatchObject({
    maxTokens: 50,
    messages: [{ role: "system" }, { role: "user" }],
  });
});

test("the context is there before the model says anything", async () => {
  const first = deferred();
  const generator: Generator = {
    async *generate() {
      await first.promise;
      yield { type: "text", text: "late" };
      yield { type: "finish", finishReason: "stop" };
    },
  };
  const parts = ragOf(generator).answer(call)[Symbol.asyncIterator]();
  expect((await parts.next()).value).toMatchObject({ type: "context" });
  const next = parts.next();
  first.resolve();
  expect((await next).value).toEqual({ type: "text", text: "late" });
});

test("nothing found: the answer says so, in the user's language, and the model is not called", async () => {
  const generator = generatorOf(["never"]);
  const rag = ragOf(generator, { retrievers: { one: retrieverOf([]) } });
  const parts = await collect(rag.answer({ ...call, locale: "fr" }));
  expect(types(parts)).toEqual(["context", "not-found", "done"]);
  expect(parts[1]).toMatchObject({ text: expect.stringContaining("rien trouvé") });
  expect(parts[2]).toEqual({
    type: "done",
    finishReason: "not_found",
    usage: { promptTokens: 0, completionTokens: 0 },
  });
  expect(generator.calls).toEqual([]);
});

test("passages without room are not nothing found", async () => {
  const rag = ragOf(generatorOf([]), {
    retrievers: { one: retrieverOf([passage({ id: "a", text: "word ".repeat(9000) })]) },
  });
  await expect(collect(rag.answer(call))).rejects.toMatchObject({ code: "BUDGET_TOO_SMALL" });
});

describe("failure", () => {
  test("no generator", async () => {
    const retriever = retrieverOf(found);
    const rag = createRag({ retrievers: { one: retriever } });
    await expect(collect(rag.answer(call))).rejects.toMatchObject({ code: "GENERATOR_REQUIRED" });
    expect(retriever.calls).toEqual([]);
  });

  test.each([0, -1, 1.5, "9"])("maxAnswerTokens of %j", async (maxAnswerTokens) => {
    const wrong = ragOf(generatorOf(["x"])).answer({ ...call, maxAnswerTokens: maxAnswerTokens as number });
    await expect(collect(wrong)).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });

  test.each([
    [Object.assign(new Error("secret prompt"), { status: 429 }), true, "HTTP 429"],
    [Object.assign(new Error("secret prompt"), { status: 400 }), false, "HTTP 400"],
    [Object.assign(new Error("secret prompt"), { code: "ECONNRESET" }), true, "ECONNRESET"],
    ["a string", false, "UNKNOWN"],
  ])("the model's API fails with %o", async (cause, retryable, named) => {
    const generator: Generator = {
      // biome-ignore lint/correctness/useYield: it fails before its first part
      async *generate() {
        throw cause;
      },
    };
    const error = (await collect(ragOf(generator).answer(call)).catch(
      (thrown: unknown) => thrown,
    )) as RagError;
    expect(error).toMatchObject({ code: "GENERATION_FAILED", retryable, cause });
    expect(error.message).toContain(named);
    expect(error.message).not.toContain("secret");
  });

  test("a stream that ends without saying why was cut", async () => {
    const seen: AnswerPart[] = [];
    const answered = (async () => {
      for await (const part of ragOf(generatorOf(["Blue"], null)).answer(call)) seen.push(part);
    })();
    await expect(answered).rejects.toMatchObject({ code: "GENERATION_FAILED", retryable: true });
    expect(types(seen)).toEqual(["context", "text"]);
  });
});

describe("giving up", () => {
  test("leaving the loop ends the model's work", async () => {
    const generator = generatorOf(["one ", "two ", "three "]);
    for await (const part of ragOf(generator).answer(call)) if (part.type === "text") break;
    expect(generator.closed()).toBe(true);
  });

  test("an abort reaches the generator and is thrown as the caller's reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    // Ends silently when aborted, as some clients do.
    const generator: Generator = {
      async *generate({ signal }) {
        yield { type: "text", text: "one " };
        if (!signal?.aborted) yield { type: "finish", finishReason: "stop" };
      },
    };
    const answered = (async () => {
      for await (const part of ragOf(generator).answer({ ...call, signal: controller.signal }))
        if (part.type === "text") controller.abort(reason);
    })();
    await expect(answered).rejects.toBe(reason);
  });

  test("aborted before the model is called, it is not called", async () => {
    const controller = new AbortController();
    const generator = generatorOf(["x"]);
    const answered = (async () => {
      for await (const _ of ragOf(generator).answer({ ...call, signal: controller.signal }))
        controller.abort();
    })();
    await expect(answered).rejects.toMatchObject({ name: "AbortError" });
    expect(generator.calls).toEqual([]);
  });
});
