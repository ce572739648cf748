import { expect, test } from "vitest";
import { createRag, isRagError, type RagOptions, templates } from "../../src/index.ts";
import { retrieverOf } from "../support/fakes.ts";

const one = retrieverOf([]);
const reranker = { rerank: async () => ({ scores: [] }) };

test.each([
  ["no retriever", { retrievers: {} }, "retrievers"],
  ["no retrievers at all", {}, "retrievers"],
  ["weights of 0 alone", { retrievers: { one: { retriever: one, weight: 0 } } }, "retrievers"],
  ["something that retrieves nothing", { retrievers: { one: {} } }, "retrievers.one"],
  ["null for a retriever", { retrievers: { one: null } }, "retrievers.one"],
  ["a negative weight", { retrievers: { one: { retriever: one, weight: -1 } } }, "retrievers.one.weight"],
  [
    "a weight that is no number",
    { retrievers: { one: { retriever: one, weight: Number.NaN } } },
    "retrievers.one.weight",
  ],
  ["a deadline of 0", { retrievers: { one }, limits: { deadlineMs: 0 } }, "limits.deadlineMs"],
  [
    "a deadline beyond a timer",
    { retrievers: { one }, limits: { deadlineMs: 2 ** 31 } },
    "limits.deadlineMs",
  ],
  ["a fraction of passages", { retrievers: { one }, limits: { contexts: 1.5 } }, "limits.contexts"],
  ["more history than there is", { retrievers: { one }, limits: { historyShare: 2 } }, "limits.historyShare"],
  ["an unknown fusion", { retrievers: { one }, fusion: { method: "sum" } }, "fusion.method"],
  ["k of 0", { retrievers: { one }, fusion: { k: 0 } }, "fusion.k"],
  [
    "a template that cannot quote",
    { retrievers: { one }, template: { ...templates.en, quoting: 3 } },
    "template.quoting",
  ],
  ["a provider for a tracer", { retrievers: { one }, tracer: { getTracer() {} } }, "tracer"],
  ["an unknown language", { retrievers: { one }, locale: "de" }, "locale"],
  ["a counter that is a function", { retrievers: { one }, tokenCounter: () => 1 }, "tokenCounter"],
  ["a client for a generator", { retrievers: { one }, generator: { chat: {} } }, "generator"],
  ["a bound in words", { retrievers: { one: { retriever: one, minScore: "0" } } }, "retrievers.one.minScore"],
  ["a half-life of 0", { retrievers: { one }, recency: { halfLifeDays: 0 } }, "recency.halfLifeDays"],
  [
    "age that takes more than all",
    { retrievers: { one }, recency: { halfLifeDays: 1, weight: 1.1 } },
    "recency.weight",
  ],
  ["a function for a reranker", { retrievers: { one }, reranker: () => [] }, "reranker"],
  ["settings without a reranker", { retrievers: { one }, reranker: { reranker: {} } }, "reranker"],
  ["no passage to rerank", { retrievers: { one }, reranker: { reranker, passages: 0 } }, "reranker.passages"],
  [
    "a bound that no score reaches",
    { retrievers: { one }, reranker: { reranker, minScore: 1.1 } },
    "reranker.minScore",
  ],
  ["a diversity beyond 1", { retrievers: { one }, diversity: 1.1 }, "diversity"],
  ["a function for a history", { retrievers: { one }, history: () => [] }, "history"],
])("%s is refused by name", (_name, options, named) => {
  let error: unknown;
  try {
    createRag(options as unknown as RagOptions);
  } catch (thrown) {
    error = thrown;
  }
  expect(isRagError(error) && error.code).toBe("INVALID_OPTION");
  expect((error as Error).message).toContain(named);
});
