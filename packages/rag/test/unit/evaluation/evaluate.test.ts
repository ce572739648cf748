import { deferred } from "@devora/testing";
import { describe, expect, test } from "vitest";
import { fuserOf } from "../../../src/evaluation/fuse-runs.ts";
import { recordRuns } from "../../../src/evaluation/record-runs.ts";
import { type EvaluateOptions, evaluate, type Question } from "../../../src/evaluation.ts";
import { createRag, type Passage, type RagOptions, type Retriever } from "../../../src/index.ts";
import { resolveOptions } from "../../../src/resolve-options.ts";
import { manualTimers, passage, retrieverOf } from "../../support/fakes.ts";

/** A retriever that answers, per query, passages of these ids with falling scores. */
const answering = (answers: Readonly<Record<string, readonly string[]>>) =>
  retrieverOf(async ({ query }) =>
    (answers[query] ?? []).map((id, place) => passage({ id, score: 1 - place / 10 })),
  );
const question = (id: string, ...relevant: string[]): Question => ({
  id,
  query: id,
  relevant: relevant.map((relevantId) => ({ id: relevantId })),
});
const run = (options: Pick<EvaluateOptions, "retrievers" | "questions"> & Partial<EvaluateOptions>) =>
  evaluate({ ownerId: "alice", resamples: 200, ...options });

describe("figures", () => {
  const keyword = answering({ q1: ["x", "a"], q2: ["b", "y", "c"] });
  const semantic = answering({ q1: ["a", "z"], q2: ["v", "w"] });
  const questions = [question("q1", "a"), question("q2", "b", "c")];

  test("each retriever alone, and their fusion, by hand", async () => {
    const report = await run({ retrievers: { keyword, semantic }, questions });
    const means = ({ scores }: (typeof report)["configured"] | (typeof report)["retrievers"][number]) => [
      scores.ndcg.mean,
      scores.recall.mean,
      scores.mrr.mean,
      scores.precision.mean,
    ];
    const [alone, other] = report.retrievers;
    // q1: a second, 1/log2(3) of the ideal 1. q2: b first and c third, (1 + 1/log2(4)) of the ideal 1 + 1/log2(3).
    const ndcgs = [1 / Math.log2(3), 1.5 / (1 + 1 / Math.log2(3))] as const;
    const expected = [(ndcgs[0] + ndcgs[1]) / 2, 1, (1 / 2 + 1) / 2, (1 / 10 + 2 / 10) / 2];
    expect(alone && means(alone)).toEqual(expected.map((value) => expect.closeTo(value, 10)));
    // q1: a first. q2: nothing.
    expect(other && means(other)).toEqual([0.5, 0.5, 0.5, expect.closeTo(0.05)]);
    // rrf, q1: a has 1/62 + 1/61, then x with 1/61. q2: b and v tie at 1/61, b first by id; then w, y (1/62), then c
    // (1/63): places 1 and 5.
    const fusedNdcg = (1 + (1 + 1 / Math.log2(6)) / (1 + 1 / Math.log2(3))) / 2;
    expect(means(report.configured)).toEqual([expect.closeTo(fusedNdcg, 10), 1, 1, expect.closeTo(0.15)]);
    expect(report).toMatchObject({ k: 10, candidates: 30, questions: 2, units: 2, bestRetriever: "keyword" });
    expect(alone?.versusBest).toBeUndefined();
    expect(other?.versusBest?.difference).toBeCloseTo(0.5 - (ndcgs[0] + ndcgs[1]) / 2, 10);
    expect(report.configured.versusBest?.difference).toBeCloseTo(fusedNdcg - (ndcgs[0] + ndcgs[1]) / 2, 10);
    expect(report.fusions.find(({ method }) => method === "rrf")?.scores).toEqual(report.configured.scores);
  });

  test("k is the depth of all but recall, which has that of the candidates", async () => {
    const { retrievers } = await run({
      retrievers: { keyword },
      questions,
      k: 1,
      limits: { candidates: 2 },
    });
    // Of b and c, b alone is among two, and a is; the others see b at the first place and nothing for q1.
    expect(retrievers[0]?.scores).toMatchObject({
      recall: { mean: 0.75 },
      ndcg: { mean: 0.5 },
      mrr: { mean: 0.5 },
      precision: { mean: 0.5 },
    });
    expect(keyword.calls.at(-1)?.limit).toBe(2);
  });

  test("question by question, those first that fusion hurts", async () => {
    const { perQuestion } = await run({ retrievers: { keyword, semantic }, questions });
    expect(perQuestion.map(({ id }) => id)).toEqual(["q2", "q1"]);
    const [hurt, helped] = perQuestion;
    expect(hurt?.difference).toBeCloseTo((1 + 1 / Math.log2(6) - 1.5) / (1 + 1 / Math.log2(3)), 10);
    expect(helped).toMatchObject({ configured: 1, retrievers: { semantic: 1 } });
    expect(helped?.difference).toBeCloseTo(1 - 1 / Math.log2(3), 10);
  });

  test("grades count, and what is judged 0 does not", async () => {
    const graded = {
      id: "q1",
      query: "q1",
      relevant: [
        { id: "x", grade: 0 },
        { id: "a", grade: 3 },
      ],
    };
    const { retrievers } = await run({ retrievers: { keyword }, questions: [graded] });
    expect(retrievers[0]?.scores).toMatchObject({
      ndcg: { mean: expect.closeTo(1 / Math.log2(3), 10) },
      recall: { mean: 1 },
    });
  });
});

