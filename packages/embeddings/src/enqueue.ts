import { type Database, rowsOf, withDatabaseErrors, withService, withUser } from "@devora/db-schema";
import { type Context, entityIdOf, sourceNamed } from "./context.ts";
import { EmbeddingsError } from "./errors.ts";
import { enqueueQuery } from "./queries/jobs.ts";

export interface EnqueueRequest<TName extends string = string> {
  source: TName;
  ids: readonly (string | number | bigint)[];
  /** Whose rows they are. Default: the user of the transaction's scope; the service may leave it out. */
  ownerId?: string | undefined;
}

export interface EnqueueOptions {
  /** The transaction that changes the rows: the jobs are there exactly when it commits. */
  db?: Database | undefined;
  signal?: AbortSignal | undefined;
}

/** Queues rows for the worker. */
export async function enqueue(
  context: Context,
  { source: sourceName, ids, ownerId }: EnqueueRequest,
  { db, signal }: EnqueueOptions = {},
): Promise<{ queued: number }> {
  const source = sourceNamed(context, sourceName);
  const entityIds = [...new Set(ids.map((id) => entityIdOf(source, id)))];
  signal?.throwIfAborted();
  if (entityIds.length === 0) return { queued: 0 };
  const write = async (tx: Database) => {
    const [row] = await rowsOf(tx, enqueueQuery(source.name, entityIds, ownerId));
    return Number(row?.queued ?? 0);
  };
  const queued = await withDatabaseErrors("embeddings.enqueue", () => {
    if (db !== undefined) return write(db);
    return ownerId === undefined
      ? withService(context.db, write, { role: context.serviceRole })
      : withUser(context.db, ownerId, write, { role: context.role });
  });
  if (queued === entityIds.length) return { queued };
  throw new EmbeddingsError(
    "OWNER_MISMATCH",
    `enqueue: ${queued} of ${entityIds.length} rows were queued, because the transaction's scope is another user's than ownerId says. Leave ownerId out inside withUser.`,
  );
}
