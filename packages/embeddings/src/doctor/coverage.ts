import { rowsOf } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { lacksVector } from "../queries/lacking-chunks.ts";
import { type Check, ok, warning } from "./check.ts";
import { noModel, searchedModel } from "./searched-model.ts";

const most = 1_000;

/** Passages without a vector of the model whose row is not queued, counted up to a limit. */
export const uncoveredQuery = (sources: readonly string[], modelId: number, limit: number): SQL => sql`
  select count(*)::integer as uncovered
  from (
    select from devora.chunks as chunk
    where ${lacksVector(sources, modelId)}
      and not exists (
        select from devora.embedding_jobs as job
        where job.source = chunk.source and job.entity_id = chunk.entity_id)
    limit ${limit}::integer
  ) as lacking`;

export const coverage: Check = {
  name: "coverage",
  async examine({ tx, context }) {
    const model = await searchedModel(tx, context);
    if (model === undefined) return noModel;
    const [row] = await rowsOf(tx, uncoveredQuery([...context.sources.keys()], model.id, most));
    const uncovered = Number(row?.uncovered);
    const figures = { uncovered, countedUpTo: most };
    return uncovered === 0
      ? ok("Every passage has a vector, or a job that makes one.", figures)
      : warning(
          `${uncovered === most ? `${most} or more` : uncovered} passages have no vector and no job, so that no search finds them.`,
          "Call embedAll, or sweep with a worker.",
          figures,
        );
  },
};
