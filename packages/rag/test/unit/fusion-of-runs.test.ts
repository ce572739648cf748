import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRag, type FusionOptions, type Passage, type RetrieverOptions } from "../../src/index.ts";
import { passage, retrieverOf, sharedData } from "../support/fakes.ts";

/** A ranked list: ids with scores, best first. */
type Run = readonly { readonly id: string; readonly score: number }[];

const wordsOf = (text: string): string[] =>
  text
    .normalize("NFD")
    .toLowerCase()
    .match(/[a-z0-9]{2,}/g) ?? [];

interface Corpus {
  readonly documents: readonly { readonly id: string; readonly words: readonly string[] }[];
  readonly queries: readonly { readonly id: string; readonly text: string }[];
  /** What the site's own search engine answered, with the ranks that stand in the file. */
  readonly recorded: ReadonlyMap<string, readonly { id: string; rank: number; score: number }[]>;
}

const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");

function readCorpus(): Corpus | undefined {
  const [corpus, queries, run] = ["corpus.jsonl", "queries.jsonl", "run-epitca-v2.tsv"].map((file) =>
    sharedData(`fr-cnil-faq/${file}`),
  );
  if (corpus === undefined || queries === undefined || run === undefined) return undefined;
  const recorded = new Map<string, { id: string; rank: number; score: number }[]>();
  for (const line of lines(run).slice(1)) {
    const [query = "", id = "", rank, score] = line.split("\t");
    recorded.set(query, [...(recorded.get(query) ?? []), { id, rank: Number(rank), score: Number(score) }]);
  }
  return {
    documents: lines(corpus).map((line) => {
      const { id, title, text } = JSON.parse(line) as Record<string, string>;
      return { id: id ?? "", words: wordsOf(`${title} ${text}`) };
    }),
    queries: lines(queries).map((line) => JSON.parse(line) as { id: string; text: string }),
    recorded,
  };
}

/** The 30 best documents of each query by BM25 (k1 = 1.2, b = 0.75), ties by id. */
function lexicalRuns({ documents, queries }: Corpus): Map<string, Run> {
  const postings = new Map<string, Map<number, number>>();
  for (const [index, { words }] of documents.entries())
    for (const word of words) {
      const counts = postings.get(word) ?? new Map<number, number>();
      postings.set(word, counts.set(index, (counts.get(index) ?? 0) + 1));
    }
  const mean = documents.reduce((sum, { words }) => sum + words.length, 0) / documents.length;
  return new Map(
    queries.map(({ id, text }) => {
      const scores = new Map<string, number>();
      for (const word of new Set(wordsOf(text))) {
        const counts = postings.get(word) ?? new Map<number, number>();
        const rarity = Math.log(1 + (documents.length - counts.size + 0.5) / (counts.size + 0.5));
        for (const [index, count] of counts) {
          const { id: document = "", words = [] } = documents[index] ?? {};
          const length = 0.25 + (0.75 * words.length) / mean;
          const score = (rarity * count * 2.2) / (count + 1.2 * length);
          scores.set(document, (scores.get(document) ?? 0) + score);
        }
      }
      const run = [...scores].map(([document, score]) => ({ id: document, score }));
      return [id, run.toSorted((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)).slice(0, 30)];
    }),
  );
}

const retrieverOfRun = (run: Run) => retrieverOf(run.map((hit): Passage => passage(hit)));

/** What the package answers for two runs: ids and relevance in order. */
async function fusedByRag(
  runs: Record<string, { run: Run; weight: number }>,
  fusion: FusionOptions,
): Promise<{ id: string; relevanceScore: number }[]> {
  const retrievers = Object.fromEntries(
    Object.entries(runs).map(([name, { run, weight }]): [string, RetrieverOptions] => [
      name,
      { retriever: retrieverOfRun(run), weight },
    ]),
  );
  const rag = createRag({ retrievers, fusion });
  const { contexts, dropped } = await rag.retrieveContext({ query: "x", userId: "alice", limit: 100 });
  expect(dropped).toEqual([]);
  return contexts.map(({ id, relevanceScore }) => ({ id, relevanceScore }));
}

const corpus = readCorpus();

