import { buildsConcurrently, mostMemory, readBuildMemory } from "../build-index.ts";
import { type Check, type Diagnosis, ok, warning } from "./check.ts";
import { indexStateOf, noModel, searchedModel } from "./searched-model.ts";

const megabytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);

/** Whether the graph of all stored vectors fits the memory that one build may take. */
export function diagnoseMemory(neededBytes: number, allowedBytes: number): Diagnosis {
  const figures = { neededBytes, allowedBytes };
  const both = `the graph needs ${megabytes(neededBytes)} MB, and may take ${megabytes(allowedBytes)} MB`;
  return neededBytes <= allowedBytes
    ? ok(`The next build of the index fits its memory: ${both}.`, figures)
    : warning(
        `The next build of the index outgrows its memory and is several times slower: ${both}.`,
        `set maintenance_work_mem = '${Math.ceil(megabytes(neededBytes) * 1.2)}MB' for the login that builds, as far as the server has it; or use index "bit".`,
        figures,
      );
}

export const buildMemory: Check = {
  name: "build-memory",
  async examine({ tx, context }) {
    const model = await searchedModel(tx, context);
    if (model === undefined) return noModel;
    const state = await indexStateOf(tx, model, context.index);
    const { allowed, needed } = await readBuildMemory(tx, model.embedder.dimensions, context.index, state.m);
    return diagnoseMemory(
      needed,
      buildsConcurrently(context, state) ? allowed : Math.max(allowed, mostMemory),
    );
  },
};