describe("what a judged id names", () => {
  const parts = ["p1", "p2", "p3"].map((id, place) =>
    passage({ id, source: "files", entityId: "7", score: 3 - place, start: 1000 * place }),
  );
  const rival = passage({ id: "p9", source: "notes", entityId: "9", score: 0.5 });
  const ndcgOf = async (id: string, passages: readonly Passage[] = [rival, ...parts]) => {
    const { retrievers } = await run({
      retrievers: { one: retrieverOf(passages) },
      questions: [question("q", id)],
    });
    return retrievers[0]?.scores.ndcg.mean ?? 0;
  };

  test.each(["7", "files/7"])("a row, %s, at its best passage", async (id) => {
    expect(await ndcgOf(id)).toBeCloseTo(1 / Math.log2(3), 10);
  });

  test("another source's row of the same key is another row", async () => {
    expect(await ndcgOf("notes/7")).toBe(0);
  });

  test("the row of a source goes before the key alone, which is left to other sources", async () => {
    const other = passage({ id: "p8", source: "notes", entityId: "7" });
    const { retrievers } = await run({
      retrievers: { one: retrieverOf([...parts, other]) },
      questions: [question("q", "7", "files/7")],
    });
    expect(retrievers[0]?.scores.recall.mean).toBe(1);
  });

  test("several passages of a row take one place", async () => {
    expect(await ndcgOf("notes/9", [...parts, rival])).toBeCloseTo(1 / Math.log2(3), 10);
  });

  test("a passage by its id; the other passages of its row before it take one place", async () => {
    // rival, then the row of p1 and p2, then p3.
    expect(await ndcgOf("p3")).toBeCloseTo(1 / Math.log2(4), 10);
  });

  test("passages that fusion joins count for each that was judged", async () => {
    const [first, second] = ["One half. ", "Other half."].map((text, place) =>
      passage({ id: `half${place}`, source: "files", entityId: "8", text, start: place * 10 }),
    ) as [Passage, Passage];
    const { configured } = await run({
      retrievers: { one: retrieverOf([first]), two: retrieverOf([second]) },
      questions: [question("q", "half0", "half1")],
    });
    expect(configured.scores.ndcg.mean).toBe(1);
  });
});

