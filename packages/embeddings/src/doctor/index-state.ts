import { indexFromRows } from "../build-index.ts";
import { type IndexKind, type IndexState, indexName } from "../queries/model-index.ts";
import { type Check, type Diagnosis, ok, warning } from "./check.ts";
import { indexStateOf, noModel, searchedModel } from "./searched-model.ts";

const otherKind = { halfvec: "bit", bit: "halfvec" } as const;

export const indexState: Check = {
  name: "index",
  async examine({ tx, context }) {
    const model = await searchedModel(tx, context);
    if (model === undefined) return noModel;
    const kind = context.index;
    const other = await indexStateOf(tx, model, otherKind[kind]);
    return diagnoseIndex({ modelId: model.id, kind }, await indexStateOf(tx, model, kind), other.valid);
  },
};

/** Whether searches have the index that the options ask for, where they need one. */
export function diagnoseIndex(
  { modelId, kind }: { modelId: number; kind: IndexKind },
  { present, valid, building, vectors, m, efConstruction }: IndexState,
  otherIsValid: boolean,
): Diagnosis {
  const index = indexName(modelId, kind);
  const figures = { index, valid, vectorsAtLeast: vectors };
  if (valid) return ok(`The index ${index} is valid.`, { ...figures, m, efConstruction });
  if (present) {
    return building
      ? ok(`The index ${index} is being built.`, figures)
      : warning(
          `The index ${index} is invalid: its build was cut off, it costs writes and serves no search.`,
          "Call buildIndex, which removes it and builds it anew.",
          figures,
        );
  }
  if (otherIsValid) {
    return warning(
      `There is no index ${index}; searches use the one of kind ${otherKind[kind]} instead.`,
      `Call buildIndex({ kind: "${kind}" }), or set the option index to "${otherKind[kind]}".`,
      figures,
    );
  }
  return vectors < indexFromRows
    ? ok(`Under ${indexFromRows} vectors need no index: searches compare all.`, figures)
    : warning(
        `There is no index ${index} for ${indexFromRows} vectors or more: every search compares all in its scope.`,
        "Call buildIndex; or embedAll or a worker, which build it by themselves.",
        figures,
      );
}
