import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { migrate } from "@devora/db-schema";
import { createRag, type Passage, type Retriever } from "@devora/rag";
import { expect, test } from "vitest";
import { readCorpus } from "../../src/eval/corpus.ts";
import { documentRetrievers, reader } from "../../src/eval/document-retrievers.ts";
import { readRun } from "../../src/eval/recorded-run.ts";
import { openScratchDatabase } from "../../src/scratch-database.ts";

/** Beside the project; kept elsewhere. */
const folder = fileURLToPath(new URL("../../../../../shared/data/fr-cnil-faq", import.meta.url));
const k = 60;
const weights = { search: 1.5, epitca: 1 };

interface Placed {
  readonly rank: number;
  readonly score: number;
}

/** What the recorded engine answered, with the ranks that stand in the file. */
function recordedRanks(): Map<string, Map<string, Placed>> {
  const [, ...lines] = readFileSync(`${folder}/run-epitca-v2.tsv`, "utf8").trim().split("\n");
  const runs = new Map<string, Map<string, Placed>>();
  for (const line of lines) {
    const [query = "", id = "", rank, score] = line.split("\t");
    const run = runs.get(query) ?? new Map<string, Placed>();
    runs.set(query, run.set(id, { rank: Number(rank), score: Number(score) }));
  }
  return runs;
}

const scaled = (run: ReadonlyMap<string, Placed>, id: string): number => {
  const placed = run.get(id);
  if (placed === undefined) return 0;
  const scores = [...run.values()].map(({ score }) => score);
  const [least, most] = [Math.min(...scores), Math.max(...scores)];
  return most > least ? (placed.score - least) / (most - least) : 1;
};

const reciprocal = (run: ReadonlyMap<string, Placed>, id: string): number => {
  const placed = run.get(id);
  return placed === undefined ? 0 : 1 / (k + placed.rank);
};

test.skipIf(!existsSync(folder))(
  "our search fused with a recorded engine is what the formulas say, to 1e-9 (skipped where the data is absent)",
  async () => {
    const corpus = await readCorpus(folder);
    const recorded = recordedRanks();
    const database = await openScratchDatabase();
    try {
      await migrate({ ...database.target, modules: ["core", "search", "embeddings"] });
      const { search } = await documentRetrievers(database.db, corpus.documents, "fr");
      const epitca = await readRun(`${folder}/run-epitca-v2.tsv`, corpus);
      let found: readonly Passage[] = [];
      const heard: Retriever = {
        async retrieve(call) {
          const answer = await search.retrieve(call);
          found = answer.passages;
          return answer;
        },
      };
      let compared = 0;
      for (const { id: query, text } of corpus.queries) {
        for (const method of ["rrf", "relative-score"] as const) {
          const { contexts } = await createRag({
            retrievers: {
              search: { retriever: heard, weight: weights.search },
              epitca: { retriever: epitca, weight: weights.epitca },
            },
            fusion: { method, k },
            limits: { contexts: 100 },
          }).retrieveContext({ query: text, userId: reader });

          const own = new Map(found.map(({ id, score }, index) => [id, { rank: index + 1, score }]));
          const theirs = recorded.get(query) ?? new Map<string, Placed>();
          const part = method === "rrf" ? reciprocal : scaled;
          const highest = (weights.search + weights.epitca) * (method === "rrf" ? 1 / (k + 1) : 1);
          const expected = [...new Set([...own.keys(), ...theirs.keys()])]
            .map((id) => ({
              id,
              score: (weights.search * part(own, id) + weights.epitca * part(theirs, id)) / highest,
            }))
            .sort((a, b) => b.score - a.score);

          expect(contexts).toHaveLength(Math.min(100, expected.length));
          for (const [place, { relevanceScore }] of contexts.entries())
            expect(Math.abs(relevanceScore - (expected[place]?.score ?? Number.NaN))).toBeLessThan(1e-9);
          const scoreOf = new Map(expected.map(({ id, score }) => [id, score]));
          for (const { id, relevanceScore } of contexts)
            expect(Math.abs(relevanceScore - (scoreOf.get(id) ?? Number.NaN))).toBeLessThan(1e-9);
          compared += contexts.length;
        }
      }
      expect(compared).toBeGreaterThan(5_000);
    } finally {
      await database.close();
    }
  },
);
