import { type Database, rowsOf } from "@devora/db-schema";
import { embedAllButRefused } from "./call-embedder.ts";
import { asService, type Context } from "./context.ts";
import { ensureModel } from "./ensure-model.ts";
import { type WantedChunk, wantedChunks } from "./passage.ts";
import { type ChunkPlan, isEmptyPlan, planChunks } from "./plan-chunks.ts";
import { decodeSourceRow, rowHashesQuery, type SourceRow, sourceRowsQuery } from "./queries/source-rows.ts";
import { decodeStoredChunk, type StoredChunk, storedChunksQuery } from "./queries/stored-chunks.ts";
import { lockEntitiesQuery } from "./queries/write-chunks.ts";
import type { Source } from "./sources/define-source.ts";
import { writePlans } from "./write-plans.ts";

/**
 * - `embedded`: the stored passages were brought up to date
 * - `unchanged`: they were already
 * - `removed`: the row is gone, deleted or out of the source's `where`; it has no passages (any more)
 * - `stale`: nothing was written, because the row changed, or its job was taken, while the embedder worked
 * - `failed`: the embedder refuses its text; see `error`
 */
export type EntityStatus = "embedded" | "unchanged" | "removed" | "stale" | "failed";

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
  /** Answers which of the rows may still be written, and holds them until the commit. */
  hold(tx: Database, entityIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Runs after the writes for the rows that are up to date. */
  done(tx: Database, entityIds: readonly string[]): Promise<void>;
}

interface Draft {
  entityId: string;
  row: SourceRow | undefined;
  wanted: WantedChunk[];
  plan: ChunkPlan;
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
  { signal, hooks }: { signal?: AbortSignal | undefined; hooks?: WriteHooks | undefined } = {},
): Promise<{ outcomes: EntityOutcome[]; tokens: number; modelId: number }> {
  const modelId = await ensureModel(context);
  signal?.throwIfAborted();
  const drafts = await draftAll(context, source, entityIds, modelId);
  const { vectors, refused, tokens } = await embedDrafts(context, drafts, signal);
  signal?.throwIfAborted();
  // A job is done with its row unchanged too; without jobs such a row needs no transaction.
  const pending = hooks === undefined ? drafts.filter((draft) => !isEmptyPlan(draft.plan)) : drafts;
  const upToDate = new Set(
    drafts.filter((draft) => !pending.includes(draft)).map(({ entityId }) => entityId),
  );
  if (pending.length > 0) {
    const write = { context, source, modelId, drafts: pending, vectors, refused, hooks };
    for (const entityId of await writeAll(write)) upToDate.add(entityId);
  }
  return { outcomes: drafts.map((draft) => outcomeOf(draft, upToDate, refused)), tokens, modelId };
}

async function draftAll(
  context: Context,
  source: Source,
  entityIds: readonly string[],
  modelId: number,
): Promise<Draft[]> {
  const { rows, stored } = await asService(context, "embeddings.embed", async (tx) => ({
    rows: (await rowsOf(tx, sourceRowsQuery(source, entityIds))).map(decodeSourceRow),
    stored: await storedByEntity(tx, source, entityIds, modelId),
  }));
  const rowById = new Map(rows.map((row) => [row.entityId, row]));
  return entityIds.map((entityId) => {
    const row = rowById.get(entityId);
    const wanted = row === undefined ? [] : wantedChunks(source.name, row, context);
    return { entityId, row, wanted, plan: planChunks(source.name, row, wanted, stored.get(entityId) ?? []) };
  });
}

async function storedByEntity(
  tx: Database,
  source: Source,
  entityIds: readonly string[],
  modelId: number,
): Promise<Map<string, StoredChunk[]>> {
  const byEntity = new Map<string, StoredChunk[]>(entityIds.map((entityId) => [entityId, []]));
  for (const row of await rowsOf(tx, storedChunksQuery(source.name, entityIds, modelId))) {
    const chunk = decodeStoredChunk(row);
    byEntity.get(chunk.entityId)?.push(chunk);
  }
  return byEntity;
}

