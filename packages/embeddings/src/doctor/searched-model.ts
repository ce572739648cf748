import { type Database, rowsOf } from "@devora/db-schema";
import { candidateIsActive } from "../active-model.ts";
import { indexFromRows } from "../build-index.ts";
import type { Context } from "../context.ts";
import { type Model, storedModels } from "../ensure-model.ts";
import { isModel } from "../queries/model.ts";
import {
  decodeIndexState,
  type IndexKind,
  type IndexState,
  indexStateQuery,
} from "../queries/model-index.ts";
import { type Diagnosis, ok } from "./check.ts";

/** The model that searches use, of the embedder and the candidate; undefined while it is not stored. */
export async function searchedModel(
  tx: Database,
  { embedder, candidate }: Context,
): Promise<Model | undefined> {
  const stored = await storedModels(tx, candidate === undefined ? [embedder] : [embedder, candidate]);
  const searched =
    candidate !== undefined && candidateIsActive(stored, embedder, candidate) ? candidate : embedder;
  const id = stored.find((model) => isModel(model, searched))?.id;
  return id === undefined ? undefined : { id, embedder: searched };
}

export const indexStateOf = async (tx: Database, { id }: Model, kind: IndexKind): Promise<IndexState> =>
  decodeIndexState((await rowsOf(tx, indexStateQuery(id, kind, indexFromRows)))[0]);

/** The answer of checks that need a model; the check `model` says what to do. */
export const noModel: Diagnosis = ok("No vectors of the embedder's model are stored.");
