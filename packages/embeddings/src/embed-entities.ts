import { type Database, rowsOf } from "@devora/db-schema";
import { embedAllButRefused } from "./call-embedder.ts";
import { asService, type Context } from "./context.ts";
import {
  afford,
  type Draft,
  type DraftedEntity,
  draftEntities,
  idsOf,
  skip,
  storedByEntity,
} from "./draft-entities.ts";
import { ensureModels, type Model } from "./ensure-model.ts";
import { type ChunkPlan, isEmptyPlan, planChunks } from "./plan-chunks.ts";
import { rowHashesQuery } from "./queries/source-rows.ts";
import { lockEntitiesQuery } from "./queries/write-chunks.ts";
import type { Source } from "./sources/define-source.ts";
import type { TokenBudget } from "./token-budget.ts";
import { type ModelVectors, writePlans } from "./write-plans.ts";

/**
 * - `embedded`: the stored passages were brought up to date
 * - `unchanged`: they were already
 * - `removed`: the row is gone, deleted or out of the source's `where`; it has no passages (any more)
 * - `stale`: nothing was written, because the row changed, or its job was taken, while the embedder worked
 * - `failed`: the embedder refuses its text; see `error`
 * - `ignored`: who queued it does not own the row; it was read, and nothing else
 * - `waiting`: what may be spent on tokens is spent
 */
export type EntityStatus = "embedded" | "unchanged" | "removed" | "stale" | "failed" | "ignored" | "waiting";

export interface EntityOutcome {
  entityId: string;
  status: EntityStatus;
  /** Passages that the row has now. */
  chunks: number;
  /** Of these, how many were sent to the embedder. */
  embeddedChunks: number;
  error?: unknown;
}

/** Lets the worker's jobs take part in the transaction that writes. */
export interface WriteHooks {
  /** Whether one of its jobs comes from somebody who may say that the row is stale. */
  accepts(entity: DraftedEntity): boolean;
  /** Answers which of the rows may still be written, and holds them until the commit. */
  hold(tx: Database, entities: readonly DraftedEntity[]): Promise<ReadonlySet<string>>;
  /** Runs after the writes for the rows that are up to date. */
  done(tx: Database, entityIds: readonly string[]): Promise<void>;
}

export interface EmbedEntitiesOptions {
  signal?: AbortSignal | undefined;
  hooks?: WriteHooks | undefined;
  /** Rows that it has no tokens for wait. */
  budget?: TokenBudget | undefined;
}

/**
 * Brings the passages and vectors of some rows up to date: reads the rows, cuts them, embeds what has no vector
 * (no transaction is open meanwhile), and writes what is still true.
 * @throws {EmbeddingsError} EMBEDDER_FAILED when it was not the texts' fault; then nothing is written
 */
export async function embedEntities(
  context: Context,
  source: Source,
  entityIds: readonly string[],
  { signal, hooks, budget }: EmbedEntitiesOptions = {},
): Promise<{ outcomes: EntityOutcome[]; tokens: number }> {
  const models = await ensureModels(context);
  signal?.throwIfAborted();
  const read = (await draftEntities(context, source, entityIds, models)).map((draft) =>
    hooks === undefined || hooks.accepts(draft) ? draft : skip(draft, "ignored"),
  );
  const { drafts, reserved } = budget === undefined ? { drafts: read, reserved: 0 } : afford(read, budget);
  const { vectors, refused, tokens } = await settled(budget, reserved, () =>
    embedByModel(models, drafts, signal),
  );
  signal?.throwIfAborted();
  // A job is done with its row unchanged too; without jobs such a row needs no transaction.
  const pending = drafts.filter(
    ({ plan, skipped }) => skipped !== "waiting" && (hooks !== undefined || !isEmptyPlan(plan)),
  );
  const upToDate = new Set(
    drafts.filter((draft) => !pending.includes(draft)).map(({ entityId }) => entityId),
  );
  if (pending.length > 0) {
    const write = { context, source, models, drafts: pending, vectors, refused, hooks };
    for (const entityId of await writeAll(write)) upToDate.add(entityId);
  }
  return { outcomes: drafts.map((draft) => outcomeOf(draft, upToDate, refused)), tokens };
}

/** Puts what a call used, nothing when it failed, in place of what was reserved for it. */
async function settled(
  budget: TokenBudget | undefined,
  reserved: number,
  call: () => Promise<EmbeddedByModel>,
): Promise<EmbeddedByModel> {
  let used = 0;
  try {
    const embedded = await call();
    used = embedded.tokens;
    return embedded;
  } finally {
    budget?.settle(reserved, used);
  }
}

interface Embedded {
  /** Vectors by the hash of what was embedded. */
  vectors: Map<string, number[]>;
  /** Rows whose text the embedder refuses, each with its error. */
  refused: Map<string, unknown>;
  tokens: number;
}

type EmbeddedByModel = Omit<Embedded, "vectors"> & { vectors: ModelVectors };