/** Two rankings with shared passages, rows of several parts that join, and ties. */
function randomRetrievers(seed: number): Record<string, Retriever> {
  let state = seed;
  const random = () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
  const rows = Array.from({ length: 8 }, (_, row) =>
    [0, 1, 2].map((part) =>
      passage({ id: `r${row}p${part}`, entityId: `r${row}`, text: "0123456789", start: part * 10 }),
    ),
  ).flat();
  const ranking = () =>
    rows
      .filter(() => random() < 0.6)
      .map((item) => ({ ...item, score: Math.round(random() * 20) / 20 }))
      .sort((a, b) => b.score - a.score);
  return { a: retrieverOf(ranking()), b: retrieverOf(ranking()), c: retrieverOf(ranking()) };
}

describe("fusions of recorded answers", () => {
  test.each(["rrf", "relative-score"] as const)(
    "%s: in the order in which createRag answers them",
    async (method) => {
      for (let seed = 1; seed <= 25; seed++) {
        const retrievers = randomRetrievers(seed);
        const { legs, ...clock } = resolveOptions({ retrievers });
        const asked = {
          legs,
          questions: [{ query: "q", ownerId: "alice" }],
          limit: 100,
          concurrency: 1,
          clock,
        };
        const fuse = fuserOf(await recordRuns(asked));
        for (const weights of [
          { a: 1, b: 1, c: 1 },
          { a: 0.25, b: 0.75, c: 0 },
          { a: 0.1, b: 0.2, c: 0.7 },
          { a: 0, b: 0, c: 1 },
          { a: 1, b: 1, c: 1 },
        ]) {
          const weighted = Object.entries(retrievers).map(([name, retriever]) => [
            name,
            { retriever, weight: weights[name as "a" | "b" | "c"] },
          ]);
          const options: RagOptions = {
            retrievers: Object.fromEntries(weighted),
            fusion: { method },
            limits: { candidates: 100 },
          };
          const { contexts } = await createRag(options).retrieveContext({
            query: "q",
            userId: "alice",
            limit: 100,
          });
          const [fused] = fuse(weights, { method, k: 60 });
          expect(fused?.map(({ passageIds }) => passageIds)).toEqual(
            contexts.map(({ passageIds }) => passageIds),
          );
        }
      }
    },
  );

  test("a sweep asks each retriever once per question", async () => {
    const [one, two] = [answering({ q1: ["a"] }), answering({ q2: ["b"] })];
    const report = await run({
      retrievers: { one, two },
      questions: [question("q1", "a"), question("q2", "b")],
    });
    expect([one.calls.length, two.calls.length]).toEqual([2, 2]);
    expect(report.curves.map(({ retriever, method, points }) => [retriever, method, points.length])).toEqual([
      ["one", "rrf", 21],
      ["one", "relative-score", 21],
    ]);
    const [rrf] = report.curves;
    expect(rrf?.points.map(({ share }) => share).slice(0, 3)).toEqual([0, 0.05, 0.1]);
    expect(rrf?.points[20]?.weights).toEqual({ one: 1, two: 0 });
    // At the ends stands each retriever alone.
    expect(rrf?.points[0]?.scores).toEqual(report.retrievers[1]?.scores);
    expect(rrf?.points[20]?.scores).toEqual(report.retrievers[0]?.scores);
  });

  test("with three retrievers each one's weight is varied, the others dividing the rest", async () => {
    const retriever = answering({ q1: ["a"] });
    const report = await run({
      retrievers: { one: retriever, two: retriever, three: retriever },
      questions: [question("q1", "a")],
    });
    expect(report.curves.map(({ retriever: name }) => name)).toEqual([
      "one",
      "two",
      "three",
      "one",
      "two",
      "three",
    ]);
    expect(report.curves[1]?.points[8]?.weights).toEqual({ one: 0.3, two: 0.4, three: 0.3 });
    expect(report.tuned).toBeUndefined();
  });

  test("a single retriever has neither curves nor weights to choose", async () => {
    const report = await run({
      retrievers: { one: answering({ q1: ["a"] }) },
      questions: [question("q1", "a"), question("q2", "b")],
    });
    expect(report.curves).toEqual([]);
    expect(report.tuned).toBeUndefined();
    expect(report.configured.scores).toEqual(report.retrievers[0]?.scores);
  });

  test("the configured fusion has the weights, the method and the k of the options", async () => {
    const retrievers = {
      one: { retriever: answering({ q: ["x", "a"] }), weight: 0.4 },
      two: answering({ q: ["a", "x"] }),
      off: { retriever: answering({ q: ["a"] }), weight: 0 },
    };
    const { configured, retrievers: reported } = await run({
      retrievers,
      fusion: { method: "relative-score" },
      questions: [question("q", "a")],
    });
    expect(configured).toMatchObject({ method: "relative-score", weights: { one: 0.4, two: 1 } });
    expect(configured.scores.ndcg.mean).toBe(1);
    expect(reported.map(({ name }) => name)).toEqual(["one", "two"]);
  });
});