describe.skipIf(corpus === undefined)("runs over fr-cnil-faq: words, and the site's own engine", () => {
  const { queries, recorded } = corpus ?? { queries: [], recorded: new Map<string, never[]>() };
  const lexical = corpus === undefined ? new Map<string, Run>() : lexicalRuns(corpus);
  const weightings = [
    [1, 1],
    [0.7, 0.3],
    [0.05, 2],
  ] as const;

  test.each(weightings)("reciprocal ranks with the weights %d and %d", async (ofWords, ofSite) => {
    let compared = 0;
    for (const { id: query } of queries) {
      const [words, site] = [lexical.get(query) ?? [], recorded.get(query) ?? []];
      const fused = await fusedByRag(
        { words: { run: words, weight: ofWords }, site: { run: site, weight: ofSite } },
        { method: "rrf", k: 60 },
      );
      // Ranks as they stand in the file, and for words as the number of better documents.
      const ofSiteById = new Map(site.map(({ id, rank }) => [id, ofSite / (60 + rank)]));
      const ofWordsBy = (id: string): number => {
        const own = words.find((hit) => hit.id === id);
        if (own === undefined) return 0;
        const better = words.filter(
          ({ id: other, score }) => score > own.score || (score === own.score && other < id),
        );
        return ofWords / (60 + better.length + 1);
      };
      const best = (ofWords + ofSite) / 61;
      expect(fused).toHaveLength(new Set([...words, ...site].map(({ id }) => id)).size);
      for (const { id, relevanceScore } of fused) {
        const expected = ofWordsBy(id) + (ofSiteById.get(id) ?? 0);
        expect(Math.abs(relevanceScore * best - expected)).toBeLessThan(1e-9);
        compared++;
      }
      expectDescending(fused);
    }
    expect(compared).toBeGreaterThan(4000);
  });

  test.each(weightings)("relative scores with the weights %d and %d", async (ofWords, ofSite) => {
    for (const { id: query } of queries) {
      const [words, site] = [lexical.get(query) ?? [], recorded.get(query) ?? []];
      const fused = await fusedByRag(
        { words: { run: words, weight: ofWords }, site: { run: site, weight: ofSite } },
        { method: "relative-score" },
      );
      const scaled = (run: Run, id: string): number => {
        const own = run.find((hit) => hit.id === id);
        // Both runs descend, so their ends are their bounds.
        const [high = 0, low = 0] = [run[0]?.score, run.at(-1)?.score];
        if (own === undefined) return 0;
        return high === low ? 1 : (own.score - low) / (high - low);
      };
      for (const { id, relevanceScore } of fused) {
        const expected = ofWords * scaled(words, id) + ofSite * scaled(site, id);
        expect(Math.abs(relevanceScore * (ofWords + ofSite) - expected)).toBeLessThan(1e-9);
      }
      expectDescending(fused);
    }
  });
});

function expectDescending(fused: readonly { id: string; relevanceScore: number }[]): void {
  for (const [index, { id, relevanceScore }] of fused.entries()) {
    const next = fused[index + 1];
    if (next === undefined) continue;
    expect(relevanceScore).toBeGreaterThanOrEqual(next.relevanceScore);
    if (relevanceScore === next.relevanceScore) expect(id < next.id).toBe(true);
  }
}

const anyRun = fc
  .uniqueArray(fc.constantFrom(..."abcdefghij"), { maxLength: 10 })
  .map((ids): Run => ids.map((id, index) => ({ id, score: 1 / (index + 1) })));

test("a retriever of weight 0 is as if it were not there, and the order of retrievers changes nothing", async () => {
  const method = fc.constantFrom<NonNullable<FusionOptions["method"]>>("rrf", "relative-score");
  const weight = fc.constantFrom(0.1, 0.5, 1, 3);
  await fc.assert(
    fc.asyncProperty(anyRun, anyRun, anyRun, weight, weight, method, async (a, b, c, wa, wb, fused) => {
      const fusion = { method: fused };
      const [one, two] = [
        { run: a, weight: wa },
        { run: b, weight: wb },
      ];
      const without = await fusedByRag({ one, two }, fusion);
      expect(await fusedByRag({ one, off: { run: c, weight: 0 }, two }, fusion)).toEqual(without);
      expect(await fusedByRag({ two, one }, fusion)).toEqual(without);
      expect(new Set(without.map(({ id }) => id))).toEqual(new Set([...a, ...b].map(({ id }) => id)));
      expectDescending(without);
    }),
    { numRuns: 200 },
  );
});
