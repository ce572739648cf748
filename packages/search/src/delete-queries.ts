import { type Database, rowsOf, withDatabaseErrors } from "@devora/db-schema";
import { asService } from "./as-service.ts";
import type { SearchContext } from "./context.ts";
import { requiredDate } from "./options.ts";
import { decodeDeleted, deleteQueriesQuery } from "./queries/delete-queries.ts";
import type { Source } from "./source.ts";

export interface DeleteQueriesOptions {
  /** Your own transaction, of a role that may delete from `devora.search_queries`. Default: the service's, one a batch. */
  db?: Database | undefined;
  /** Stops between batches; what was deleted stays deleted, unless `db` rolls back. */
  signal?: AbortSignal | undefined;
}

export interface DeleteQueriesAnswer {
  deleted: number;
}

const batchSize = 1_000;

/** Deletes logged queries made before a time, in batches, so that none holds its rows for long. */
export async function deleteQueriesBefore(
  context: Pick<SearchContext<Source>, "db" | "serviceRole">,
  before: Date,
  { db: own, signal }: DeleteQueriesOptions = {},
): Promise<DeleteQueriesAnswer> {
  const verb = "deleteQueriesBefore";
  const query = deleteQueriesQuery(requiredDate(verb, "date", before), batchSize);
  return withDatabaseErrors(`search.${verb}`, async () => {
    for (let deleted = 0; ; ) {
      signal?.throwIfAborted();
      const batch = await asService(context, own, async (db) => decodeDeleted(await rowsOf(db, query)));
      if (batch === 0) return { deleted };
      deleted += batch;
    }
  });
}