describe("tuning", () => {
  /** Of 40 questions; `noise` always puts another row first. */
  const questions = Array.from({ length: 40 }, (_, n) => question(`q${n}`, `a${n}`));
  const good = answering(Object.fromEntries(questions.map(({ id }, n) => [id, [`a${n}`, "k", "m"]])));
  const noise = answering(
    Object.fromEntries(questions.map(({ id }, n) => [id, ["k", "l", "m", "n", `a${n}`]])),
  );

  test("chooses on one half and reports on the other, with rrf and the best retriever beside", async () => {
    const { tuned } = await run({ retrievers: { noise, good }, questions });
    expect(tuned?.tuning).toEqual({ questions: 20, ndcg: 1 });
    expect(tuned?.test.questions).toBe(20);
    expect(tuned?.test.chosen.ndcg.mean).toBe(1);
    // k leads by rank: 1/61 + 1/62 against 1/61 + 1/65.
    expect(tuned?.test.rrf.ndcg.mean).toBeCloseTo(1 / Math.log2(3), 10);
    expect(tuned?.test.versusRrf.difference).toBeCloseTo(1 - 1 / Math.log2(3), 10);
    expect(tuned?.test.versusBest).toMatchObject({ difference: 0, low: 0, high: 0 });
  });

  test("what is true of the tuning half alone is not reported as a gain", async () => {
    const probe = await run({ retrievers: { noise, good }, questions });
    const halves = probe.curves[0]?.points[0]?.halves;
    expect(halves).toBeDefined();
    // Which questions are tuned on is told by nothing but the seed, so that a retriever can be made that is good there.
    const { splitHalves } = await import("../../../src/evaluation/split-halves.ts");
    const tuning = new Set(
      splitHalves(
        questions.map(({ relevant }) => JSON.stringify([relevant[0]?.id])),
        1,
      )?.tuning,
    );
    const answersOf = (isGood: (n: number) => boolean) =>
      answering(Object.fromEntries(questions.map(({ id }, n) => [id, isGood(n) ? [`a${n}`, "z"] : ["z"]])));
    const lucky = answersOf((n) => tuning.has(n));
    const unlucky = answersOf((n) => !tuning.has(n));
    const { tuned } = await run({ retrievers: { lucky, unlucky }, questions });
    expect(tuned?.tuning.ndcg).toBe(1);
    expect(tuned?.weights.lucky).toBeGreaterThan(0.5);
    expect(tuned?.test.chosen.ndcg.mean).toBeLessThan(0.7);
  });

  test("paraphrases are drawn together, so that intervals do not narrow by asking again", async () => {
    const asked = (times: number) =>
      questions
        .slice(0, 10)
        .flatMap((one) =>
          Array.from({ length: times }, (_, n) => ({ ...one, id: `${one.id}-${n}`, query: one.id })),
        );
    const half = answering(Object.fromEntries(questions.slice(0, 5).map(({ id }, n) => [id, [`a${n}`]])));
    const width = async (times: number) => {
      const { units, retrievers } = await run({
        retrievers: { half },
        questions: asked(times),
        resamples: 2000,
      });
      expect(units).toBe(10);
      const { low, high } = retrievers[0]?.scores.ndcg ?? { low: 0, high: 0 };
      return high - low;
    };
    expect(await width(8)).toBeCloseTo(await width(1), 10);
  });

  test("the same seed answers the same report, another seed other halves", async () => {
    const options = { retrievers: { noise, good }, questions: questions.slice(0, 12) };
    const [first, again, other] = [
      await run(options),
      await run(options),
      await run({ ...options, seed: 2 }),
    ];
    expect(first).toEqual(again);
    expect(other.configured.scores.ndcg.mean).toBe(first.configured.scores.ndcg.mean);
    expect(other.seed).toBe(2);
  });
});