interface Embedded {
  /** Vectors by the hash of what was embedded. */
  vectors: Map<string, number[]>;
  /** Rows whose text the embedder refuses, each with its error. */
  refused: Map<string, unknown>;
  tokens: number;
}

/** One call for all rows; a row is refused when one of its passages is. */
async function embedDrafts(
  context: Context,
  drafts: readonly Draft[],
  signal: AbortSignal | undefined,
): Promise<Embedded> {
  const inputs = new Map(
    drafts.flatMap((draft) => draft.plan.unembedded.map(({ hash, input }) => [hash, input] as const)),
  );
  const answer = await embedAllButRefused(context.embedder, [...inputs.values()], signal);
  const vectors = new Map<string, number[]>();
  const errors = new Map<string, unknown>();
  for (const [at, hash] of [...inputs.keys()].entries()) {
    const vector = answer.vectors[at];
    if (vector === undefined) errors.set(hash, answer.refused.get(at));
    else vectors.set(hash, vector);
  }
  const refused = new Map<string, unknown>();
  for (const { entityId, plan } of drafts) {
    const poison = plan.unembedded.find(({ hash }) => errors.has(hash));
    if (poison !== undefined) refused.set(entityId, errors.get(poison.hash));
  }
  return { vectors, refused, tokens: answer.usage.tokens };
}

interface Write {
  context: Context;
  source: Source;
  modelId: number;
  drafts: readonly Draft[];
  vectors: ReadonlyMap<string, number[]>;
  refused: ReadonlyMap<string, unknown>;
  hooks: WriteHooks | undefined;
}

/** Writes what is still true, in one transaction; answers which rows are up to date now. */
const writeAll = ({
  context,
  source,
  modelId,
  drafts,
  vectors,
  refused,
  hooks,
}: Write): Promise<Set<string>> =>
  asService(context, "embeddings.embed", async (tx) => {
    const entityIds = drafts.map((draft) => draft.entityId).filter((id) => !refused.has(id));
    const held = hooks === undefined ? new Set(entityIds) : await hooks.hold(tx, entityIds);
    await tx.execute(lockEntitiesQuery(source.name, entityIds));
    // Read again under the lock: only a row that still has the text that was embedded may be written.
    const hashes = new Map(
      (await rowsOf(tx, rowHashesQuery(source, entityIds))).map((row) => [String(row.entity_id), row.hash]),
    );
    const stored = await storedByEntity(tx, source, entityIds, modelId);
    const plans: ChunkPlan[] = [];
    const upToDate = new Set<string>();
    for (const { entityId, row, wanted } of drafts) {
      if (!held.has(entityId) || refused.has(entityId) || hashes.get(entityId) !== row?.hash) continue;
      const plan = planChunks(source.name, row, wanted, stored.get(entityId) ?? []);
      // Another writer may have removed a passage whose vector was to be kept.
      if (!plan.unembedded.every(({ hash }) => vectors.has(hash))) continue;
      plans.push(plan);
      upToDate.add(entityId);
    }
    await writePlans(tx, plans, { source: source.name, modelId, vectors });
    await hooks?.done(tx, [...upToDate]);
    return upToDate;
  });

function outcomeOf(
  { entityId, row, wanted, plan }: Draft,
  written: ReadonlySet<string>,
  refused: ReadonlyMap<string, unknown>,
): EntityOutcome {
  if (refused.has(entityId)) {
    return { entityId, status: "failed", chunks: 0, embeddedChunks: 0, error: refused.get(entityId) };
  }
  if (!written.has(entityId)) return { entityId, status: "stale", chunks: 0, embeddedChunks: 0 };
  const status = row === undefined ? "removed" : isEmptyPlan(plan) ? "unchanged" : "embedded";
  return { entityId, status, chunks: wanted.length, embeddedChunks: plan.unembedded.length };
}