/** Vectors of all models: a row is up to date when it has those of each. */
async function embedByModel(
  models: readonly Model[],
  drafts: readonly Draft[],
  signal: AbortSignal | undefined,
): Promise<EmbeddedByModel> {
  const vectors = new Map<number, Map<string, number[]>>();
  const refused = new Map<string, unknown>();
  let tokens = 0;
  for (const model of models) {
    const embedded = await embedDrafts(model, drafts, signal);
    vectors.set(model.id, embedded.vectors);
    for (const [entityId, error] of embedded.refused) refused.set(entityId, error);
    tokens += embedded.tokens;
  }
  return { vectors, refused, tokens };
}

/** One call for all rows; a row is refused when one of its passages is. */
async function embedDrafts(
  model: Model,
  drafts: readonly Draft[],
  signal: AbortSignal | undefined,
): Promise<Embedded> {
  const missing = (draft: Draft) => draft.plan.unembedded.filter((chunk) => chunk.modelId === model.id);
  const inputs = new Map(
    drafts.flatMap((draft) => missing(draft).map(({ hash, input }) => [hash, input] as const)),
  );
  const answer = await embedAllButRefused(model.embedder, [...inputs.values()], signal);
  const vectors = new Map<string, number[]>();
  const errors = new Map<string, unknown>();
  for (const [at, hash] of [...inputs.keys()].entries()) {
    const vector = answer.vectors[at];
    if (vector === undefined) errors.set(hash, answer.refused.get(at));
    else vectors.set(hash, vector);
  }
  const refused = new Map<string, unknown>();
  for (const draft of drafts) {
    const poison = missing(draft).find(({ hash }) => errors.has(hash));
    if (poison !== undefined) refused.set(draft.entityId, errors.get(poison.hash));
  }
  return { vectors, refused, tokens: answer.usage.tokens };
}

interface Write {
  context: Context;
  source: Source;
  models: readonly Model[];
  drafts: readonly Draft[];
  vectors: ModelVectors;
  refused: ReadonlyMap<string, unknown>;
  hooks: WriteHooks | undefined;
}

/** Writes what is still true, in one transaction; answers which rows are up to date now. */
const writeAll = ({
  context,
  source,
  models,
  drafts,
  vectors,
  refused,
  hooks,
}: Write): Promise<Set<string>> =>
  asService(context, "embeddings.embed", async (tx) => {
    const accepted = drafts.filter(({ entityId }) => !refused.has(entityId));
    const held = await hooks?.hold(tx, accepted);
    const isHeld = ({ entityId }: Draft) => held?.has(entityId) ?? true;
    const ignored = accepted.filter((draft) => draft.skipped === "ignored" && isHeld(draft));
    const writable = accepted.filter((draft) => draft.skipped === undefined && isHeld(draft));
    const entityIds = writable.map(({ entityId }) => entityId);
    await tx.execute(lockEntitiesQuery(source.name, entityIds));
    // Read again under the lock: only a row that still has the text that was embedded may be written.
    const hashes = new Map(
      (await rowsOf(tx, rowHashesQuery(source, entityIds))).map((row) => [String(row.entity_id), row.hash]),
    );
    const stored = await storedByEntity(tx, source, entityIds, models);
    const plans: ChunkPlan[] = [];
    const upToDate = new Set(ignored.map(({ entityId }) => entityId));
    for (const { entityId, row, wanted } of writable) {
      if (hashes.get(entityId) !== row?.hash) continue;
      const plan = planChunks(source.name, row, wanted, stored.get(entityId) ?? [], idsOf(models));
      // Another writer may have removed a passage whose vector was to be kept.
      if (!plan.unembedded.every(({ modelId, hash }) => vectors.get(modelId)?.has(hash))) continue;
      plans.push(plan);
      upToDate.add(entityId);
    }
    await writePlans(tx, plans, { source: source.name, vectors });
    await hooks?.done(tx, [...upToDate]);
    return upToDate;
  });

function outcomeOf(
  { entityId, row, wanted, plan, skipped }: Draft,
  written: ReadonlySet<string>,
  refused: ReadonlyMap<string, unknown>,
): EntityOutcome {
  if (refused.has(entityId)) {
    return { entityId, status: "failed", chunks: 0, embeddedChunks: 0, error: refused.get(entityId) };
  }
  if (skipped === "waiting") return { entityId, status: "waiting", chunks: 0, embeddedChunks: 0 };
  if (!written.has(entityId)) return { entityId, status: "stale", chunks: 0, embeddedChunks: 0 };
  if (skipped === "ignored") return { entityId, status: "ignored", chunks: 0, embeddedChunks: 0 };
  const status = row === undefined ? "removed" : isEmptyPlan(plan) ? "unchanged" : "embedded";
  return {
    entityId,
    status,
    chunks: wanted.length,
    embeddedChunks: new Set(plan.unembedded.map(({ chunkId }) => chunkId)).size,
  };
}
