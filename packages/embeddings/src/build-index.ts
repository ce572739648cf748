import { type Database, rowsOf, withDatabaseErrors, withService } from "@devora/db-schema";
import { is } from "drizzle-orm";
import { PgTransaction } from "drizzle-orm/pg-core";
import type { Context } from "./context.ts";
import { ensureModels, type Model } from "./ensure-model.ts";
import { EmbeddingsError, isEmbeddingsError, shapeOf } from "./errors.ts";
import { withModelLease } from "./model-lease.ts";
import {
  buildMemoryQuery,
  buildProgressQuery,
  createIndexConcurrentlyQuery,
  decodeIndexState,
  dropIndexConcurrentlyQuery,
  ensureIndexQuery,
  type IndexFigures,
  type IndexKind,
  type IndexState,
  indexName,
  indexStateQuery,
} from "./queries/model-index.ts";
import { assertInteger } from "./validate.ts";

/**
 * Vectors from which on a model gets an HNSW index. Below, every search is exact and quick enough: 6 ms for 10,000
 * vectors of 768 dimensions, 31 ms for 1,536 (PostgreSQL 18, one core); loading before the index is built is faster.
 */
export const indexFromRows = 10_000;

export interface BuildIndexProgress {
  /** The model's number. */
  modelId: number;
  /** pgvector's: `initializing`, `loading tuples`; of a concurrent build also its waits and its validation. */
  phase: string;
  /** Share of the table that was read, 0 to 1; undefined while none is known. */
  share: number | undefined;
}

export interface BuildIndexOptions extends IndexFigures {
  /** `bit` is for corpora too large for memory, beside `halfvec` or in its place. Default `halfvec`. */
  kind?: IndexKind | undefined;
  /**
   * Lets writers go on; needs a login that owns the tables. The memory is that login's `maintenance_work_mem`.
   * Default false: writers wait until it is built, and memory up to 1 GB is taken as needed.
   */
  concurrently?: boolean | undefined;
  /** Links per vector, 2 to 100. Default 16, or that of the index that is there. */
  m?: number | undefined;
  /** Candidates while building, 4 to 1000 and at least 2 m. Default 64, or that of the index that is there. */
  efConstruction?: number | undefined;
  /** A database whose login owns the tables. Default: that of `createEmbeddings`. */
  db?: Database | undefined;
  /** Told twice a second while a server builds, and at the end. */
  onProgress?: ((progress: BuildIndexProgress) => void) | undefined;
  /** Checked before each model's build; a build under way is not cut off. */
  signal?: AbortSignal | undefined;
}

export interface BuiltIndex {
  modelId: number;
  index: string;
  /** False where a valid one was there. */
  built: boolean;
  /** Whether a left-over of a build that was cut off had to be removed. */
  repaired: boolean;
  /** False where the graph outgrows the memory of one build, which is then several times slower. */
  fitsMemory: boolean;
}

/** Builds the index of the embedder's model, and of the candidate's. */
export async function buildIndex(
  context: Context,
  options: BuildIndexOptions = {},
): Promise<{ indexes: BuiltIndex[] }> {
  assertOptions(options);
  const indexes: BuiltIndex[] = [];
  for (const model of await ensureModels(context)) {
    options.signal?.throwIfAborted();
    indexes.push(await withModelLease(context, model.id, () => buildModelIndex(context, model, options)));
  }
  return { indexes };
}

function assertOptions({ kind = "halfvec", m, efConstruction }: BuildIndexOptions): void {
  if (kind !== "halfvec" && kind !== "bit") {
    throw new EmbeddingsError(
      "INVALID_INPUT",
      `buildIndex: kind must be "halfvec" or "bit"; received ${shapeOf(kind)}.`,
    );
  }
  if (m !== undefined) assertInteger("buildIndex: m", m, { min: 2, max: 100 }, "INVALID_INPUT");
  if (efConstruction === undefined && m === undefined) return;
  const least = Math.max(4, 2 * (m ?? 16));
  assertInteger(
    "buildIndex: efConstruction",
    efConstruction ?? 64,
    { min: least, max: 1_000 },
    "INVALID_INPUT",
  );
}

/** One model's index; the caller has its lease. */
export async function buildModelIndex(
  context: Context,
  { id, embedder: { dimensions } }: Model,
  options: BuildIndexOptions,
): Promise<BuiltIndex> {
  const { kind = "halfvec", concurrently = false, m, efConstruction, db = context.db, onProgress } = options;
  const state = await readState(context, db, id, kind);
  const index = indexName(id, kind);
  const figures = { m, efConstruction };
  if (state.valid && isAsAsked(state, figures)) {
    return { modelId: id, index, built: false, repaired: false, fitsMemory: true };
  }
  if (state.present && !state.valid && state.building) {
    throw new EmbeddingsError(
      "MODEL_BUSY",
      `The server is still building the index ${index}, for a process that may be gone. Call again when it has ended.`,
      { retryable: true },
    );
  }
  const fitsMemory = await fits(db, dimensions, { kind, m, concurrently });
  const build = concurrently
    ? () => buildConcurrently(db, state, { id, dimensions, kind, figures })
    : () =>
        withDatabaseErrors("embeddings.buildIndex", () =>
          withService(db, (tx) => tx.execute(ensureIndexQuery(id, kind, figures)), {
            role: context.serviceRole,
          }),
        );
  await withProgress(db, id, onProgress, build);
  return { modelId: id, index, built: true, repaired: state.present && !state.valid, fitsMemory };
}

