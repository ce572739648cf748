import { deferred } from "@devora/testing";
import { describe, expect, test } from "vitest";
import {
  createRag,
  type RagOptions,
  type Reranker,
  type RerankerCall,
  type RerankerOptions,
  type RerankerResult,
} from "../../src/index.ts";
import { manualTimers, passage, retrieverOf } from "../support/fakes.ts";

const call = { query: "how do I deploy?", userId: "alice" };
const ids = (list: readonly { id: string }[]) => list.map((item) => item.id);
const reasons = (list: readonly { id: string; reason: string }[]) =>
  list.map(({ id, reason }) => [id, reason]);
const found = [..."abcde"].map((id) => passage({ id }));
const settled = () => new Promise((resolve) => setImmediate(resolve));

function rerankerOf(
  answer: Record<string, number> | ((call: RerankerCall) => unknown),
  usage?: RerankerResult["usage"],
): Reranker & { calls: RerankerCall[] } {
  const calls: RerankerCall[] = [];
  return {
    calls,
    async rerank(asked) {
      calls.push(asked);
      if (typeof answer === "function") return (await answer(asked)) as RerankerResult;
      return { scores: Object.entries(answer).map(([id, score]) => ({ id, score })), usage };
    },
  };
}

const ragWith = (reranker: Reranker | RerankerOptions, options: Partial<RagOptions> = {}, passages = found) =>
  createRag({ retrievers: { one: retrieverOf(passages) }, reranker, ...options });

describe("what it answers", () => {
  test("orders the contexts by its scores, ties by id; legs stay", async () => {
    const reranker = rerankerOf({ a: 0.1, d: 0.4, c: 0.9, b: 0.4, e: 0 });
    const { contexts, dropped } = await ragWith(reranker).retrieveContext(call);
    expect(contexts.map(({ id, relevanceScore }) => [id, relevanceScore])).toEqual([
      ["c", 0.9],
      ["b", 0.4],
      ["d", 0.4],
      ["a", 0.1],
      ["e", 0],
    ]);
    expect(contexts[0]?.legs.one).toEqual({ rank: 3, score: 1, contribution: 1 / 63 });
    expect(dropped).toEqual([]);
  });

  test("what it does not name, and what it was not asked, is dropped; unknown and repeated ids do nothing", async () => {
    const reranker = rerankerOf(() => ({
      scores: [
        { id: "c", score: 0.2 },
        { id: "z", score: 1 },
        { id: "a", score: 0.6 },
        { id: "c", score: 0.9 },
        { id: "e", score: 1 },
      ],
    }));
    const { contexts, dropped } = await ragWith({ reranker, passages: 3 }).retrieveContext(call);
    expect(ids(reranker.calls[0]?.passages ?? [])).toEqual(["a", "b", "c"]);
    expect(contexts.map(({ id, relevanceScore }) => [id, relevanceScore])).toEqual([
      ["a", 0.6],
      ["c", 0.2],
    ]);
    expect(reasons(dropped)).toEqual([
      ["b", "reranker"],
      ["d", "reranker"],
      ["e", "reranker"],
    ]);
  });

  test("scores beyond 0 to 1 are told as 0 and 1, and keep their order", async () => {
    const { contexts } = await ragWith(rerankerOf({ a: -3, b: 1.5, c: 7, d: -1, e: 0.5 })).retrieveContext(
      call,
    );
    expect(contexts.map(({ id, relevanceScore }) => [id, relevanceScore])).toEqual([
      ["c", 1],
      ["b", 1],
      ["e", 0.5],
      ["d", 0],
      ["a", 0],
    ]);
  });

  test("what it scores below minScore is weak, with the score it got", async () => {
    const reranker = rerankerOf({ a: 0.49, b: 0.5, c: 0.51, d: 0, e: 0 });
    const { contexts, dropped } = await ragWith({ reranker, minScore: 0.5 }).retrieveContext(call);
    expect(ids(contexts)).toEqual(["c", "b"]);
    expect(dropped).toMatchObject([
      { id: "a", relevanceScore: 0.49, reason: "weak" },
      { id: "d", relevanceScore: 0, reason: "weak" },
      { id: "e", relevanceScore: 0, reason: "weak" },
    ]);
  });

  test("an empty list says that no passage helps", async () => {
    const { contexts, dropped, reranker } = await ragWith(rerankerOf({})).retrieveContext(call);
    expect(contexts).toEqual([]);
    expect(dropped).toHaveLength(5);
    expect(reranker?.status).toBe("ok");
  });

  test("limits hold after it: what it puts first is not lost to a limit", async () => {
    const { contexts, dropped } = await ragWith(
      rerankerOf({ a: 0.1, b: 0.2, c: 0.3, d: 0.4, e: 0.5 }),
    ).retrieveContext({ ...call, limit: 2 });
    expect(ids(contexts)).toEqual(["e", "d"]);
    expect(reasons(dropped)).toEqual([
      ["c", "limit"],
      ["b", "limit"],
      ["a", "limit"],
    ]);
  });
});

