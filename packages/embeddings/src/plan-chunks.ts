import { newId } from "@devora/db-schema";
import type { WantedChunk } from "./passage.ts";
import type { SourceRow } from "./queries/source-rows.ts";
import type { StoredChunk } from "./queries/stored-chunks.ts";
import type { ChunkPlace, NewChunk } from "./queries/write-chunks.ts";

/** What has to happen to the stored passages of one row. */
export interface ChunkPlan {
  removed: string[];
  /** Kept passages that stand elsewhere now; before they are placed they have to leave their ordinals. */
  moved: string[];
  /** Kept passages of which something but the text has changed. */
  placed: ChunkPlace[];
  added: NewChunk[];
  /** Passages, kept or added, that have no vector of a model yet; one for each passage and model. */
  unembedded: { chunkId: string; modelId: number; ownerId: string | null; hash: string; input: string }[];
}

export const emptyPlan = (): ChunkPlan => ({ removed: [], moved: [], placed: [], added: [], unembedded: [] });

/**
 * Compares what is stored of a row with what should be. A passage is kept, with its id and its vectors, when its
 * text is still there, even elsewhere in the row; an id never changes its text.
 * @param row undefined for a row that is gone: all its passages are removed
 */
export function planChunks(
  source: string,
  row: SourceRow | undefined,
  wanted: readonly WantedChunk[],
  stored: readonly StoredChunk[],
  modelIds: readonly number[],
): ChunkPlan {
  const plan = emptyPlan();
  const current = row === undefined ? [] : wanted;
  const { kept, unused } = matchByHash(current, stored);
  plan.removed = unused.map((chunk) => chunk.id);
  if (row === undefined) return plan;
  for (const chunk of current) {
    const old = kept.get(chunk);
    const place = placeOf(row, chunk, old?.id ?? newId());
    if (old === undefined) {
      const { title, text, hash, tokens } = chunk;
      plan.added.push({ ...place, source, entityId: row.entityId, title, text, hash, tokens });
    } else if (!isAt(old, place)) {
      plan.placed.push(place);
      if (old.ordinal !== place.ordinal) plan.moved.push(old.id);
    }
    const { hash, input } = chunk;
    for (const modelId of modelIds) {
      if (old?.models.includes(modelId)) continue;
      plan.unembedded.push({ chunkId: place.id, modelId, ownerId: row.ownerId, hash, input });
    }
  }
  return plan;
}

/** Pairs equal texts: those at the same ordinal first, then the others in order. */
function matchByHash(wanted: readonly WantedChunk[], stored: readonly StoredChunk[]) {
  const kept = new Map<WantedChunk, StoredChunk>();
  const atOrdinal = new Map(stored.map((chunk) => [chunk.ordinal, chunk]));
  for (const chunk of wanted) {
    const same = atOrdinal.get(chunk.ordinal);
    if (same?.hash === chunk.hash) kept.set(chunk, same);
  }
  const inPlace = new Set(kept.values());
  const elsewhere = new Map<string, StoredChunk[]>();
  for (const chunk of stored.toReversed()) {
    if (inPlace.has(chunk)) continue;
    const same = elsewhere.get(chunk.hash);
    if (same === undefined) elsewhere.set(chunk.hash, [chunk]);
    else same.push(chunk);
  }
  for (const chunk of wanted) {
    const moved = kept.has(chunk) ? undefined : elsewhere.get(chunk.hash)?.pop();
    if (moved !== undefined) kept.set(chunk, moved);
  }
  return { kept, unused: [...elsewhere.values()].flat() };
}

export const isEmptyPlan = ({ removed, placed, added, unembedded }: ChunkPlan): boolean =>
  removed.length + placed.length + added.length + unembedded.length === 0;

const placeOf = (row: SourceRow, { ordinal, start, end }: WantedChunk, id: string): ChunkPlace => ({
  id,
  ordinal,
  start,
  end,
  ownerId: row.ownerId,
  language: row.language,
  updatedAt: row.updatedAt,
});

const isAt = (stored: StoredChunk, place: ChunkPlace): boolean =>
  stored.ordinal === place.ordinal &&
  stored.start === place.start &&
  stored.end === place.end &&
  stored.ownerId === place.ownerId &&
  stored.language === place.language &&
  (place.updatedAt === null || stored.updatedAt === place.updatedAt);
