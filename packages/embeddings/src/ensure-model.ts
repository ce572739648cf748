import { type Database, rowsOf } from "@devora/db-schema";
import { asService, type Context } from "./context.ts";
import { EmbeddingsError } from "./errors.ts";
import type { Embedder } from "./ports.ts";
import {
  decodeStoredModel,
  isModel,
  type ModelKey,
  type ModelState,
  registerModelQuery,
  type StoredModel,
  storedModelsQuery,
  versionOf,
} from "./queries/model.ts";

/** A stored model, by its number, with what makes its vectors. */
export interface Model {
  id: number;
  embedder: Embedder;
}

const known = new WeakMap<Context, Promise<Model[]>>();

/**
 * The models that writes make vectors of: the embedder's, then the candidate's. Registered when new, the candidate
 * as `building`.
 * @throws {EmbeddingsError} DIMENSION_MISMATCH
 */
export function ensureModels(context: Context): Promise<Model[]> {
  const before = known.get(context);
  if (before !== undefined) return before;
  const found = asService(context, "embeddings.ensureModel", (tx) => findOrRegister(tx, context));
  known.set(context, found);
  found.catch(() => known.delete(context));
  return found;
}

async function findOrRegister(tx: Database, { embedder, candidate }: Context): Promise<Model[]> {
  const models = [await idOf(tx, embedder, "active")];
  if (candidate !== undefined) models.push(await idOf(tx, candidate, "building"));
  return models;
}

async function idOf(tx: Database, embedder: Embedder, state: ModelState): Promise<Model> {
  const find = async () => {
    const stored = await storedModels(tx, [embedder]);
    if (state === "active") assertDimensionsKept(embedder, stored);
    return stored.find((model) => isModel(model, embedder));
  };
  const existing = await find();
  if (existing !== undefined) return { id: existing.id, embedder };
  await tx.execute(registerModelQuery(embedder, state));
  return { id: (await find())?.id ?? 0, embedder };
}

export const storedModels = async (tx: Database, keys: readonly ModelKey[]): Promise<StoredModel[]> =>
  (await rowsOf(tx, storedModelsQuery(keys.map(({ model }) => model)))).map(decodeStoredModel);

/**
 * Vectors of other lengths under the same name are most likely a mistake in a setting: searches would find nothing,
 * and all rows be paid for once more.
 * @throws {EmbeddingsError} DIMENSION_MISMATCH
 */
export function assertDimensionsKept(key: ModelKey, stored: readonly StoredModel[]): void {
  const dimensions = otherDimensions(key, stored);
  if (dimensions === undefined) return;
  throw new EmbeddingsError(
    "DIMENSION_MISMATCH",
    `The model "${key.model}" is stored with ${dimensions} dimensions, and the embedder makes ${key.dimensions}. Set its dimensions to ${dimensions}; or keep the old embedder and pass this one as candidate, then call migrateModel.`,
  );
}

/** The dimensions of the active model of this name and version, where this one is not stored itself. */
export function otherDimensions(key: ModelKey, stored: readonly StoredModel[]): number | undefined {
  if (stored.some((model) => isModel(model, key))) return undefined;
  return stored.find(
    ({ name, version, state }) => name === key.model && version === versionOf(key) && state === "active",
  )?.dimensions;
}
