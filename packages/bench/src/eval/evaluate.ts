import { mean, ndcg, recall, reciprocalRank } from "@devora/rag/evaluation";
import { percentile } from "../measure.ts";
import type { JudgedQuery } from "./corpus.ts";
import type { Engine } from "./engine.ts";

/** Figures of one engine: means over the queries, and the time of a search for ten. */
export interface EngineScores {
  engine: string;
  ndcg10: number;
  recall100: number;
  mrr10: number;
  p50Ms: number;
  p95Ms: number;
}

export interface Evaluation {
  scores: EngineScores;
  /** nDCG@10 of each query. */
  ndcgs: readonly number[];
}

const page = 10;
const deep = 100;

/** Asks an engine all queries, each twice: for its time a page of ten, for its ranking a hundred. */
export async function evaluate(
  engine: Engine,
  queries: readonly JudgedQuery[],
  onQuery: (done: number) => void,
): Promise<Evaluation> {
  const times: number[] = [];
  const rankings: string[][] = [];
  for (const { text } of queries.slice(0, 10)) await engine.search(text, page);
  for (const { text } of queries) {
    const start = performance.now();
    await engine.search(text, page);
    times.push(performance.now() - start);
    rankings.push(await engine.search(text, deep));
    onQuery(rankings.length);
  }
  const each = (metric: typeof ndcg, depth: number) =>
    queries.map(({ grades }, index) => metric(rankings[index] ?? [], grades, depth));
  const ndcgs = each(ndcg, page);
  return {
    ndcgs,
    scores: {
      engine: engine.name,
      ndcg10: mean(ndcgs),
      recall100: mean(each(recall, deep)),
      mrr10: mean(each(reciprocalRank, page)),
      p50Ms: percentile(times, 0.5),
      p95Ms: percentile(times, 0.95),
    },
  };
}
