import { rowsOf } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { chooseScan, exactRows } from "../choose-scan.ts";
import type { Model } from "../ensure-model.ts";
import { meanOf } from "../rank-agreement.ts";
import { everything, exactHits, searchedHits, searchingBy } from "../sample-search.ts";
import { withIterativeScan } from "../with-iterative-scan.ts";
import { type Check, type Examination, ok, warning } from "./check.ts";
import { noModel, searchedModel } from "./searched-model.ts";

const leastRecall = 0.95;

/** Stored vectors that stand in for questions, spread at random; the same ones at each call. */
export const sampleVectorsQuery = (sources: readonly string[], modelId: number, limit: number): SQL => sql`
  select sampled.chunk_id::text as id, stored.embedding::text as vector
  from (
    select chunk_id
    from devora.embeddings
    where model_id = ${modelId}::integer and source = any(${sql.param([...sources])}::text[])
    order by md5(chunk_id::text), chunk_id
    limit ${limit}::integer
  ) as sampled
  join devora.embeddings as stored on stored.chunk_id = sampled.chunk_id and stored.model_id = ${modelId}::integer`;

interface Ranked {
  id: string;
  distance: number;
}

/**
 * Share of the exact answer that was found, without the passage that was asked with, which is always its own nearest.
 * One as near as the last of the exact answer is as good as it: of equal passages any may be left out.
 */
export function recallOf(exact: readonly Ranked[], found: readonly Ranked[], self: string): number {
  const others = exact.filter(({ id }) => id !== self);
  const farthest = others.at(-1)?.distance;
  if (farthest === undefined) return 1;
  const hits = found.filter(({ id, distance }) => id !== self && distance <= farthest);
  return Math.min(hits.length, others.length) / others.length;
}

export const recall: Check = {
  name: "recall",
  async examine(examination) {
    const { tx, context, sampleQueries, signal } = examination;
    const model = await searchedModel(tx, context);
    if (model === undefined) return noModel;
    const chosen = await chooseScan(tx, searchingBy(context, model), everything(context), { signal });
    if (chosen?.scan !== "halfvec" && chosen?.scan !== "bit") {
      return ok(
        `Searches compare all, and miss nothing: there is no valid index, or there are at most ${exactRows} vectors.`,
      );
    }
    const recalls = await withIterativeScan(tx, { borrowed: true }, () => sampleRecalls(examination, model));
    const recallAt10 = meanOf(recalls);
    if (recallAt10 === undefined) return ok("No query was sampled.", { queries: sampleQueries });
    const figures = { queries: recalls.length, recallAt10, leastRecall, index: chosen.scan };
    const message = `A search finds ${(recallAt10 * 100).toFixed(1)} % of the ten nearest passages (${recalls.length} queries).`;
    return recallAt10 >= leastRecall
      ? ok(message, figures)
      : warning(
          message,
          chosen.scan === "bit"
            ? 'Raise the option oversampling, use index "halfvec", or search with a higher ef.'
            : "Search with a higher ef (up to 1000), or build the index anew: buildIndex({ m: 24, efConstruction: 128 }).",
          figures,
        );
  },
};

async function sampleRecalls(
  { tx, context, sampleQueries, signal }: Examination,
  model: Model,
): Promise<number[]> {
  const query = sampleVectorsQuery([...context.sources.keys()], model.id, sampleQueries);
  const recalls: number[] = [];
  for (const { id, vector } of await rowsOf(tx, query)) {
    signal?.throwIfAborted();
    const numbers = JSON.parse(String(vector)) as number[];
    const exact = await exactHits(tx, context, model, numbers);
    recalls.push(recallOf(exact, await searchedHits(tx, context, model, numbers), String(id)));
  }
  return recalls;
}
