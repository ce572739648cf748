import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { ownerPolicy } from "../owner-policy.ts";
import { relations } from "../relations.ts";

export const rowSecurityOff: Check = {
  name: "row-security-off",
  // The ledger of migrations holds no user's rows and is granted to nobody.
  query: (facts) => sql`
    with ${relations(facts)}
    select name, granted, has_policy,
           nspname = 'devora' or has_policy or exists (
               select from pg_catalog.pg_attribute a
               where a.attrelid = relations.oid and a.attname in ('user_id', 'owner_id') and not a.attisdropped
             ) as owned
    from relations
    cross join lateral (select exists (select from pg_catalog.pg_policy p where p.polrelid = relations.oid)) as policies (has_policy)
    where relkind in ('r', 'p') and not relrowsecurity and name <> 'devora.migrations'`,
  finding: ({ name, owned, granted, has_policy }) => ({
    severity: owned === true ? "error" : granted === true ? "warning" : "info",
    object: String(name),
    message:
      owned === true
        ? "Row level security is off on a table of owned rows: every login with a grant sees all of them."
        : "Row level security is off: every login with a grant sees all rows.",
    fix: `alter table ${name} enable row level security; alter table ${name} force row level security;${has_policy === true ? "" : ` and ${ownerPolicy(String(name))}, or using (true) where everybody may read.`}`,
  }),
};
