import { callEmbedder } from "./call-embedder.ts";
import type { Context } from "./context.ts";
import { EmbeddingsError, shapeOf } from "./errors.ts";
import type { EmbedOptions, EmbedResult } from "./ports.ts";
import { noUsage } from "./usage.ts";

/** Vectors of texts; nothing is stored. */
export async function generateEmbeddingsBatch(
  { embedder }: Context,
  texts: readonly string[],
  { signal }: EmbedOptions = {},
): Promise<EmbedResult> {
  const blank = texts.findIndex((text) => typeof text !== "string" || text.trim() === "");
  if (blank >= 0) {
    throw new EmbeddingsError(
      "INVALID_INPUT",
      `A text to embed must be a string that is not blank; number ${blank} of ${texts.length} is ${shapeOf(texts[blank])}. Leave it out.`,
    );
  }
  if (texts.length === 0) return { embeddings: [], usage: noUsage };
  return callEmbedder(embedder, texts, signal);
}
