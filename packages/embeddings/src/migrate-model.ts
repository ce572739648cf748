import { rowsOf } from "@devora/db-schema";
import { candidateIsActive } from "./active-model.ts";
import { buildWhenLarge } from "./build-index.ts";
import { compareModels, type ModelComparison } from "./compare-models.ts";
import { asService, type Context } from "./context.ts";
import { ensureModels, type Model, storedModels } from "./ensure-model.ts";
import { EmbeddingsError } from "./errors.ts";
import { fillModel, type RefusedPassage } from "./fill-model.ts";
import { withModelLease } from "./model-lease.ts";
import type { Embedder } from "./ports.ts";
import { countLackingQuery } from "./queries/lacking-chunks.ts";
import { activateModelQuery, type ModelKey, versionOf } from "./queries/model.ts";
import { assertInteger } from "./validate.ts";

export interface MigrateModelProgress {
  /** `vectors` and `compare` count passages and questions; `index` and `cut-over` are 0 of 1, then 1 of 1. */
  step: "vectors" | "index" | "compare" | "cut-over";
  done: number;
  total: number;
}

export interface MigrateModelOptions {
  /** The `candidate` of `createEmbeddings`. */
  to: Embedder;
  /** Questions that users asked, to compare the models by. Default: titles of passages. */
  queries?: readonly string[] | undefined;
  /** Most questions to compare by, 0 to 10,000; each is embedded by both models. Default 200. */
  sampleQueries?: number | undefined;
  /** Searches stay with the old model where the models' first ten overlap less, 0 to 1. Default: not looked at. */
  minOverlap?: number | undefined;
  /** Passages that may remain without a vector, such as texts that the new model refuses. Default 0. */
  maxMissing?: number | undefined;
  /** False stops before searches change over; calling again goes on. Default true. */
  cutOver?: boolean | undefined;
  /** Passages per call of the embedder, 1 to 10,000. Default 500. */
  batchSize?: number | undefined;
  onProgress?: ((progress: MigrateModelProgress) => void) | undefined;
  /** Checked between batches and passed to the embedder; what is done stays done. */
  signal?: AbortSignal | undefined;
}

export interface ModelMigration {
  /**
   * - `cut-over`: searches use the new model
   * - `ready`: they could, and `cutOver: false` was asked for
   * - `held`: they do not, see `reason`
   */
  status: "cut-over" | "ready" | "held";
  reason: string | undefined;
  /** Vectors made by this call. */
  vectors: number;
  tokens: number;
  /** Passages that have no vector of the new model. */
  missing: number;
  /** Of these, those whose text it refuses. */
  refused: RefusedPassage[];
  /** Whether the new model has an index; below 10,000 vectors it needs none. */
  indexed: boolean;
  comparison: ModelComparison;
}

/** Builds the candidate's vectors beside the old ones, compares, and lets searches change over. */
export async function migrateModel(context: Context, options: MigrateModelOptions): Promise<ModelMigration> {
  const [before, next] = await bothModels(context, "migrateModel", options.to);
  const { sampleQueries = 200, batchSize = 500, maxMissing = 0 } = options;
  assertInteger("migrateModel: sampleQueries", sampleQueries, { min: 0, max: 10_000 }, "INVALID_INPUT");
  assertInteger("migrateModel: batchSize", batchSize, { min: 1, max: 10_000 }, "INVALID_INPUT");
  assertInteger("migrateModel: maxMissing", maxMissing, { min: 0 }, "INVALID_INPUT");
  return withModelLease(context, next.id, () =>
    migrate(context, [before, next], { ...options, sampleQueries, batchSize, maxMissing }),
  );
}

type Resolved = MigrateModelOptions & Record<"sampleQueries" | "batchSize" | "maxMissing", number>;

async function migrate(
  context: Context,
  [before, next]: readonly [Model, Model],
  { batchSize, sampleQueries, queries, signal, onProgress, ...options }: Resolved,
): Promise<ModelMigration> {
  const tell = (step: MigrateModelProgress["step"], done: number, total: number) =>
    onProgress?.({ step, done, total });
  const { lacking } = await countLacking(context, next);
  tell("vectors", 0, lacking);
  const onBatch = (vectors: number) => tell("vectors", vectors, Math.max(lacking, vectors));
  const filled = await fillModel(context, next, { batchSize, onBatch, signal });

  signal?.throwIfAborted();
  tell("index", 0, 1);
  const indexed = await buildWhenLarge(context, next);
  tell("index", 1, 1);

  const onQuery = (done: number, total: number) => tell("compare", done, total);
  const comparison = await compareModels(context, [before, next], {
    queries,
    sampleQueries,
    onQuery,
    signal,
  });

  signal?.throwIfAborted();
  tell("cut-over", 0, 1);
  const decision = await decide(context, [before, next], { comparison, ...options });
  if (decision.status === "cut-over") tell("cut-over", 1, 1);
  return { ...decision, ...filled, indexed, comparison };
}

