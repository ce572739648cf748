import { callEmbedder } from "./call-embedder.ts";
import { cutToTokens } from "./chunking/estimate-tokens.ts";
import type { Context } from "./context.ts";

/** Labels are few and asked for again and again, so their vectors are kept. */
const kept = new WeakMap<Context, Map<string, readonly number[]>>();
const mostKept = 5_000;
/** Texts of one call of the embedder. */
const batchSize = 100;

/** The vectors of labels, each of which is embedded once in the life of the embeddings object. */
export async function labelVectors(
  context: Context,
  labels: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const known = kept.get(context) ?? new Map<string, readonly number[]>();
  kept.set(context, known);
  const { embedder } = context;
  const distinct = [...new Set(labels)];
  const missing = distinct.filter((label) => !known.has(label));
  const found = new Map<string, readonly number[]>();
  for (let at = 0; at < missing.length; at += batchSize) {
    const batch = missing.slice(at, at + batchSize);
    const texts = batch.map((label) => cutToTokens(label.trim(), embedder.maxInputTokens));
    const { embeddings } = await callEmbedder(embedder, texts, signal);
    for (const [index, label] of batch.entries()) found.set(label, embeddings[index] ?? []);
  }
  for (const label of distinct) found.set(label, found.get(label) ?? known.get(label) ?? []);
  for (const [label, vector] of found) known.set(label, vector);
  // The oldest go first.
  for (const label of known.keys()) {
    if (known.size <= mostKept) break;
    known.delete(label);
  }
  return found;
}
