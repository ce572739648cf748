import { type Database, withDatabaseErrors, withReadScope, withService } from "@devora/db-schema";
import type { Context } from "./context.ts";
import { assertDimensionsKept, storedModels } from "./ensure-model.ts";
import type { Embedder } from "./ports.ts";
import { isModel, type StoredModel } from "./queries/model.ts";
import type { ReadOptions } from "./read-scopes.ts";

const searched = new WeakMap<Context, Context>();
const checked = new WeakSet<Context>();

/**
 * The context of one search, whose embedder is the one that the database calls active. With a candidate that is
 * asked at each search, so that all processes change over with the commit; a search keeps the model it began with.
 * @throws {EmbeddingsError} DIMENSION_MISMATCH before the embedder is called
 */
export async function withActiveModel(context: Context, { db }: Pick<ReadOptions, "db">): Promise<Context> {
  const { embedder, candidate } = context;
  if (candidate === undefined && checked.has(context)) return context;
  const keys = candidate === undefined ? [embedder] : [embedder, candidate];
  const read = (tx: Database) => storedModels(tx, keys);
  const stored = await withDatabaseErrors("embeddings.activeModel", () =>
    db === undefined
      ? withService(context.db, read, { role: context.role, readOnly: true })
      : withReadScope(context, { db }, read),
  );
  assertDimensionsKept(embedder, stored);
  if (stored.some((model) => isModel(model, embedder))) checked.add(context);
  return candidate !== undefined && candidateIsActive(stored, embedder, candidate)
    ? withCandidate(context, candidate)
    : context;
}

/** Where searches use neither, or both because each was once used by itself, the embedder stays. */
export const candidateIsActive = (
  stored: readonly StoredModel[],
  embedder: Embedder,
  candidate: Embedder,
): boolean => {
  const isActive = (key: Embedder) => stored.some((model) => model.state === "active" && isModel(model, key));
  return isActive(candidate) && !isActive(embedder);
};

/** One object for all searches, because what is known of a context is kept by it. */
function withCandidate(context: Context, candidate: Embedder): Context {
  const known = searched.get(context) ?? { ...context, embedder: candidate, candidate: undefined };
  searched.set(context, known);
  return known;
}
