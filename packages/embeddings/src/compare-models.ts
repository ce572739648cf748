import { rowsOf } from "@devora/db-schema";
import { callEmbedder } from "./call-embedder.ts";
import { cutToTokens } from "./chunking/estimate-tokens.ts";
import { asService, type Context } from "./context.ts";
import type { Model } from "./ensure-model.ts";
import { maxInputTokensOf } from "./passage.ts";
import { sampleQueriesQuery } from "./queries/lacking-chunks.ts";
import { averageOverlapOf, meanOf, overlapOf } from "./rank-agreement.ts";
import { exactIds, searchedIds } from "./sample-search.ts";

/** How two models answer the same questions, over all owners. Figures are means, undefined without questions. */
export interface ModelComparison {
  /** Questions asked. */
  queries: number;
  /** Of the new model's exact first ten, the share that a search answers: what its index misses. */
  recallAt10: number | undefined;
  /** Of the first ten, the share that both models answer. */
  overlapAt10: number | undefined;
  /** The mean overlap of the first 1, 2, … 10: as `overlapAt10`, but the first ranks count most. */
  rankAgreement: number | undefined;
  /** Share of the questions whose first answer is the same. */
  sameFirst: number | undefined;
}

export interface CompareOptions {
  /** Default: titles of passages. */
  queries: readonly string[] | undefined;
  sampleQueries: number;
  onQuery: (done: number, total: number) => void;
  signal: AbortSignal | undefined;
}

export async function compareModels(
  context: Context,
  [before, next]: readonly [Model, Model],
  options: CompareOptions,
): Promise<ModelComparison> {
  const queries = (await questions(context, options)).map((query) =>
    cutToTokens(query, maxInputTokensOf(context)),
  );
  const { signal, onQuery } = options;
  const vectorsBefore = await vectorsOf(before, queries, signal);
  const vectorsNext = await vectorsOf(next, queries, signal);
  const figures: Record<"recall" | "overlap" | "agreement" | "first", number[]> = {
    recall: [],
    overlap: [],
    agreement: [],
    first: [],
  };
  for (const [at, vector] of vectorsNext.entries()) {
    signal?.throwIfAborted();
    const answers = await asService(context, "embeddings.migrateModel", async (tx) => ({
      old: await searchedIds(tx, context, before, vectorsBefore[at] ?? []),
      found: await searchedIds(tx, context, next, vector),
      exact: await exactIds(tx, context, next, vector),
    }));
    figures.recall.push(overlapOf(answers.exact, answers.found));
    figures.overlap.push(overlapOf(answers.old, answers.found));
    figures.agreement.push(averageOverlapOf(answers.old, answers.found));
    figures.first.push(answers.old[0] === answers.found[0] ? 1 : 0);
    onQuery(at + 1, queries.length);
  }
  return {
    queries: queries.length,
    recallAt10: meanOf(figures.recall),
    overlapAt10: meanOf(figures.overlap),
    rankAgreement: meanOf(figures.agreement),
    sameFirst: meanOf(figures.first),
  };
}

/** Those given, evenly spread where there are too many, or titles of passages. */
async function questions(context: Context, { queries, sampleQueries }: CompareOptions): Promise<string[]> {
  if (queries !== undefined) {
    const asked = queries.map((query) => query.trim()).filter((query) => query !== "");
    const step = Math.max(1, asked.length / sampleQueries);
    return Array.from(
      { length: Math.min(sampleQueries, asked.length) },
      (_, at) => asked[Math.floor(at * step)] ?? "",
    );
  }
  const query = sampleQueriesQuery([...context.sources.keys()], sampleQueries);
  return (await asService(context, "embeddings.migrateModel", (tx) => rowsOf(tx, query))).map((row) =>
    String(row.query),
  );
}

const vectorsOf = async (
  { embedder }: Model,
  queries: readonly string[],
  signal: AbortSignal | undefined,
): Promise<number[][]> =>
  queries.length === 0 ? [] : (await callEmbedder(embedder, queries, signal)).embeddings;
