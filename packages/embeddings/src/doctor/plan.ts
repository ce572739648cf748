import { type Row, rowsOf } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { chooseScan, exactRows } from "../choose-scan.ts";
import { indexName } from "../queries/model-index.ts";
import { type NearestParams, nearestQuery } from "../queries/nearest.ts";
import { depth, everything, searchingBy } from "../sample-search.ts";
import { withIterativeScan } from "../with-iterative-scan.ts";
import { type Check, type Diagnosis, ok, warning } from "./check.ts";
import { noModel, searchedModel } from "./searched-model.ts";

/** The plan of the statement that searches by the index; nothing is run. */
export const planQuery = (params: NearestParams): SQL => sql`explain (format json) ${nearestQuery(params)}`;

export function diagnosePlan(index: string, plan: readonly Row[]): Diagnosis {
  return JSON.stringify(plan).includes(index)
    ? ok(`A search over all owners is served by ${index}.`, { index })
    : warning(
        `The planner turns the index ${index} away for a search over all owners, and reads every vector.`,
        "analyze devora.embeddings; then look at the checks index and index-definition, and at enable_indexscan, random_page_cost and effective_cache_size of this login.",
        { index },
      );
}

export const plan: Check = {
  name: "plan",
  async examine({ tx, context, signal }) {
    const model = await searchedModel(tx, context);
    if (model === undefined) return noModel;
    const scope = everything(context);
    const chosen = await chooseScan(tx, searchingBy(context, model), scope, { signal });
    if (chosen?.scan !== "halfvec" && chosen?.scan !== "bit") {
      return ok(`Searches compare all: there is no valid index, or there are at most ${exactRows} vectors.`);
    }
    const params = {
      ...scope,
      ...chosen,
      vector: Array.from({ length: chosen.dimensions }, () => 1), // Costs do not depend on it.
      candidates: depth,
      perEntity: false,
      limit: depth,
    };
    const rows = await withIterativeScan(tx, { borrowed: true }, () => rowsOf(tx, planQuery(params)));
    return diagnosePlan(indexName(model.id, chosen.scan), rows);
  },
};
