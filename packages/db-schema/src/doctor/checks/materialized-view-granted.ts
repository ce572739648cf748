import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { grantees, relations } from "../relations.ts";

export const materializedViewGranted: Check = {
  name: "materialized-view-granted",
  query: (facts) => sql`
    with ${relations(facts)}
    select name, ${grantees} as grantees from relations where relkind = 'm' and granted`,
  finding: ({ name, grantees }) => ({
    severity: "warning",
    object: String(name),
    message:
      "No policy acts on a materialized view: whoever it is granted to sees all its rows. Offer them by a function that filters by owner.",
    fix: `revoke all on ${name} from ${grantees};`,
  }),
};
