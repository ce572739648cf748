import { expect, test } from "vitest";
import { compareEngines } from "../../src/eval/compare-engines.ts";

const documents = [
  { id: "fox", title: "Foxes", text: "The quick brown fox jumps over the lazy dog." },
  { id: "dog", title: "Dogs", text: "A dog barks at night." },
  { id: "cat", title: "Cats", text: "A cat sleeps.\0 All day." },
  { id: "bird", title: "Birds", text: "Birds sing in the morning." },
];
const query = (id: string, text: string, relevant: string) => ({
  id,
  text,
  grades: new Map([[relevant, 1]]),
});

test("each engine answers over the same documents", async () => {
  const said: string[] = [];
  const { devora, miniSearch, others } = await compareEngines(
    {
      documents,
      queries: [query("1", "sleeping cats", "cat"), query("2", "fox", "fox")],
      unknownDocuments: 0,
    },
    "en",
    { say: (text) => said.push(text), show: () => {} },
  );
  const all = [devora, miniSearch, ...others];
  expect(all.map(({ scores }) => scores.engine)).toEqual(["Devora", "MiniSearch", "wink-bm25", "ts_rank"]);
  for (const { scores, ndcgs } of all) {
    expect(scores).toMatchObject({ ndcg10: 1, recall100: 1, mrr10: 1 });
    expect(scores.p50Ms).toBeLessThanOrEqual(scores.p95Ms);
    expect(ndcgs).toEqual([1, 1]);
  }
  expect(said.join("\n")).toContain("loading 4 documents");
});

test("of two documents the engine that needs three is left out", async () => {
  const said: string[] = [];
  const { others } = await compareEngines(
    { documents: documents.slice(0, 2), queries: [query("1", "fox", "fox")], unknownDocuments: 0 },
    "en",
    { say: (text) => said.push(text), show: () => {} },
  );
  expect(others.map(({ scores }) => scores.engine)).toEqual(["ts_rank"]);
  expect(said).toContain("wink-bm25 is left out: it needs 3 documents");
});
