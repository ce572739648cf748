import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { relations } from "../relations.ts";

export const materializedViewGranted: Check = {
  name: "materialized-view-granted",
  query: (facts) => sql`
    with ${relations(facts)}
    select name from relations where relkind = 'm' and granted`,
  finding: ({ name }) => ({
    severity: "warning",
    object: String(name),
    message: "No policy acts on a materialized view: whoever it is granted to sees all its rows.",
    fix: `revoke all on ${name} from public, devora_app; and offer its rows by a function that filters by owner.`,
  }),
};
