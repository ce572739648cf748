import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { relations } from "../relations.ts";

export const neverAnalyzed: Check = {
  name: "never-analyzed",
  // reltuples is -1 until the first vacuum, analyze or index build.
  query: (facts) => sql`
    with ${relations(facts)}
    select name, pg_size_pretty(pg_relation_size(oid)) as size from relations
    where relkind in ('r', 'm') and reltuples < 0 and pg_relation_size(oid) >= 1024 * 1024`,
  finding: ({ name, size }) => ({
    severity: "warning",
    object: String(name),
    message: `The table holds ${size} and was never analyzed: the planner guesses.`,
    fix: `analyze ${name};`,
  }),
};
