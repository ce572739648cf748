import { rowsOf } from "@devora/db-schema";
import { asService, type Context } from "./context.ts";
import { type ChunkCursor, removeOrphansQuery } from "./queries/remove-orphans.ts";
import type { Source } from "./sources/define-source.ts";

/** Passages per statement: each is looked up in its table. */
const pageSize = 5_000;

/** Removes the passages of a source whose rows are gone; answers how many. */
export async function removeOrphans(
  context: Context,
  source: Source,
  { ownerId, signal }: { ownerId: string | undefined; signal: AbortSignal | undefined },
): Promise<number> {
  let removed = 0;
  let after: ChunkCursor | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const query = removeOrphansQuery(source, { ownerId, after, limit: pageSize });
    const [page] = await asService(context, "embeddings.removeOrphans", (tx) => rowsOf(tx, query));
    removed += Number(page?.removed ?? 0);
    if (Number(page?.checked ?? 0) < pageSize) return removed;
    after = { entityId: String(page?.entity_id), ordinal: Number(page?.ordinal) };
  }
}
