import type { Passage } from "../ports.ts";

/** A ranked passage; one that was joined of several names them all. */
export interface RankedItem {
  readonly passage: Pick<Passage, "source" | "entityId">;
  readonly passageIds: readonly string[];
}

/**
 * A ranking of passages as a ranking of what was judged: each passage under the id by which the judgements name it
 * (its own `id`, else `source/entityId`, else `entityId`), otherwise under its row; each once, at its best rank.
 */
export function judgedRanking(items: readonly RankedItem[], judged: ReadonlyMap<string, number>): string[] {
  const ids = new Set<string>();
  for (const item of items) for (const id of judgedIds(item, judged)) ids.add(id);
  return [...ids];
}

/** The ids by which judgements name a passage; the id of its row where they do not. */
export function judgedIds(
  { passage, passageIds }: RankedItem,
  judged: ReadonlyMap<string, number>,
): readonly string[] {
  const byPassage = passageIds.filter((id) => judged.has(id));
  if (byPassage.length > 0) return byPassage;
  const row = rowId(passage);
  return [!judged.has(row) && judged.has(passage.entityId) ? passage.entityId : row];
}

/** `source/entityId`: how judgements name a row. */
export const rowId = ({ source, entityId }: RankedItem["passage"]): string => `${source}/${entityId}`;