const readState = (context: Context, db: Database, modelId: number, kind: IndexKind): Promise<IndexState> =>
  withDatabaseErrors("embeddings.buildIndex", () =>
    withService(
      db,
      async (tx) => decodeIndexState((await rowsOf(tx, indexStateQuery(modelId, kind, indexFromRows)))[0]),
      { role: context.serviceRole },
    ),
  );

const isAsAsked = (state: IndexState, { m, efConstruction }: IndexFigures): boolean =>
  (m === undefined || m === state.m) &&
  (efConstruction === undefined || efConstruction === state.efConstruction);

/** What the function takes where the setting is less, in bytes. */
export const mostMemory = 2 ** 30;

async function fits(
  db: Database,
  dimensions: number,
  { kind, m = 16, concurrently }: { kind: IndexKind; m: number | undefined; concurrently: boolean },
): Promise<boolean> {
  const { allowed, needed } = await withDatabaseErrors("embeddings.buildIndex", () =>
    readBuildMemory(db, dimensions, kind, m),
  );
  return needed <= (concurrently ? allowed : Math.max(allowed, mostMemory));
}

/** Bytes that one build may take by the login's setting, and that the graph of the stored vectors needs. */
export async function readBuildMemory(
  db: Database,
  dimensions: number,
  kind: IndexKind = "halfvec",
  m = 16,
): Promise<{ allowed: number; needed: number }> {
  const [row] = await rowsOf(db, buildMemoryQuery(dimensions, kind, m));
  return { allowed: Number(row?.allowed), needed: Number(row?.needed) };
}

async function buildConcurrently(
  db: Database,
  state: IndexState,
  {
    id,
    dimensions,
    kind,
    figures,
  }: { id: number; dimensions: number; kind: IndexKind; figures: IndexFigures },
): Promise<void> {
  if (!state.owned) {
    throw new EmbeddingsError(
      "NOT_OWNER",
      "buildIndex: only a login that owns devora.embeddings may build an index concurrently. Pass a database of the migrating login as db, or leave concurrently out: writers then wait until it is built.",
    );
  }
  if (is(db, PgTransaction)) {
    throw new EmbeddingsError(
      "INVALID_INPUT",
      "buildIndex: an index is built concurrently outside transactions only. Pass a database as db, or leave concurrently out.",
    );
  }
  await withDatabaseErrors("embeddings.buildIndex", async () => {
    if (state.present) await db.execute(dropIndexConcurrentlyQuery(id, kind));
    await db.execute(createIndexConcurrentlyQuery(id, dimensions, kind, figures));
  });
}

const progressMs = 500;

async function withProgress(
  db: Database,
  modelId: number,
  onProgress: BuildIndexOptions["onProgress"],
  build: () => Promise<unknown>,
): Promise<void> {
  if (onProgress === undefined) return void (await build());
  const tell = async () => {
    const [row] = await rowsOf(db, buildProgressQuery);
    if (row === undefined) return;
    const total = Number(row.blocks_total);
    const share = total > 0 ? Math.min(1, Number(row.blocks_done) / total) : undefined;
    onProgress({ modelId, phase: String(row.phase), share });
  };
  // On another connection of the pool; where there is one alone, it is asked after the build and tells nothing.
  const timer = setInterval(() => void tell().catch(() => {}), progressMs);
  try {
    await build();
  } finally {
    clearInterval(timer);
  }
  onProgress({ modelId, phase: "done", share: 1 });
}

const indexed = new WeakMap<Context, Set<number>>();

/** Builds the index of each model that has enough vectors and none yet; one that another process builds is left to it. */
export async function ensureIndexes(context: Context): Promise<void> {
  const done = indexed.get(context) ?? new Set<number>();
  indexed.set(context, done);
  for (const model of await ensureModels(context)) {
    if (done.has(model.id)) continue;
    const guard: Guard = (build) => withModelLease(context, model.id, build);
    const ready = await buildWhenLarge(context, model, { guard }).catch((error: unknown) => {
      if (isEmbeddingsError(error) && error.code === "MODEL_BUSY") return false;
      throw error;
    });
    if (ready) done.add(model.id);
  }
}

type Guard = (build: () => Promise<unknown>) => Promise<unknown>;

/**
 * Builds a model's index where it has enough vectors and none yet: concurrently where the login may.
 * @param guard runs the build; by default as it is, for a caller that has the lease
 * @returns whether the model has an index now
 */
export async function buildWhenLarge(
  context: Context,
  model: Model,
  { guard = (build) => build(), onProgress }: { guard?: Guard } & Pick<BuildIndexOptions, "onProgress"> = {},
): Promise<boolean> {
  const state = await readState(context, context.db, model.id, context.index);
  if (state.valid) return true;
  if (state.vectors < indexFromRows) return false;
  const concurrently = buildsConcurrently(context, state);
  await guard(() => buildModelIndex(context, model, { kind: context.index, concurrently, onProgress }));
  return true;
}

/** Whether an index that is built by itself is built beside writers, with the memory of the login. */
export const buildsConcurrently = ({ db }: Context, { owned }: Pick<IndexState, "owned">): boolean =>
  owned && !is(db, PgTransaction) && !isEmbedded(db);

/** PGlite, which nobody writes to while it builds. */
const isEmbedded = (db: Database): boolean => {
  const { $client: client } = db as { $client?: { execProtocol?: unknown } };
  return typeof client === "object" && client !== null && "execProtocol" in client;
};
