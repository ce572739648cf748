import { type Database, documents } from "@devora/db-schema";
import { and, inArray, isNull, sql } from "drizzle-orm";
import { enqueue } from "./enqueue.ts";
import type { ResolvedIngest } from "./options.ts";
import type { PreparedDocument } from "./prepare-document.ts";
import { inOwnersScope, liveOf } from "./scope.ts";

type Context = Pick<ResolvedIngest, "db" | "ownerId" | "role" | "indexer">;

/** What became of the documents of a batch. */
export interface StoredBatch {
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
}

/**
 * Writes the documents that are new or differ from their rows, in one transaction with their jobs. Those that do not
 * differ cost their share of one read.
 *
 * @param batch documents of different uris
 */
export async function storeBatch(context: Context, batch: readonly PreparedDocument[]): Promise<StoredBatch> {
  if (batch.length === 0) return { added: 0, updated: 0, unchanged: 0 };
  return inOwnersScope(context, async (tx) => {
    const known = await knownHashes(tx, context.ownerId, batch);
    const changed = batch.filter((document) => known.get(document.uri) !== identityOf(document));
    const rows = await upsert(tx, context.ownerId, changed);
    await enqueue(
      tx,
      context,
      rows.map(({ id }) => id),
    );
    const added = rows.filter((row) => row.added).length;
    // A row that another run wrote meanwhile as we would have is not among `rows`.
    return { added, updated: rows.length - added, unchanged: batch.length - rows.length };
  });
}

/** All that a row holds of its document; while it stays the same, the row does. */
const identityOf = (
  document: Pick<PreparedDocument, "contentHash" | "title" | "language" | "mimeType">,
): string => JSON.stringify([document.contentHash, document.title, document.language, document.mimeType]);

async function knownHashes(
  tx: Database,
  ownerId: string | null,
  batch: readonly PreparedDocument[],
): Promise<Map<string, string>> {
  const uris = batch.map(({ uri }) => uri);
  const { uri, contentHash, title, language, mimeType } = documents;
  const rows = await tx
    .select({ uri, contentHash, title, language, mimeType })
    .from(documents)
    .where(and(liveOf(ownerId), inArray(uri, uris)));
  return new Map(rows.map((row) => [row.uri, identityOf(row)]));
}

async function upsert(
  tx: Database,
  ownerId: string | null,
  changed: readonly PreparedDocument[],
): Promise<{ id: string; added: boolean }[]> {
  if (changed.length === 0) return [];
  // In one order, so that two runs at once wait for each other instead of in a circle.
  const ordered = changed.toSorted((a, b) => (a.uri < b.uri ? -1 : 1));
  return tx
    .insert(documents)
    .values(ordered.map((document) => ({ ...document, ownerId })))
    .onConflictDoUpdate({
      target: [documents.ownerId, documents.uri],
      targetWhere: isNull(documents.deletedAt),
      set: {
        title: sql`excluded.title`,
        mimeType: sql`excluded.mime_type`,
        language: sql`excluded.language`,
        content: sql`excluded.content`,
        contentHash: sql`excluded.content_hash`,
        updatedAt: sql`excluded.updated_at`,
      },
      setWhere: sql`(${documents.contentHash}, ${documents.title}, ${documents.language}, ${documents.mimeType})
        is distinct from (excluded.content_hash, excluded.title, excluded.language, excluded.mime_type)`,
    })
    .returning({ id: documents.id, added: sql<boolean>`xmax = 0` });
}
