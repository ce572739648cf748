import { deferred } from "@devora/testing";
import { describe, expect, test } from "vitest";
import {
  type AnswerPart,
  createRag,
  type Generator,
  type RagError,
  type RagOptions,
  templates,
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
    { type: "done", finishReason: "stop", usage, totalUsage: usage },
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
  expect(parts[1]).toMatchObject({ text: expect.stringContaining("rien trouvé"), reason: "nothing" });
  expect(parts[2]).toEqual({
    type: "done",
    finishReason: "not_found",
    usage: { promptTokens: 0, completionTokens: 0, cost: 0 },
    totalUsage: { promptTokens: 0, completionTokens: 0, cost: 0 },
  });
  expect(generator.calls).toEqual([]);
});

test("a template of the host's own says it in its words", async () => {
  const template = { ...templates.en, notFound: "Nothing on the shelf." };
  const rag = ragOf(generatorOf([]), { retrievers: { one: retrieverOf([]) }, template });
  expect((await collect(rag.answer({ ...call, locale: "fr" })))[1]).toMatchObject({
    text: "Nothing on the shelf.",
  });
});

describe("strict citations", () => {
  const source = passage({
    id: "a",
    title: "Sky",
    start: 500,
    text: "First line.\r\nThe sky\u200b over the harbour is blue.",
  });
  const strictly = (strictCitations: "flag" | "remove", texts: readonly string[]) => {
    const generator = generatorOf(texts);
    const rag = ragOf(generator, { retrievers: { one: retrieverOf([source]) }, strictCitations });
    return { generator, parts: collect(rag.answer({ ...call, locale: "fr" })) };
  };

  test("a quote that stands in the passage is cited at its place in the source", async () => {
    const { parts } = strictly("flag", ['Blue [1 "sky over', ' the harbour"].']);
    const cited = (await parts).find((part) => part.type === "citation");
    expect(cited).toEqual({
      type: "citation",
      n: 1,
      sourceType: "projects",
      sourceId: "a",
      title: "Sky",
      quote: "sky over the harbour",
      start: 500 + source.text.indexOf("sky"),
      end: 500 + source.text.indexOf(" is blue"),
    });
  });

  test("the words of another passage are no support", async () => {
    const other = passage({ id: "b", text: "The door of the house is red." });
    const rag = ragOf(generatorOf(['[2 "sky over the harbour"] [2 "door of the house"]']), {
      retrievers: { one: retrieverOf([source, other]) },
      strictCitations: "flag",
    });
    const parts = await collect(rag.answer(call));
    expect(parts.filter((part) => /citation/.test(part.type))).toMatchObject([
      { type: "unsupported-citation", n: 2, quote: "sky over the harbour", reason: "not-found" },
      { type: "citation", n: 2, sourceId: "b" },
    ]);
  });

  test("offsets that do not fit the text give the passage's own", async () => {
    const odd = { ...source, end: 9000 };
    const rag = ragOf(generatorOf(['[1 "sky over the harbour"]']), {
      retrievers: { one: retrieverOf([odd]) },
      strictCitations: "flag",
    });
    expect(await collect(rag.answer(call))).toContainEqual(
      expect.objectContaining({ type: "citation", start: 500, end: 9000 }),
    );
  });

  test("the quote of what was cut away is not supported: the model was not sent it", async () => {
    const long = passage({ id: "a", text: `${"A line of text.\n".repeat(400)}The sky over the harbour.` });
    const rag = ragOf(generatorOf(['[1 "sky over the harbour"] [1 "A line of text"]']), {
      retrievers: { one: retrieverOf([long]) },
      strictCitations: "remove",
    });
    const parts = await collect(rag.answer({ ...call, maxContextTokens: 700 }));
    expect(parts.filter((part) => part.type !== "context").map((part) => part.type)).toEqual([
      "unsupported-citation",
      "text",
      "citation",
      "done",
    ]);
    expect(parts.find((part) => part.type === "text")).toEqual({ type: "text", text: " [1]" });
  });

  test("the model is told to quote, within the budget, in the user's language", async () => {
    const { generator, parts } = strictly("remove", ["Bleu [1]."]);
    const [context, ...rest] = await parts;
    const system = generator.calls[0]?.messages[0]?.content;
    expect(system).toContain(templates.fr.quoting);
    expect(rest).toMatchObject([
      { type: "text", text: "Bleu" },
      { type: "unsupported-citation", n: 1, reason: "no-quote" },
      { type: "text", text: "." },
      { type: "done" },
    ]);
    const plain = ragOf(generatorOf(["x"]), { retrievers: { one: retrieverOf([source]) } });
    const [other] = await collect(plain.answer({ ...call, locale: "fr" }));
    const reserved = (part: AnswerPart | undefined) =>
      part?.type === "context" ? part.budget.reservedTokens : 0;
    expect(reserved(context) - reserved(other)).toBeGreaterThan(60);
  });
});

describe("links", () => {
  const planted = ["See [1](https://evil", ".example) <im", "g src=x>", "![x", "](//evil)", " `<b>` [9]<"];
  const textOf = (parts: readonly AnswerPart[]) =>
    parts.map((part) => (part.type === "text" ? part.text : "")).join("");

  test("become text, whichever way they are split, and citations stay", async () => {
    const parts = await collect(ragOf(generatorOf(planted)).answer(call));
    expect(textOf(parts)).toBe("See [1]\\(https://evil.example) \\<img src=x>![x]\\(//evil) `<b>`\\<");
    expect(types(parts).filter((type) => type !== "text")).toEqual([
      "context",
      "citation",
      "unknown-citation",
      "done",
    ]);
  });

  test("a marker that is taken out joins no link", async () => {
    const parts = await collect(
      ragOf(generatorOf(["![x] [9]", "(//evil) <", " [9]", "img src=x>"])).answer(call),
    );
    expect(textOf(parts)).toBe("![x]\\(//evil) \\<img src=x>");
  });

  test("stay where the host checks them itself", async () => {
    const parts = await collect(ragOf(generatorOf(planted), { links: "keep" }).answer(call));
    expect(textOf(parts)).toBe("See [1](https://evil.example) <img src=x>![x](//evil) `<b>`<");
  });
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