/** Lets searches change over, in the transaction that counts what is missing. */
async function decide(
  context: Context,
  [before, next]: readonly [Model, Model],
  options: Pick<Resolved, "cutOver" | "minOverlap" | "maxMissing"> & { comparison: ModelComparison },
): Promise<Pick<ModelMigration, "status" | "reason" | "missing">> {
  const { cutOver = true, minOverlap = 0, maxMissing, comparison } = options;
  return asService(context, "embeddings.migrateModel", async (tx) => {
    const stored = await storedModels(tx, [before.embedder, next.embedder]);
    const [row] = await rowsOf(tx, countLackingQuery([...context.sources.keys()], next.id));
    const missing = Number(row?.lacking);
    const held = (reason: string) => ({ status: "held" as const, reason, missing });
    if (candidateIsActive(stored, before.embedder, next.embedder)) {
      return { status: "cut-over", reason: undefined, missing };
    }
    if (missing > maxMissing) {
      return held(
        `${missing} passages have no vector of the new model, and maxMissing allows ${maxMissing}: see refused, and pass the candidate in every process that writes.`,
      );
    }
    const { overlapAt10 = 1 } = comparison;
    if (overlapAt10 < minOverlap) {
      return held(
        `The models share ${overlapAt10.toFixed(3)} of their first ten answers, and minOverlap asks for ${minOverlap}.`,
      );
    }
    if (!cutOver) return { status: "ready", reason: undefined, missing };
    const change = { modelId: next.id, instead: before.id, after: "retired" } as const;
    await tx.execute(activateModelQuery(change));
    return { status: "cut-over", reason: undefined, missing };
  });
}

/**
 * Lets searches go back from the candidate to the embedder's model, whose vectors were written all the time.
 * @throws {EmbeddingsError} INVALID_INPUT where searches use the embedder's model, MODEL_INCOMPLETE
 */
export async function rollbackModel(context: Context): Promise<{ active: Required<ModelKey> }> {
  const [before, next] = await bothModels(context, "rollbackModel", context.candidate);
  const { lacking } = await countLacking(context, before);
  if (lacking > 0) {
    throw new EmbeddingsError(
      "MODEL_INCOMPLETE",
      `rollbackModel: ${lacking} passages have no vector of the old model, so searches would miss them. Call embedAll, which makes them, then call again.`,
    );
  }
  await withModelLease(context, next.id, () =>
    asService(context, "embeddings.rollbackModel", async (tx) => {
      const stored = await storedModels(tx, [before.embedder, next.embedder]);
      if (!candidateIsActive(stored, before.embedder, next.embedder)) {
        throw new EmbeddingsError(
          "INVALID_INPUT",
          "rollbackModel: searches use the embedder's model; there is nothing to roll back.",
        );
      }
      const change = { modelId: before.id, instead: next.id, after: "building" } as const;
      await tx.execute(activateModelQuery(change));
    }),
  );
  const { model, dimensions } = before.embedder;
  return { active: { model, dimensions, version: versionOf(before.embedder) } };
}

const countLacking = async (context: Context, model: Model): Promise<{ chunks: number; lacking: number }> => {
  const query = countLackingQuery([...context.sources.keys()], model.id);
  const [row] = await asService(context, "embeddings.migrateModel", (tx) => rowsOf(tx, query));
  return { chunks: Number(row?.chunks), lacking: Number(row?.lacking) };
};

/** @throws {EmbeddingsError} INVALID_INPUT unless `to` is the candidate, because only then are writes doubled */
async function bothModels(
  context: Context,
  operation: string,
  to: Embedder | undefined,
): Promise<readonly [Model, Model]> {
  const { candidate } = context;
  const isCandidate =
    candidate !== undefined &&
    to?.model === candidate.model &&
    to.dimensions === candidate.dimensions &&
    versionOf(to) === versionOf(candidate);
  if (!isCandidate) {
    throw new EmbeddingsError(
      "INVALID_INPUT",
      `${operation}: the new model must be the candidate of createEmbeddings, so that what is written meanwhile gets vectors of both. Pass it as candidate in every process, then call again.`,
    );
  }
  const [before, next] = await ensureModels(context);
  return [before as Model, next as Model];
}
