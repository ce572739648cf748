import { type Row, rowsOf } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { exactRows } from "../choose-scan.ts";
import { indexName } from "../queries/model-index.ts";
import { type Check, type Diagnosis, ok, warning } from "./check.ts";
import { noModel, searchedModel } from "./searched-model.ts";

/** Every search counts the vectors of its scope by another index of the table. */
const enoughScans = 100;

/** Scans of a valid index, and of the table's other ones, since the statistics begin; nothing where there is none. */
export const indexUsageQuery = (name: string): SQL => sql`
  select used.idx_scan::float8 as scans,
    (select sum(others.idx_scan) from pg_catalog.pg_stat_user_indexes as others
     where others.relid = used.relid and others.indexrelid <> used.indexrelid)::float8 as other_scans
  from pg_catalog.pg_stat_user_indexes as used
  join pg_catalog.pg_index as valid on valid.indexrelid = used.indexrelid and valid.indisvalid
  where used.indexrelid = to_regclass(${`devora.${name}`}::text)`;

export function diagnoseUsage(index: string, row: Row | undefined): Diagnosis {
  if (row === undefined) return ok("There is no valid index that could be used.");
  const figures = { index, scans: Number(row.scans), otherScans: Number(row.other_scans) };
  if (figures.scans > 0) return ok(`The index ${index} is used.`, figures);
  if (figures.otherScans < enoughScans) {
    return ok(`The statistics are too young to tell whether the index ${index} is used.`, figures);
  }
  return warning(
    `The index ${index} was never used, though the table is searched: it costs writes and memory.`,
    `Look at the check plan. Where that is ok, no search had more than ${exactRows} vectors in its scope, which are compared one by one.`,
    figures,
  );
}

export const indexUsage: Check = {
  name: "index-usage",
  async examine({ tx, context }) {
    const model = await searchedModel(tx, context);
    if (model === undefined) return noModel;
    const name = indexName(model.id, context.index);
    return diagnoseUsage(name, (await rowsOf(tx, indexUsageQuery(name)))[0]);
  },
};
