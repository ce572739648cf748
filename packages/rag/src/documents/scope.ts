import { type Database, documents, withDatabaseErrors, withService, withUser } from "@devora/db-schema";
import { and, eq, isNull, type SQL } from "drizzle-orm";
import type { ResolvedIngest } from "./options.ts";

/** Runs `fn` in a transaction that sees the owner's documents, or as the service. */
export function inOwnersScope<T>(
  { db, ownerId, role }: Pick<ResolvedIngest, "db" | "ownerId" | "role">,
  fn: (tx: Database) => Promise<T>,
): Promise<T> {
  const options = role === undefined ? {} : { role };
  return withDatabaseErrors("ingestDocuments", () =>
    ownerId === null ? withService(db, fn, options) : withUser(db, ownerId, fn, options),
  );
}

/** The live documents of one owner: said in the query as well, policies or not. */
export const liveOf = (ownerId: string | null): SQL | undefined =>
  and(
    ownerId === null ? isNull(documents.ownerId) : eq(documents.ownerId, ownerId),
    isNull(documents.deletedAt),
  );
