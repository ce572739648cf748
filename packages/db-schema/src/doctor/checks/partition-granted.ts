import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { grantees, relations } from "../relations.ts";

export const partitionGranted: Check = {
  name: "partition-granted",
  query: (facts) => sql`
    with ${relations(facts)}
    select name, relrowsecurity as secured,
           ${grantees} as grantees
    from relations where relispartition and relkind in ('r', 'p') and granted`,
  finding: ({ name, secured, grantees }) => ({
    severity: secured === true ? "warning" : "error",
    object: String(name),
    message: `The partition is granted to ${grantees}. The policies of its parent do not act on queries that name it.`,
    fix: `revoke all on ${name} from ${grantees};`,
  }),
};
