import { callEmbedder } from "./call-embedder.ts";
import { cutToTokens } from "./chunking/estimate-tokens.ts";
import type { Context } from "./context.ts";
import { EmbeddingsError, shapeOf } from "./errors.ts";
import { type NearestHits, type NearestOptions, nearest } from "./nearest.ts";
import type { Scope } from "./queries/scope.ts";
import { inScope, type ReadOptions } from "./read-scopes.ts";
import { assertInteger } from "./validate.ts";

export const assertLimit = (limit: unknown): void =>
  assertInteger("limit", limit, { min: 1, max: 1_000 }, "INVALID_INPUT");

/** The vector of a question, cut to what the embedder takes; undefined for a blank one, which is not sent. */
export async function queryVector(
  { embedder }: Context,
  text: unknown,
  signal: AbortSignal | undefined,
): Promise<number[] | undefined> {
  if (typeof text !== "string") {
    throw new EmbeddingsError("INVALID_INPUT", `The query must be a string; received ${shapeOf(text)}.`);
  }
  const query = cutToTokens(text.trim(), embedder.maxInputTokens);
  if (query === "") return undefined;
  const { embeddings } = await callEmbedder(embedder, [query], signal);
  return embeddings[0];
}

/** The nearest passages of several scopes together, nearest first. */
export async function searchScopes(
  context: Context,
  scopes: readonly Scope[],
  call: ReadOptions,
  options: NearestOptions,
): Promise<NearestHits> {
  const found: NearestHits[] = [];
  for (const scope of scopes) {
    found.push(
      await inScope(context, scope, call, (tx) =>
        nearest(tx, context, scope, options, call.db !== undefined),
      ),
    );
  }
  const hits = found
    .flatMap((part) => part.hits)
    .sort((a, b) => a.distance - b.distance || (a.id < b.id ? -1 : 1))
    .slice(0, options.limit);
  return { hits, complete: found.every((part) => part.complete) };
}