describe("asking", () => {
  test("a retriever that fails has found nothing there, and its failures are counted by code", async () => {
    const timers = manualTimers();
    const flaky = retrieverOf(async ({ query }) => {
      if (query === "q1") throw Object.assign(new Error("secret"), { code: "DATABASE" });
      if (query === "q2") return new Promise<Passage[]>(() => {});
      return [passage({ id: "a" })];
    });
    const pending = run({
      retrievers: { flaky, steady: retrieverOf([passage({ id: "a" })], false) },
      questions: ["q1", "q2", "q3"].map((id) => question(id, "a")),
      ...timers,
    });
    await new Promise((resolve) => setImmediate(resolve));
    timers.advance(3000);
    const { retrievers, configured } = await pending;
    expect(retrievers[0]?.failures).toEqual({
      failed: 1,
      timedOut: 1,
      incomplete: 0,
      errorCodes: { DATABASE: 1, TIMEOUT: 1 },
    });
    expect(retrievers[0]?.scores.ndcg.mean).toBeCloseTo(1 / 3);
    expect(retrievers[1]?.failures).toMatchObject({ failed: 0, incomplete: 3 });
    expect(configured.scores.ndcg.mean).toBe(1);
    expect(timers.pending()).toBe(0);
  });

  test("when nothing ever answered, the error names each retriever's codes and no text", async () => {
    const failing = retrieverOf(() => Promise.reject(new RangeError("secret")));
    const error = await run({ retrievers: { failing }, questions: [question("q1", "a")] }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: "RETRIEVAL_FAILED",
      details: { retrievers: { failing: "RangeError" } },
    });
    expect((error as Error).message).not.toContain("secret");
  });

  test("no more questions are under way than allowed, each as its owner, and progress is told", async () => {
    const gates = new Map<string, ReturnType<typeof deferred<Passage[]>>>();
    const slow = retrieverOf(({ query }) => {
      const gate = deferred<Passage[]>();
      gates.set(query, gate);
      return gate.promise;
    });
    const told: string[] = [];
    const questions = ["q1", "q2", "q3"].map((id) => ({ ...question(id, "a"), ownerId: `owner of ${id}` }));
    const pending = run({
      retrievers: { slow },
      questions: [...questions, question("q4", "a")],
      concurrency: 2,
      onProgress: (done, total) => told.push(`${done}/${total}`),
    });
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    await settled();
    expect([...gates.keys()]).toEqual(["q1", "q2"]);
    gates.get("q2")?.resolve([passage({ id: "a" })]);
    await settled();
    expect([...gates.keys()]).toEqual(["q1", "q2", "q3"]);
    for (const id of ["q1", "q3"]) gates.get(id)?.resolve([]);
    await settled();
    gates.get("q4")?.resolve([]);
    const { perQuestion } = await pending;
    expect(told).toEqual(["1/4", "2/4", "3/4", "4/4"]);
    expect(slow.calls.map(({ ownerId }) => ownerId)).toEqual([
      "owner of q1",
      "owner of q2",
      "owner of q3",
      "alice",
    ]);
    // Answers stay with their questions, in whatever order they came.
    expect(perQuestion.filter(({ configured }) => configured === 1).map(({ id }) => id)).toEqual(["q2"]);
  });

  test("an abort ends it with the caller's reason", async () => {
    const controller = new AbortController();
    const pending = run({
      retrievers: { slow: retrieverOf(() => new Promise(() => {})) },
      questions: [question("q1", "a")],
      signal: controller.signal,
    });
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(pending).rejects.toBe(reason);
  });

  test("passages below a retriever's minScore are as if not found", async () => {
    const retriever = answering({ q: ["x", "a"] });
    const ndcgOf = async (minScore: number) =>
      (await run({ retrievers: { one: { retriever, minScore } }, questions: [question("q", "a")] }))
        .retrievers[0]?.scores.ndcg.mean;
    expect(await ndcgOf(0.9)).toBeCloseTo(1 / Math.log2(3));
    expect(await ndcgOf(0.95)).toBe(0);
  });

  test("scores of relevant passages and of others, for minScore", async () => {
    const retriever = retrieverOf(
      Array.from({ length: 101 }, (_, n) => passage({ id: `p${n}`, score: n === 0 ? 5 : n / 100 })),
    );
    const { retrievers } = await run({
      retrievers: { retriever },
      questions: [question("q", "p0", "p100")],
      limits: { candidates: 100 },
    });
    const distribution = retrievers[0]?.distribution;
    expect(distribution?.relevant).toMatchObject({ passages: 2, p50: 3 });
    // .01 to .99
    expect(distribution?.others).toMatchObject({ passages: 99, p50: expect.closeTo(0.5) });
    expect(distribution?.bins).toHaveLength(20);
    // 5 lies far outside and is counted at the end, where 1 is as well.
    expect(distribution?.bins.at(-1)?.relevant).toBe(2);
    const sum = (kind: "relevant" | "others") =>
      distribution?.bins.reduce((total, bin) => total + bin[kind], 0);
    expect([sum("relevant"), sum("others")]).toEqual([2, 99]);
  });
});

