import { DatabaseError } from "@devora/db-schema";
import { deferred } from "@devora/testing";
import { describe, expect, test } from "vitest";
import { createRag, type Passage, RagError, type RagOptions } from "../../src/index.ts";
import { manualTimers, passage, retrieverOf } from "../support/fakes.ts";

const call = { query: "how do I deploy?", userId: "alice" };
const [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map((id) => passage({ id })) as [
  Passage,
  Passage,
  Passage,
  Passage,
  Passage,
];
/** Lets everything run that waits for no timer. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
const ids = (list: readonly { id: string }[]) => list.map((item) => item.id);

describe("fusion", () => {
  test("passages of all retrievers, best first, with what each one said", async () => {
    const rag = createRag({ retrievers: { keyword: retrieverOf([a, b]), semantic: retrieverOf([b, c]) } });
    const found = await rag.retrieveContext(call);

    expect(ids(found.contexts)).toEqual(["b", "a", "c"]);
    expect(found.contexts[0]).toMatchObject({
      sourceType: "projects",
      sourceId: "b",
      title: "Title of b",
      text: "Text of b.",
      start: 0,
      end: 10,
      legs: { keyword: { rank: 2, score: 1 }, semantic: { rank: 1, score: 1 } },
    });
    // 1/62 + 1/61 of the 2/61 that being first twice would give.
    expect(found.contexts[0]?.relevanceScore).toBeCloseTo((1 / 62 + 1 / 61) / (2 / 61), 12);
    expect(found).toMatchObject({ complete: true, dropped: [] });
    expect(found.retrievers.keyword).toMatchObject({ status: "ok", passages: 2, complete: true });
  });

  test("weights shift the order, and weight 0 is as if the retriever were not there", async () => {
    const silent = retrieverOf([c]);
    const rag = createRag({
      retrievers: {
        keyword: { retriever: retrieverOf([a, b]), weight: 0.1 },
        semantic: { retriever: retrieverOf([b, a]), weight: 3 },
        off: { retriever: silent, weight: 0 },
      },
    });
    const found = await rag.retrieveContext(call);
    expect(ids(found.contexts)).toEqual(["b", "a"]);
    expect(Object.keys(found.retrievers)).toEqual(["keyword", "semantic"]);
    expect(silent.calls).toEqual([]);
  });

  test("relative scores are used when asked for", async () => {
    const scored = (passages: [Passage, number][]) => passages.map(([p, score]) => ({ ...p, score }));
    const retrievers = {
      keyword: retrieverOf(
        scored([
          [a, 10],
          [b, 9.9],
          [c, 0],
        ]),
      ),
      semantic: retrieverOf(
        scored([
          [c, 0.9],
          [b, 0.8],
          [a, 0.1],
        ]),
      ),
    };
    const order = async (fusion: RagOptions["fusion"]) =>
      ids((await createRag({ retrievers, ...(fusion && { fusion }) }).retrieveContext(call)).contexts);
    // By rank a and c tie above b (1/61 + 1/63 > 2/62); by score b has 0.99 + 0.875.
    expect(await order({ method: "rrf" })).toEqual(["a", "c", "b"]);
    expect(await order({ method: "relative-score" })).toEqual(["b", "a", "c"]);
  });

  test("k flattens or sharpens ranks", async () => {
    const retrievers = { one: retrieverOf([a, d, b]), two: retrieverOf([c, e, b]) };
    const first = async (k: number) =>
      (await createRag({ retrievers, fusion: { k } }).retrieveContext(call)).contexts[0]?.id;
    expect(await first(60)).toBe("b");
    expect(await first(0.001)).toBe("a");
  });

  test("an incomplete answer of one retriever makes the whole incomplete", async () => {
    const rag = createRag({ retrievers: { one: retrieverOf([a]), two: retrieverOf([b], false) } });
    expect(await rag.retrieveContext(call)).toMatchObject({
      complete: false,
      retrievers: { one: { complete: true }, two: { complete: false, status: "ok" } },
    });
  });
});

describe("bounds", () => {
  test("limit, source cap and empty texts drop passages and say why", async () => {
    const message = (id: string) => passage({ id, source: "messages" });
    const found = await createRag({
      retrievers: {
        one: retrieverOf([
          message("m1"),
          message("m2"),
          passage({ id: "x", text: " \u200b\n" }),
          message("m3"),
          a,
          b,
          c,
        ]),
      },
      limits: { perSource: 2, contexts: 4 },
    }).retrieveContext({ ...call, limit: 3 });
    expect(ids(found.contexts)).toEqual(["m1", "m2", "a"]);
    expect(found.dropped.map(({ id, reason }) => [id, reason])).toEqual([
      ["x", "empty"],
      ["m3", "source-cap"],
      ["b", "limit"],
      ["c", "limit"],
    ]);
    expect(JSON.stringify(found.dropped)).not.toContain("Text of");
  });

  test("each retriever is asked for enough to choose from, for this user, in the caller's scope", async () => {
    const retriever = retrieverOf([a]);
    const db = {} as never;
    const rag = createRag({ retrievers: { one: retriever }, limits: { candidates: 7, contexts: 5 } });
    await rag.retrieveContext({ ...call, query: "  caf\u0000é\u200b ", db });
    await rag.retrieveContext({ ...call, limit: 50 });
    expect(retriever.calls[0]).toMatchObject({ query: "café", ownerId: "alice", limit: 7 });
    expect(retriever.calls[0]?.db).toBe(db);
    expect(retriever.calls[1]).toMatchObject({ limit: 50 });
    expect(retriever.calls[1] && "db" in retriever.calls[1]).toBe(false);
  });
});

describe("failure", () => {
  const failing = (error: unknown) => retrieverOf(() => Promise.reject(error));

  test("a retriever that fails is left out and named, not hidden", async () => {
    const rag = createRag({
      retrievers: {
        keyword: retrieverOf([a]),
        semantic: failing(Object.assign(new Error("secret text"), { status: 500 })),
      },
    });
    const found = await rag.retrieveContext(call);
    expect(ids(found.contexts)).toEqual(["a"]);
    // The score is out of what the retrievers that answered could give.
    expect(found.contexts[0]?.relevanceScore).toBe(1);
    expect(found).toMatchObject({
      complete: false,
      retrievers: { semantic: { status: "failed", errorCode: "Error" } },
    });
    expect(JSON.stringify(found)).not.toContain("secret");
  });

  test.each([
    [
      "throws before its promise",
      () => {
        throw new TypeError("x");
      },
      "TypeError",
    ],
    ["answers no list", async () => ({ passages: undefined, complete: true }), "INVALID_PASSAGES"],
    [
      "answers a passage without text",
      async () => ({ passages: [{ ...a, text: 1 }], complete: true }),
      "INVALID_PASSAGES",
    ],
    ["answers nothing", async () => undefined, "TypeError"],
  ])("a retriever that %s has failed", async (_name, retrieve, errorCode) => {
    const rag = createRag({ retrievers: { good: retrieverOf([a]), bad: { retrieve: retrieve as never } } });
    const found = await rag.retrieveContext(call);
    expect(ids(found.contexts)).toEqual(["a"]);
    expect(found.retrievers.bad).toMatchObject({ status: "failed", errorCode });
  });

  test("when all fail, the error names each one's code and keeps the causes", async () => {
    const database = new DatabaseError("search.query", Object.assign(new Error("x"), { code: "57P03" }));
    const rag = createRag({
      retrievers: { keyword: failing(database), semantic: failing(new RangeError("secret")) },
    });
    const error = await rag.retrieveContext(call).catch((thrown: unknown) => thrown as RagError);
    expect(error).toBeInstanceOf(RagError);
    expect(error).toMatchObject({
      code: "RETRIEVAL_FAILED",
      retryable: true,
      details: { retrievers: { keyword: "DATABASE", semantic: "RangeError" } },
      cause: { errors: [database, expect.any(RangeError)] },
    });
    expect((error as RagError).message).not.toContain("secret");
  });

  test("nothing found is a value, not an error", async () => {
    const found = await createRag({ retrievers: { one: retrieverOf([]) } }).retrieveContext(call);
    expect(found).toMatchObject({ contexts: [], dropped: [], complete: true });
  });
});

describe("deadlines", () => {
  test("retrievers run side by side; a late one is left out at its own deadline, and told to stop", async () => {
    const timers = manualTimers();
    const [quick, slow] = [deferred<Passage[]>(), deferred<Passage[]>()];
    const keyword = retrieverOf(() => quick.promise);
    const semantic = retrieverOf(() => slow.promise);
    const rag = createRag({
      retrievers: { keyword, semantic: { retriever: semantic, deadlineMs: 200 } },
      limits: { deadlineMs: 1000 },
      ...timers,
    });
    const pending = rag.retrieveContext(call);
    await Promise.resolve();
    expect([keyword.calls.length, semantic.calls.length]).toEqual([1, 1]);

    timers.advance(199);
    await settled();
    expect(semantic.calls[0]?.signal.aborted).toBe(false);
    timers.advance(1);
    await settled();
    expect(semantic.calls[0]?.signal.reason).toMatchObject({ code: "TIMEOUT" });
    expect(keyword.calls[0]?.signal.aborted).toBe(false);
    timers.advance(50);
    quick.resolve([a]);
    const found = await pending;
    expect(ids(found.contexts)).toEqual(["a"]);
    expect(found).toMatchObject({
      complete: false,
      retrievalTimeMs: 250,
      retrievers: {
        keyword: { status: "ok", tookMs: 250 },
        semantic: { status: "timed-out", tookMs: 200, errorCode: "TIMEOUT", passages: 0 },
      },
    });
    // What the late one does now disturbs nobody; an unhandled rejection would fail the run.
    slow.reject(new Error("late"));
    expect(timers.pending()).toBe(0);
  });

  test("when all are late, the error can be tried again", async () => {
    const timers = manualTimers();
    const rag = createRag({ retrievers: { one: retrieverOf(() => new Promise(() => {})) }, ...timers });
    const pending = rag.retrieveContext(call);
    pending.catch(() => {});
    timers.advance(3000);
    await expect(pending).rejects.toMatchObject({
      code: "RETRIEVAL_FAILED",
      retryable: true,
      details: { retrievers: { one: "TIMEOUT" } },
    });
  });

  test("an abort ends the call at once with the caller's reason, even when a retriever ignores it", async () => {
    const timers = manualTimers();
    const retriever = retrieverOf(() => new Promise(() => {}));
    const controller = new AbortController();
    const rag = createRag({ retrievers: { one: retriever, two: retrieverOf([a]) }, ...timers });
    const pending = rag.retrieveContext({ ...call, signal: controller.signal });
    const reason = new Error("gone");
    controller.abort(reason);
    await expect(pending).rejects.toBe(reason);
    expect(retriever.calls[0]?.signal.aborted).toBe(true);
    expect(timers.pending()).toBe(0);

    await expect(rag.retrieveContext({ ...call, signal: controller.signal })).rejects.toBe(reason);
    expect(retriever.calls).toHaveLength(1);
  });
});

test.each([
  [{ query: "" }, "EMPTY_QUERY"],
  [{ query: " \u200b\u0000\n" }, "EMPTY_QUERY"],
  [{ query: undefined }, "EMPTY_QUERY"],
  [{ userId: "" }, "USER_REQUIRED"],
  [{ userId: undefined }, "USER_REQUIRED"],
  [{ userId: "a\u0000b" }, "USER_REQUIRED"],
  [{ limit: 0 }, "INVALID_OPTION"],
  [{ limit: 1.5 }, "INVALID_OPTION"],
])("%j is refused as %s before any retriever is asked", async (wrong, code) => {
  const retriever = retrieverOf([a]);
  const rag = createRag({ retrievers: { one: retriever } });
  await expect(rag.retrieveContext({ ...call, ...(wrong as object) })).rejects.toMatchObject({ code });
  await expect(rag.augmentQuery({ ...call, ...(wrong as object) })).rejects.toMatchObject({ code });
  expect(retriever.calls).toEqual([]);
});
