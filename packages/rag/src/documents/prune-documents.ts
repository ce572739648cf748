import { type Database, documents, rowsOf } from "@devora/db-schema";
import { and, gt, inArray, isNull, type SQL, sql } from "drizzle-orm";
import { RagError } from "../errors.ts";
import { enqueue } from "./enqueue.ts";
import type { PruneOptions, ResolvedIngest } from "./options.ts";
import { inOwnersScope, liveOf } from "./scope.ts";

type Context = Pick<ResolvedIngest, "db" | "ownerId" | "role" | "indexer" | "signal">;

const rowsPerRead = 1_000;
const rowsPerWrite = 200;

/** The database's own clock, to the microsecond. */
export async function databaseClock(context: Context): Promise<string> {
  const [row] = await inOwnersScope(context, (tx) => rowsOf(tx, sql`select clock_timestamp()::text as now`));
  return String(row?.now);
}

/**
 * Deletes, softly, the owner's documents below the prefix that the run has not seen. A document that was made after
 * the run began stays: another run may have brought it.
 *
 * @returns how many
 * @throws {RagError} PRUNE_REFUSED when these are more than their allowed share; then nothing is deleted
 */
export async function pruneDocuments(
  context: Context,
  { prefix, maxShare }: Required<PruneOptions>,
  { seen, startedAt }: { readonly seen: ReadonlySet<string>; readonly startedAt: string },
): Promise<number> {
  const { live, missing } = await missingDocuments(context, prefix, { seen, startedAt });
  if (missing.length > live * maxShare)
    throw new RagError(
      "PRUNE_REFUSED",
      `ingestDocuments: the source gave none of ${missing.length} of the ${live} documents whose uri begins with ${JSON.stringify(prefix)}, more than prune.maxShare (${maxShare}) allows; nothing was deleted. Check that the source is whole and the prefix right; if they are to go, raise prune.maxShare for this run.`,
      { details: { documents: { live, missing: missing.length } } },
    );
  for (let start = 0; start < missing.length; start += rowsPerWrite) {
    context.signal.throwIfAborted();
    await deleteDocuments(context, missing.slice(start, start + rowsPerWrite));
  }
  return missing.length;
}

async function missingDocuments(
  context: Context,
  prefix: string,
  { seen, startedAt }: { readonly seen: ReadonlySet<string>; readonly startedAt: string },
): Promise<{ live: number; missing: string[] }> {
  const missing: string[] = [];
  let live = 0;
  let after: SQL | undefined;
  for (;;) {
    context.signal.throwIfAborted();
    const rows = await inOwnersScope(context, (tx) =>
      page(tx, { ownerId: context.ownerId, prefix, startedAt, after }),
    );
    live += rows.length;
    missing.push(...rows.filter((row) => row.isOlder && !seen.has(row.uri)).map(({ id }) => id));
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsPerRead) return { live, missing };
    after = gt(documents.uri, last.uri);
  }
}

function page(
  tx: Database,
  {
    ownerId,
    prefix,
    startedAt,
    after,
  }: { ownerId: string | null; prefix: string; startedAt: string; after: SQL | undefined },
) {
  return tx
    .select({
      id: documents.id,
      uri: documents.uri,
      isOlder: sql<boolean>`${documents.createdAt} < ${startedAt}::timestamptz`,
    })
    .from(documents)
    .where(and(liveOf(ownerId), sql`starts_with(${documents.uri}, ${prefix}::text)`, after))
    .orderBy(documents.uri)
    .limit(rowsPerRead);
}

function deleteDocuments(context: Context, ids: readonly string[]): Promise<void> {
  return inOwnersScope(context, async (tx) => {
    const deleted = await tx
      .update(documents)
      .set({ deletedAt: sql`now()` })
      .where(and(inArray(documents.id, [...ids]), isNull(documents.deletedAt)))
      .returning({ id: documents.id });
    await enqueue(
      tx,
      context,
      deleted.map(({ id }) => id),
    );
  });
}
