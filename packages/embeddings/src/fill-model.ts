import { rowsOf } from "@devora/db-schema";
import { blamesTheInput, callEmbedder } from "./call-embedder.ts";
import { asService, type Context } from "./context.ts";
import type { Model } from "./ensure-model.ts";
import { inputOf, maxInputTokensOf } from "./passage.ts";
import {
  decodeLackingChunk,
  insertVectorsQuery,
  type LackingChunk,
  lackingChunksQuery,
} from "./queries/lacking-chunks.ts";
import { lockEntitiesQuery } from "./queries/write-chunks.ts";
import { vectorText } from "./vector-text.ts";

/** A passage whose text the embedder refuses. */
export interface RefusedPassage {
  source: string;
  entityId: string;
  chunkId: string;
  error: unknown;
}

export interface FilledModel {
  /** Vectors made. */
  vectors: number;
  tokens: number;
  refused: RefusedPassage[];
}

export interface FillOptions {
  /** Passages per call of the embedder, which splits them as its provider wants. */
  batchSize: number;
  /** Told of the vectors made, after each batch. */
  onBatch: (vectors: number) => void;
  signal: AbortSignal | undefined;
}

/** Rows of one statement: some 2 MB of JSON at 1,536 dimensions. */
const rowsPerStatement = 200;

/**
 * Makes the vectors that stored passages lack, in the order of their ids, until none lacks any; rows are neither
 * read nor cut again. May be cut off at any point: what is written stays, and the next call makes the rest.
 */
export async function fillModel(context: Context, model: Model, options: FillOptions): Promise<FilledModel> {
  const filled: FilledModel = { vectors: 0, tokens: 0, refused: [] };
  let before: number;
  do {
    before = filled.vectors;
    await fillOnce(context, model, options, filled);
    // Again: a process that does not know this model yet may have written passages meanwhile.
  } while (filled.vectors > before);
  return filled;
}

async function fillOnce(
  context: Context,
  model: Model,
  { batchSize, onBatch, signal }: FillOptions,
  filled: FilledModel,
): Promise<void> {
  const sources = [...context.sources.keys()];
  const known = new Set(filled.refused.map(({ chunkId }) => chunkId));
  for (let afterId: string | undefined; ; ) {
    signal?.throwIfAborted();
    const query = lackingChunksQuery({ sources, modelId: model.id, afterId, limit: batchSize });
    const chunks = (await asService(context, "embeddings.migrateModel", (tx) => rowsOf(tx, query))).map(
      decodeLackingChunk,
    );
    const made = await embedChunks(
      context,
      model,
      chunks.filter(({ id }) => !known.has(id)),
      signal,
    );
    await writeVectors(context, model, chunks, made.vectors);
    filled.vectors += made.vectors.size;
    filled.tokens += made.tokens;
    filled.refused.push(...made.refused);
    if (made.vectors.size > 0) onBatch(filled.vectors);
    if (chunks.length < batchSize) return;
    afterId = chunks.at(-1)?.id;
  }
}

interface Made {
  /** By the passage's id. */
  vectors: Map<string, number[]>;
  tokens: number;
  refused: RefusedPassage[];
}

/** One call; where it is refused because of a text, halves are tried until that text stands alone. */
async function embedChunks(
  context: Context,
  model: Model,
  chunks: readonly LackingChunk[],
  signal: AbortSignal | undefined,
): Promise<Made> {
  if (chunks.length === 0) return { vectors: new Map(), tokens: 0, refused: [] };
  const inputs = chunks.map(({ title, text }) => inputOf(title, text, maxInputTokensOf(context)));
  try {
    const { embeddings, usage } = await callEmbedder(model.embedder, inputs, signal);
    const vectors = new Map(embeddings.map((vector, at) => [chunks[at]?.id ?? "", vector]));
    return { vectors, tokens: usage.tokens, refused: [] };
  } catch (error) {
    if (!blamesTheInput(error)) throw error;
    const [only, ...others] = chunks;
    if (only !== undefined && others.length === 0) {
      const { id: chunkId, source, entityId } = only;
      return { vectors: new Map(), tokens: 0, refused: [{ source, entityId, chunkId, error }] };
    }
    const middle = Math.ceil(chunks.length / 2);
    const left = await embedChunks(context, model, chunks.slice(0, middle), signal);
    const right = await embedChunks(context, model, chunks.slice(middle), signal);
    return {
      vectors: new Map([...left.vectors, ...right.vectors]),
      tokens: left.tokens + right.tokens,
      refused: [...left.refused, ...right.refused],
    };
  }
}

/** A passage's id never changes its text, so a vector made of it is right while the passage is there. */
async function writeVectors(
  context: Context,
  model: Model,
  chunks: readonly LackingChunk[],
  vectors: ReadonlyMap<string, number[]>,
): Promise<void> {
  if (vectors.size === 0) return;
  await asService(context, "embeddings.migrateModel", async (tx) => {
    // As writers do, or a row that changes its owner at this moment would leave its vector to the old one.
    for (const source of new Set(chunks.map((chunk) => chunk.source))) {
      const own = chunks.filter((chunk) => chunk.source === source);
      await tx.execute(lockEntitiesQuery(source, [...new Set(own.map(({ entityId }) => entityId))]));
    }
    const rows = [...vectors].map(([chunkId, vector]) => ({ chunkId, vector: vectorText(vector) }));
    for (let at = 0; at < rows.length; at += rowsPerStatement) {
      await tx.execute(insertVectorsQuery(model.id, rows.slice(at, at + rowsPerStatement)));
    }
  });
}
