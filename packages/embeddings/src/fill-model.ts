import { rowsOf } from "@devora/db-schema";
import { embedAllButRefused } from "./call-embedder.ts";
import { asService, type Context } from "./context.ts";
import { embedAll } from "./embed-all.ts";
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
  /** Undefined where `contextPrefix` is a function: then it is one of the row's. */
  chunkId: string | undefined;
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
 * Makes the vectors that stored passages lack, until none lacks any. May be cut off at any point: what is written
 * stays, and the next call makes the rest.
 */
export const fillModel = (context: Context, model: Model, options: FillOptions): Promise<FilledModel> =>
  typeof context.chunking.contextPrefix === "function"
    ? fillFromRows(context, options)
    : fillFromPassages(context, model, options);

/** What a prefix of the host's own is made of is in the rows alone. */
async function fillFromRows(context: Context, { onBatch, signal }: FillOptions): Promise<FilledModel> {
  const { embeddedChunks, tokens, failed } = await embedAll(context, {
    onProgress: (progress) => onBatch(progress.embeddedChunks),
    signal,
  });
  const refused = failed.map(({ source, entityId, error }) => ({
    source,
    entityId,
    chunkId: undefined,
    error,
  }));
  return { vectors: embeddedChunks, tokens, refused };
}

/** In the order of their ids; rows are neither read nor cut again. */
async function fillFromPassages(context: Context, model: Model, options: FillOptions): Promise<FilledModel> {
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

async function embedChunks(
  context: Context,
  model: Model,
  chunks: readonly LackingChunk[],
  signal: AbortSignal | undefined,
): Promise<Made> {
  const { contextPrefix, countTokens } = context.chunking;
  const inputs = chunks.map(({ title, text }) =>
    inputOf(contextPrefix === false ? "" : title, text, maxInputTokensOf(context), countTokens),
  );
  const { vectors, refused, usage } = await embedAllButRefused(model.embedder, inputs, signal);
  return {
    vectors: new Map(
      chunks.flatMap(({ id }, at) => {
        const vector = vectors[at];
        return vector === undefined ? [] : [[id, vector] as const];
      }),
    ),
    tokens: usage.tokens,
    refused: [...refused].flatMap(([at, error]) => {
      const chunk = chunks[at];
      return chunk === undefined
        ? []
        : [{ source: chunk.source, entityId: chunk.entityId, chunkId: chunk.id, error }];
    }),
  };
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
