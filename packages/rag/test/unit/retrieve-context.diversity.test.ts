import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { repetitionAmong } from "../../src/diversity.ts";
import { createRag, type Passage, type RagOptions } from "../../src/index.ts";
import { passage, retrieverOf } from "../support/fakes.ts";

const call = { query: "how do I deploy?", userId: "alice" };
const ids = (list: readonly { id: string }[]) => list.map((item) => item.id);
const textsOf = (texts: Record<string, string>, values: Partial<Passage> = {}) =>
  Object.entries(texts).map(([id, text]) => passage({ ...values, id, text }));

/** Contexts whose relevance is what a reranker says, so that the arithmetic is visible. */
function choose(passages: readonly Passage[], scores: Record<string, number>, options: Partial<RagOptions>) {
  const reranker = {
    rerank: async () => ({ scores: Object.entries(scores).map(([id, score]) => ({ id, score })) }),
  };
  return createRag({ retrievers: { one: retrieverOf(passages) }, reranker, ...options }).retrieveContext(
    call,
  );
}

describe("choice", () => {
  const passages = textsOf({
    a: "deploy the project with one command",
    b: "Deploy the PROJECT, with one command!",
    c: "billing happens at the end of each month",
    d: "deploy the project to a server",
  });
  const scores = { a: 1, b: 0.9, c: 0.5, d: 0.6 };

  test("without it, the order is that of relevance", async () => {
    expect(ids((await choose(passages, scores, {})).contexts)).toEqual(["a", "b", "d", "c"]);
    expect(ids((await choose(passages, scores, { diversity: 0 })).contexts)).toEqual(["a", "b", "d", "c"]);
  });

  test("what repeats a chosen passage comes later, relevance stays what it was", async () => {
    const { contexts, dropped } = await choose(passages, scores, { diversity: 0.5, limits: { contexts: 3 } });
    // Words in common with a: b 6 of 6, c 1 ("the") of 13, d 3 of 9. So b is worth 0.45 - 0.5 = -0.05,
    // c 0.25 - 0.5 / 13 = 0.21, d 0.3 - 0.5 / 3 = 0.13. After c, d is still worth 0.13.
    expect(contexts.map(({ id, relevanceScore }) => [id, relevanceScore])).toEqual([
      ["a", 1],
      ["c", 0.5],
      ["d", 0.6],
    ]);
    expect(dropped).toMatchObject([{ id: "b", reason: "limit", relevanceScore: 0.9 }]);
  });

  test("a little of it changes only what is close", async () => {
    // b: 0.9 · 0.9 - 0.1 = 0.71, d: 0.9 · 0.6 - 0.1 / 3 = 0.51
    expect(ids((await choose(passages, scores, { diversity: 0.1 })).contexts)).toEqual(["a", "b", "d", "c"]);
  });

  test("with 1 words alone count, and the first is still the most relevant", async () => {
    const { contexts } = await choose(passages, { a: 0.2, b: 0.3, c: 0.4, d: 0.1 }, { diversity: 1 });
    // All share "the" alone with c, so that the order decides for b; then d repeats 3 words of 9 and a all of them.
    expect(ids(contexts)).toEqual(["c", "b", "d", "a"]);
  });

  test("bounds of sources hold, and what they exclude repeats nothing", async () => {
    const messages = textsOf(
      { m1: "one two three", m2: "four five six", m3: "seven eight nine" },
      { source: "messages" },
    );
    const projects = textsOf({ p1: "seven eight nine", p2: "one two three" });
    const { contexts, dropped } = await choose(
      [...messages, ...projects],
      { m1: 1, m2: 0.9, m3: 0.8, p1: 0.7, p2: 0.6 },
      { diversity: 0.5, limits: { perSource: 2, contexts: 3 } },
    );
    expect(ids(contexts)).toEqual(["m1", "m2", "p1"]);
    expect(dropped.map(({ id, reason }) => [id, reason])).toEqual([
      ["m3", "source-cap"],
      ["p2", "limit"],
    ]);
  });

  test("works on the fused order where no reranker is", async () => {
    const rag = createRag({ retrievers: { one: retrieverOf(passages) }, diversity: 0.3 });
    expect(ids((await rag.retrieveContext(call)).contexts)).toEqual(["a", "c", "d", "b"]);
  });
});

