import { candidateIsActive } from "../active-model.ts";
import type { Context } from "../context.ts";
import { otherDimensions, storedModels } from "../ensure-model.ts";
import { isModel, type StoredModel } from "../queries/model.ts";
import { type Check, type Diagnosis, error, ok, warning } from "./check.ts";

export const model: Check = {
  name: "model",
  async examine({ tx, context }) {
    const { embedder, candidate } = context;
    return diagnoseModel(
      context,
      await storedModels(tx, candidate === undefined ? [embedder] : [embedder, candidate]),
    );
  },
};

/** Whether the embedder's model is stored as it is now, and is the one that searches should use. */
export function diagnoseModel(
  { embedder, candidate }: Pick<Context, "embedder" | "candidate">,
  stored: readonly StoredModel[],
): Diagnosis {
  const dimensions = otherDimensions(embedder, stored);
  const own = stored.find((one) => isModel(one, embedder));
  const next = candidate && stored.find((one) => isModel(one, candidate));
  const figures = {
    model: embedder.model,
    dimensions: embedder.dimensions,
    state: own?.state ?? "not stored",
    ...(candidate === undefined
      ? {}
      : { candidate: candidate.model, candidateState: next?.state ?? "not stored" }),
  };
  if (dimensions !== undefined) {
    return error(
      `The model "${embedder.model}" is stored with ${dimensions} dimensions, and the embedder makes ${embedder.dimensions}.`,
      `Set its dimensions to ${dimensions}; or keep the old embedder, pass this one as candidate, and call migrateModel.`,
      { ...figures, storedDimensions: dimensions },
    );
  }
  if (own === undefined) {
    return warning(
      `The model "${embedder.model}" is not stored: nothing was embedded by it.`,
      "Call embedAll.",
      figures,
    );
  }
  if (candidate !== undefined && candidateIsActive(stored, embedder, candidate)) {
    return ok(
      `Searches use the candidate "${candidate.model}"; "${embedder.model}" is kept for a roll-back.`,
      figures,
    );
  }
  if (own.state !== "active") {
    return warning(
      `Searches use "${embedder.model}", which the database calls ${own.state}.`,
      own.state === "retired"
        ? "Another model has replaced it: pass that one as candidate, or as embedder once no roll-back is wanted."
        : "Keep the model that it is to replace as embedder, pass this one as candidate, and call migrateModel.",
      figures,
    );
  }
  return candidate === undefined
    ? ok(`The model "${embedder.model}" is stored and active.`, figures)
    : ok(
        `Searches use "${embedder.model}"; the candidate "${candidate.model}" is ${figures.candidateState}.`,
        figures,
      );
}
