import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { definerFunctions } from "../functions.ts";

export const functionSearchPath: Check = {
  name: "function-search-path",
  query: (facts) => sql`
    with ${definerFunctions(facts)}
    select name, kind from definers
    where not exists (select from unnest(proconfig) as setting where setting like 'search_path=%')`,
  finding: ({ name, kind }) => ({
    severity: "error",
    object: String(name),
    message:
      "A security definer function without a pinned search_path runs what its caller puts in the way, with the owner's rights. Its body must name every schema.",
    fix: `alter ${kind} ${name} set search_path = pg_catalog, pg_temp;`,
  }),
};
