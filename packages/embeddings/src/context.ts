import { type Database, withDatabaseErrors, withService } from "@devora/db-schema";
import type { ContextPrefix } from "./context-prefix.ts";
import { EmbeddingsError } from "./errors.ts";
import type { Embedder } from "./ports.ts";
import type { IndexKind } from "./queries/model-index.ts";
import type { Source } from "./sources/define-source.ts";

/** What all verbs of one `createEmbeddings` share. */
export interface Context {
  readonly db: Database;
  readonly embedder: Embedder;
  /** The model to come: everything written gets a vector of it as well. */
  readonly candidate?: Embedder | undefined;
  readonly sources: ReadonlyMap<string, Source>;
  readonly role: string | null;
  readonly serviceRole: string | null;
  readonly chunking: {
    readonly maxTokens: number;
    readonly overlapTokens: number;
    readonly countTokens?: (text: string) => number;
    readonly contextPrefix?: ContextPrefix | false;
  };
  readonly index: IndexKind;
  readonly oversampling: number;
}

/**
 * Database work over all owners. Errors are mapped here, and not around a whole verb, because a provider's
 * connection error would pass for the database's.
 */
export const asService = <T>(
  context: Context,
  operation: string,
  fn: (tx: Database) => Promise<T>,
): Promise<T> =>
  withDatabaseErrors(operation, () => withService(context.db, fn, { role: context.serviceRole }));

/** @throws {EmbeddingsError} UNKNOWN_SOURCE */
export function sourceNamed(context: Context, name: string): Source {
  const source = context.sources.get(name);
  if (source !== undefined) return source;
  throw new EmbeddingsError(
    "UNKNOWN_SOURCE",
    `There is no source of this name; allowed are ${[...context.sources.keys()].join(", ")}. Declare it with defineSource and pass it to createEmbeddings.`,
  );
}

/** The text form of an id, as stored. @throws {EmbeddingsError} INVALID_ID when no row of the source can have it */
export function entityIdOf(source: Source, id: string | number | bigint): string {
  const entityId = source.idType.canonical(String(id));
  if (entityId !== undefined) return entityId;
  throw new EmbeddingsError(
    "INVALID_ID",
    `An id of source "${source.name}" must be a ${source.idType.name}; received a ${typeof id} that is none.`,
  );
}
