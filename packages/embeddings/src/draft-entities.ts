import { type Database, rowsOf } from "@devora/db-schema";
import { asService, type Context } from "./context.ts";
import type { Model } from "./ensure-model.ts";
import { type WantedChunk, wantedChunks } from "./passage.ts";
import { type ChunkPlan, emptyPlan, planChunks } from "./plan-chunks.ts";
import { decodeSourceRow, type SourceRow, sourceRowsQuery } from "./queries/source-rows.ts";
import { decodeStoredChunk, type StoredChunk, storedChunksQuery } from "./queries/stored-chunks.ts";
import type { Source } from "./sources/define-source.ts";
import type { TokenBudget } from "./token-budget.ts";

/** A row as its jobs know it; without `row` it is gone. */
export interface DraftedEntity {
  entityId: string;
  row: Pick<SourceRow, "ownerId"> | undefined;
}

/** A row, the passages that it should have, and what is to be done for that. */
export interface Draft extends DraftedEntity {
  row: SourceRow | undefined;
  wanted: WantedChunk[];
  plan: ChunkPlan;
  /** Set where the row is left as it is. */
  skipped?: "ignored" | "waiting";
}

/** Reads rows and what is stored of them, and compares. */
export async function draftEntities(
  context: Context,
  source: Source,
  entityIds: readonly string[],
  models: readonly Model[],
): Promise<Draft[]> {
  const { rows, stored } = await asService(context, "embeddings.embed", async (tx) => ({
    rows: (await rowsOf(tx, sourceRowsQuery(source, entityIds))).map(decodeSourceRow),
    stored: await storedByEntity(tx, source, entityIds, models),
  }));
  const rowById = new Map(rows.map((row) => [row.entityId, row]));
  return entityIds.map((entityId) => {
    const row = rowById.get(entityId);
    const wanted = row === undefined ? [] : wantedChunks(source.name, row, context);
    const plan = planChunks(source.name, row, wanted, stored.get(entityId) ?? [], idsOf(models));
    return { entityId, row, wanted, plan };
  });
}

export const idsOf = (models: readonly Model[]): number[] => models.map(({ id }) => id);

export async function storedByEntity(
  tx: Database,
  source: Source,
  entityIds: readonly string[],
  models: readonly Model[],
): Promise<Map<string, StoredChunk[]>> {
  const byEntity = new Map<string, StoredChunk[]>(entityIds.map((entityId) => [entityId, []]));
  for (const row of await rowsOf(tx, storedChunksQuery(source.name, entityIds, idsOf(models)))) {
    const chunk = decodeStoredChunk(row);
    byEntity.get(chunk.entityId)?.push(chunk);
  }
  return byEntity;
}

export const skip = (draft: Draft, skipped: "ignored" | "waiting"): Draft => ({
  ...draft,
  plan: emptyPlan(),
  skipped,
});

/** Takes tokens for the rows in order; those that none are left for wait. */
export function afford(drafts: readonly Draft[], budget: TokenBudget): { drafts: Draft[]; reserved: number } {
  let reserved = 0;
  const marked = drafts.map((draft) => {
    const tokens = tokensOf(draft);
    if (tokens > 0 && !budget.reserve(tokens)) return skip(draft, "waiting");
    reserved += tokens;
    return draft;
  });
  return { drafts: marked, reserved };
}

/** Estimated tokens of what has to be sent, to each model. */
function tokensOf({ plan, wanted }: Draft): number {
  const tokens = new Map(wanted.map((chunk) => [chunk.hash, chunk.tokens]));
  return plan.unembedded.reduce((sum, { hash }) => sum + (tokens.get(hash) ?? 0), 0);
}
