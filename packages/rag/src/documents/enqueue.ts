import type { Database } from "@devora/db-schema";
import type { ResolvedIngest } from "./options.ts";

/** Hands rows to the indexer, when there is one, in the transaction that wrote them. */
export async function enqueue(
  tx: Database,
  { indexer, ownerId }: Pick<ResolvedIngest, "indexer" | "ownerId">,
  ids: readonly string[],
): Promise<void> {
  if (indexer === undefined || ids.length === 0) return;
  await indexer.enqueue({ source: "documents", ids, ...(ownerId === null ? {} : { ownerId }) }, { db: tx });
}
