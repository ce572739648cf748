import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { relations } from "../relations.ts";

export const viewDefiner: Check = {
  name: "view-definer",
  query: (facts) => sql`
    with ${relations(facts)}
    select name from relations
    where relkind = 'v' and granted
      and not coalesce((select o.option_value::boolean from pg_options_to_table(reloptions) o
                        where o.option_name = 'security_invoker'), false)`,
  finding: ({ name }) => ({
    severity: "error",
    object: String(name),
    message:
      "The view reads with its owner's rights and is granted to others, so policies act for the owner, not for them.",
    fix: `alter view ${name} set (security_invoker = true);`,
  }),
};