describe("wrong use is refused before any retriever is asked", () => {
  const relevant = [{ id: "a" }];
  test.each<[string, Partial<EvaluateOptions>, string, RegExp]>([
    ["no questions", { questions: [] }, "INVALID_QUESTIONS", /at least one question/],
    [
      "a blank query",
      { questions: [{ id: "q", query: " \u200b", relevant }] },
      "INVALID_QUESTIONS",
      /question 1: query/,
    ],
    [
      "nothing relevant",
      { questions: [{ id: "q", query: "secret", relevant: [] }] },
      "INVALID_QUESTIONS",
      /at least one id/,
    ],
    [
      "a grade below 0",
      { questions: [{ id: "q", query: "secret", relevant: [{ id: "a", grade: -1 }] }] },
      "INVALID_QUESTIONS",
      /grade of "a"/,
    ],
    [
      "the same id twice",
      { questions: [question("q", "a"), question("q", "b")] },
      "INVALID_QUESTIONS",
      /question 2: its id/,
    ],
    ["one relevant id twice", { questions: [question("q", "a", "a")] }, "INVALID_QUESTIONS", /"a" twice/],
    ["no owner", { ownerId: undefined }, "USER_REQUIRED", /userId/],
    ["k of 0", { k: 0 }, "INVALID_OPTION", /evaluate\.k/],
    ["a broken seed", { seed: -1 }, "INVALID_OPTION", /evaluate\.seed/],
    ["no concurrency", { concurrency: 0 }, "INVALID_OPTION", /evaluate\.concurrency/],
    ["few draws", { resamples: 10 }, "INVALID_OPTION", /evaluate\.resamples/],
    ["a wrong fusion", { fusion: { method: "sum" as "rrf" } }, "INVALID_OPTION", /fusion\.method/],
  ])("%s", async (_case, wrong, code, message) => {
    const retriever = retrieverOf([]);
    const error = await evaluate({
      retrievers: { one: retriever },
      questions: [question("q", "a")],
      ownerId: "alice",
      ...wrong,
    }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect((error as Error).message).not.toContain("secret");
    expect(retriever.calls).toEqual([]);
  });
});