describe("what it is asked", () => {
  test("the question, and joined passages after age has counted, without hidden characters and empty texts", async () => {
    const reranker = rerankerOf(() => ({ scores: [] }));
    const retrieved = [
      passage({ id: "old", updatedAt: new Date(0) }),
      passage({ id: "a", text: "One.", start: 0, entityId: "row" }),
      passage({ id: "b", text: "Two.\u200b\u{e0041}", start: 5, entityId: "row", title: " T\u202e " }),
      passage({ id: "blank", text: " \u200b" }),
    ];
    await ragWith(reranker, { recency: { halfLifeDays: 1, weight: 1 } }, retrieved).retrieveContext({
      ...call,
      query: " how\u0000? ",
    });
    expect(reranker.calls).toMatchObject([
      {
        query: "how?",
        passages: [
          { id: "a", title: "Title of a", text: "One.\nTwo." },
          { id: "old", title: "Title of old", text: "Text of old." },
        ],
      },
    ]);
  });

  test("it is not asked when nothing was found", async () => {
    const reranker = rerankerOf({});
    const answer = await ragWith(reranker, {}, []).retrieveContext(call);
    expect(reranker.calls).toEqual([]);
    expect(answer).toMatchObject({
      contexts: [],
      timings: { rerankMs: 0 },
      usage: { promptTokens: 0, completionTokens: 0, cost: 0 },
    });
    expect("reranker" in answer).toBe(false);
  });
});

describe("reports", () => {
  test("status, passages, times and usage, which augmentQuery passes on", async () => {
    const timers = manualTimers();
    const usage = { promptTokens: 900, completionTokens: 20, cost: 0.0002 };
    const retriever = retrieverOf(async () => {
      timers.advance(30);
      return found;
    });
    const reranker = rerankerOf(() => {
      timers.advance(200);
      return { scores: [{ id: "a", score: 1 }], usage };
    });
    const rag = createRag({ retrievers: { one: retriever }, reranker: { reranker, passages: 4 }, ...timers });
    const expected = {
      reranker: { status: "ok", passages: 4, tookMs: 200 },
      usage,
      retrievalTimeMs: 230,
      timings: { retrieversMs: 30, rerankMs: 200 },
    };
    expect(await rag.retrieveContext(call)).toMatchObject(expected);
    expect(await rag.augmentQuery(call)).toMatchObject(expected);
    expect(timers.pending()).toBe(0);
  });

  test("without one there is no report, nothing was used, and no time went into it", async () => {
    const answer = await createRag({ retrievers: { one: retrieverOf(found) } }).retrieveContext(call);
    expect("reranker" in answer).toBe(false);
    expect(answer.usage).toEqual({ promptTokens: 0, completionTokens: 0, cost: 0 });
    expect(answer.timings.rerankMs).toBe(0);
    expect(answer.timings.retrieversMs).toBeLessThanOrEqual(answer.retrievalTimeMs);
  });

  test("usage that it does not tell is not known", async () => {
    expect((await ragWith(rerankerOf({ a: 1 })).retrieveContext(call)).usage).toBeUndefined();
  });
});

