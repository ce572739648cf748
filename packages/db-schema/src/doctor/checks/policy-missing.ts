import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { ownerPolicy } from "../owner-policy.ts";
import { relations } from "../relations.ts";

export const policyMissing: Check = {
  name: "policy-missing",
  // Partitions are read through their parent, whose policies act.
  query: (facts) => sql`
    with ${relations(facts)}
    select name from relations
    where relkind in ('r', 'p') and relrowsecurity and not relispartition
      and not exists (select from pg_catalog.pg_policy p where p.polrelid = relations.oid)`,
  finding: ({ name }) => ({
    severity: "warning",
    object: String(name),
    message: "Row level security is on without any policy: nobody sees or writes a row.",
    fix: `${ownerPolicy(String(name))};`,
  }),
};
