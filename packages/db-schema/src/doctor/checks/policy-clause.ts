import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { ownerCondition } from "../owner-policy.ts";
import { relations } from "../relations.ts";

export const policyClause: Check = {
  name: "policy-clause",
  // Without WITH CHECK, PostgreSQL uses the USING clause for writes; without USING there is nothing to use.
  query: (facts) => sql`
    with ${relations(facts)}
    select r.name, quote_ident(p.polname) as policy,
           case when p.polcmd = 'a' then 'WITH CHECK' when p.polqual is null then 'USING' else 'WITH CHECK' end as clause,
           p.polcmd <> 'a' and p.polqual is not null as implied
    from relations r join pg_catalog.pg_policy p on p.polrelid = r.oid
    where case p.polcmd
            when 'a' then p.polwithcheck is null
            when 'r' then p.polqual is null
            when 'd' then p.polqual is null
            else p.polqual is null or p.polwithcheck is null
          end`,
  finding: ({ name, policy, clause, implied }) => ({
    severity: implied === true ? "info" : "error",
    object: `${policy} on ${name}`,
    message:
      implied === true
        ? "The policy has no WITH CHECK clause; its USING clause decides on new rows too."
        : `The policy has no ${clause} clause, so it allows nothing. drizzle-kit push before version 1 makes such policies.`,
    fix: `alter policy ${policy} on ${name} ${clause === "USING" ? "using" : "with check"} (${ownerCondition});`,
  }),
};
