import { rowsOf } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { liveCondition } from "../queries/near-passages.ts";
import type { Source } from "../sources/define-source.ts";
import { type Check, ok, warning } from "./check.ts";

const most = 1_000;

/** Passages whose row is gone, deleted, or another owner's by now, counted up to a limit. */
export const orphansQuery = (sources: readonly Source[], limit: number): SQL => sql`
  select count(*)::integer as orphans
  from (
    select from (select id as chunk_id, source from devora.chunks) as listed
    where listed.source = any(${sql.param(sources.map(({ name }) => name))}::text[])
      and (${liveCondition({ sources }, sql`listed`)}) is null
    limit ${limit}::integer
  ) as orphans`;

export const orphans: Check = {
  name: "orphans",
  async examine({ tx, context }) {
    const [row] = await rowsOf(tx, orphansQuery([...context.sources.values()], most));
    const orphans = Number(row?.orphans);
    const figures = { orphans, countedUpTo: most };
    return orphans === 0
      ? ok("Every passage has its row.", figures)
      : warning(
          `${orphans === most ? `${most} or more` : orphans} passages are of rows that are gone: no search answers them, each looks past them.`,
          "Call sweep, at night if you have no triggers.",
          figures,
        );
  },
};
