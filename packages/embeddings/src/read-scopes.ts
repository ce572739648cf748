import { type Database, withReadScope, withTransaction } from "@devora/db-schema";
import { is } from "drizzle-orm";
import { PgTransaction } from "drizzle-orm/pg-core";
import { type Context, sourceNamed } from "./context.ts";
import { EmbeddingsError, shapeOf } from "./errors.ts";
import type { Scope } from "./queries/scope.ts";
import { type FilterOptions, filterSources } from "./row-filters.ts";
import type { Source } from "./sources/define-source.ts";
import type { AnyFilters } from "./sources/filters-of.ts";
import { assertInteger } from "./validate.ts";

/** Whose rows a search sees. */
export interface ReadOptions {
  /** The owner whose rows are searched; rows of sources without an owner are found as well. */
  ownerId?: string | undefined;
  /** Searches the rows of all owners, as the service; never for a user's request. */
  allOwners?: boolean | undefined;
  /** The caller's own transaction or database, used as it is, with the scope that it has. */
  db?: Database | undefined;
  /** Checked between the statements, and passed to the embedder. */
  signal?: AbortSignal | undefined;
}

/** What a search may be told beside its question. */
export interface SearchOptions<TFilters = AnyFilters> extends ReadOptions, FilterOptions<TFilters> {
  /**
   * `hnsw.ef_search`, how widely the index is searched, 1 to 1000: more finds more of the exact answer, and takes
   * longer. Default 100.
   */
  ef?: number | undefined;
}

/** What a search looks at: of the sources named those that have its filters, by owner. */
export function searchScopesOf(
  context: Context,
  names: readonly string[] | undefined,
  options: SearchOptions,
): Scope[] {
  if (options.ef !== undefined) assertInteger("ef", options.ef, { min: 1, max: 1_000 }, "INVALID_INPUT");
  const { sources, conditions } = filterSources(context, sourcesNamed(context, names), options);
  return scopesOf(sources, options).map((scope) => ({ ...scope, conditions }));
}

/** Sources by name; all where no names are given. */
export const sourcesNamed = (context: Context, names: readonly string[] | undefined): Source[] =>
  names === undefined
    ? [...context.sources.values()]
    : [...new Set(names)].map((name) => sourceNamed(context, name));

/**
 * What a call searches: the owner's rows, and beside them the rows that nobody owns; or all.
 * @throws {EmbeddingsError} OWNER_REQUIRED, INVALID_INPUT
 */
export function scopesOf(sources: readonly Source[], { ownerId, allOwners }: ReadOptions): Scope[] {
  if (ownerId !== undefined && (typeof ownerId !== "string" || ownerId === "" || allOwners)) {
    throw new EmbeddingsError(
      "INVALID_INPUT",
      `ownerId must be a non-empty string, and not come with allOwners; received ${shapeOf(ownerId)}.`,
    );
  }
  if (sources.length === 0) return [];
  if (allOwners) return [{ sources, owner: "all" }];
  const owned = sources.filter((source) => source.owner !== undefined);
  const open = sources.filter((source) => source.owner === undefined);
  const scopes: Scope[] = [];
  if (owned.length > 0) {
    if (ownerId === undefined) {
      throw new EmbeddingsError(
        "OWNER_REQUIRED",
        `Rows of ${owned.map((source) => `"${source.name}"`).join(", ")} belong to owners. Pass ownerId, or allOwners: true to search everybody's.`,
      );
    }
    scopes.push({ sources: owned, owner: { id: ownerId } });
  }
  if (open.length > 0) scopes.push({ sources: open, owner: "none" });
  return scopes;
}

/** Runs `fn` in a transaction that sees the scope's rows. */
export function inScope<T>(
  context: Context,
  { owner }: Scope,
  call: ReadOptions,
  fn: (tx: Database) => Promise<T>,
): Promise<T> {
  // What nobody owns is hidden from every user by the policies of the passages, so the service reads it.
  const principal = typeof owner === "object" ? { ownerId: owner.id } : { allOwners: true };
  return withReadScope(context, { db: call.db, ...principal }, (db) =>
    is(db, PgTransaction) ? fn(db) : withTransaction(db, fn),
  );
}