describe("failure leaves the fused order, all of it", () => {
  test.each([
    ["throws", () => Promise.reject(Object.assign(new Error("secret"), { code: "E_VENDOR" })), "E_VENDOR"],
    ["answers nothing", () => undefined, "TypeError"],
    ["answers no list", () => ({ scores: { a: 1 } }), "INVALID_SCORES"],
    ["scores NaN", () => ({ scores: [{ id: "a", score: Number.NaN }] }), "INVALID_SCORES"],
    ["scores infinity", () => ({ scores: [{ id: "a", score: Infinity }] }), "INVALID_SCORES"],
    ["scores in words", () => ({ scores: [{ id: "a", score: "0.5" }] }), "INVALID_SCORES"],
    ["names passages by number", () => ({ scores: [{ id: 1, score: 0.5 }] }), "INVALID_SCORES"],
    ["answers a hole", () => ({ scores: [null] }), "INVALID_SCORES"],
    ["scores others alone", () => ({ scores: [{ id: "1", score: 0.5 }] }), "INVALID_SCORES"],
  ])("a reranker that %s", async (_name, answer, errorCode) => {
    const rag = ragWith({ reranker: rerankerOf(answer), passages: 2, minScore: 0.99 });
    const without = await createRag({ retrievers: { one: retrieverOf(found) } }).retrieveContext(call);
    const answered = await rag.retrieveContext(call);
    expect(answered.contexts).toEqual(without.contexts);
    expect(answered).toMatchObject({
      complete: true,
      dropped: [],
      reranker: { status: "failed", passages: 2, errorCode },
    });
    expect(answered.usage).toBeUndefined();
    expect(JSON.stringify(answered)).not.toContain("secret");
  });

  test("one that throws before its promise", async () => {
    const reranker = {
      rerank() {
        throw new RangeError("x");
      },
    };
    expect(await ragWith(reranker).retrieveContext(call)).toMatchObject({
      reranker: { status: "failed", errorCode: "RangeError" },
      contexts: [{ id: "a" }, {}, {}, {}, {}],
    });
  });

  test("a late one, at its own deadline; it is told to stop, and what it does then disturbs nobody", async () => {
    const timers = manualTimers();
    const late = deferred<RerankerResult>();
    const reranker = rerankerOf(() => late.promise);
    const rag = ragWith({ reranker, deadlineMs: 200 }, { ...timers, limits: { deadlineMs: 1000 } });
    const pending = rag.retrieveContext(call);
    await settled();
    timers.advance(199);
    await settled();
    expect(reranker.calls[0]?.signal.aborted).toBe(false);
    timers.advance(1);
    const answered = await pending;
    expect(reranker.calls[0]?.signal.reason).toMatchObject({ code: "TIMEOUT" });
    expect(ids(answered.contexts)).toEqual(["a", "b", "c", "d", "e"]);
    expect(answered).toMatchObject({
      reranker: { status: "timed-out", tookMs: 200, errorCode: "TIMEOUT" },
      timings: { rerankMs: 200 },
    });
    late.reject(new Error("late"));
    expect(timers.pending()).toBe(0);
  });

  test("limits.deadlineMs is its deadline unless it has its own", async () => {
    const timers = manualTimers();
    const rag = ragWith(
      rerankerOf(() => new Promise(() => {})),
      { ...timers, limits: { deadlineMs: 70 } },
    );
    const pending = rag.retrieveContext(call);
    await settled();
    timers.advance(70);
    expect((await pending).reranker?.status).toBe("timed-out");
  });
});

test("an abort ends the call at once with the caller's reason, even when the reranker ignores it", async () => {
  const timers = manualTimers();
  const reranker = rerankerOf(() => new Promise(() => {}));
  const controller = new AbortController();
  const pending = ragWith(reranker, timers).retrieveContext({ ...call, signal: controller.signal });
  pending.catch(() => {});
  await settled();
  const reason = new Error("gone");
  controller.abort(reason);
  await expect(pending).rejects.toBe(reason);
  expect(reranker.calls[0]?.signal.reason).toBe(reason);
  expect(timers.pending()).toBe(0);
});