describe("words in common", () => {
  const common = (first: string, second: string) => {
    const repetition = repetitionAmong([first, second]);
    repetition.choose(0);
    return repetition.of(1);
  };

  test.each([
    ["the same", "Où déployer ?", "où DÉPLOYER", 1],
    ["composed and decomposed letters", "été", "e\u0301te\u0301", 1],
    ["half of the words of either", "one two three", "two three four", 0.5],
    ["repeated words count once", "one one one two", "one two two two", 1],
    ["nothing", "one two", "three four", 0],
    ["digits are words", "error 404", "error 500", 1 / 3],
    ["marks belong to words", "हिन्दी", "हिन्द", 0],
    ["scripts without blanks are compared by characters", "漢字検索", "検索漢語", 3 / 5],
    ["such characters end a word", "api検索", "api索引", 2 / 4],
    ["no words at all", "?!", "?!", 0],
    ["an empty text", "", "one", 0],
  ])("%s", (_name, first, second, expected) => {
    expect(common(first, second)).toBeCloseTo(expected, 12);
    expect(common(second, first)).toBeCloseTo(expected, 12);
  });

  test("the closest of several chosen counts", () => {
    const repetition = repetitionAmong(["a b c d", "a b x y", "a b c z"]);
    expect(repetition.of(2)).toBe(0);
    repetition.choose(0);
    expect(repetition.of(2)).toBeCloseTo(3 / 5, 12);
    repetition.choose(1);
    expect(repetition.of(2)).toBeCloseTo(3 / 5, 12);
  });

  test("equals a comparison in pairs", () => {
    const words = fc.array(fc.constantFrom(..."abcdefgh"), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(words, { minLength: 2, maxLength: 6 }), (lists) => {
        const repetition = repetitionAmong(lists.map((list) => list.join(" ")));
        repetition.choose(0);
        repetition.choose(1);
        for (const [index, list] of lists.entries()) {
          const shares = [lists[0] ?? [], lists[1] ?? []].map((chosen) => {
            const both = new Set(list.filter((one) => chosen.includes(one))).size;
            const either = new Set([...list, ...chosen]).size;
            return either === 0 ? 0 : both / either;
          });
          expect(repetition.of(index)).toBeCloseTo(Math.max(...shares), 12);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("of a very long text the beginning counts", () => {
    const start = "word ".repeat(400);
    expect(common(`${start} one two three`, `${start} four five six`)).toBe(1);
  });
});

test("whatever is chosen: nothing twice, nothing lost, the most relevant first, each the best of what was left", async () => {
  const vocabulary = ["deploy", "build", "test", "bill", "pay", "log", "trace", "page"];
  const item = fc.record({
    words: fc.array(fc.constantFrom(...vocabulary), { minLength: 1, maxLength: 6 }),
    score: fc.integer({ min: 0, max: 100 }),
    source: fc.constantFrom("projects", "messages"),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(item, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 0, max: 10 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 12 }),
      async (items, tenths, perSource, limit) => {
        const d = tenths / 10;
        const given = items.map(({ words, source }, index) =>
          passage({ id: `p${String(index).padStart(2, "0")}`, text: words.join(" "), source }),
        );
        const scores = Object.fromEntries(
          given.map(({ id }, index) => [id, (items[index]?.score ?? 0) / 100]),
        );
        const { contexts, dropped } = await choose(given, scores, {
          diversity: d,
          limits: { perSource, contexts: limit },
        });
        expect(ids([...contexts, ...dropped]).toSorted()).toEqual(ids(given));
        expect(contexts[0]?.relevanceScore).toBe(Math.max(...Object.values(scores)));

        const share = (a: string, b: string) => {
          const [one, two] = [new Set(a.split(" ")), new Set(b.split(" "))];
          return [...one].filter((word) => two.has(word)).length / new Set([...one, ...two]).size;
        };
        for (const [index, context] of contexts.entries()) {
          const before = contexts.slice(0, index);
          const worth = (id: string) => {
            const text = given.find((one) => one.id === id)?.text ?? "";
            const repeated = Math.max(0, ...before.map((one) => share(text, one.text)));
            return (1 - d) * (scores[id] ?? 0) - d * repeated;
          };
          const isOpen = ({ id, source }: Passage) =>
            !before.some((one) => one.id === id) &&
            before.filter((one) => one.sourceType === source).length < perSource;
          for (const rival of given.filter(isOpen))
            expect(worth(context.id)).toBeGreaterThanOrEqual(worth(rival.id) - 1e-12);
        }
      },
    ),
    { numRuns: 300 },
  );
});
