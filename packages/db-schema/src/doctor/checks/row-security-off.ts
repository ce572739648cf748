import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { relations } from "../relations.ts";

export const rowSecurityOff: Check = {
  name: "row-security-off",
  // The ledger of migrations holds no user's rows and is granted to nobody.
  query: (facts) => sql`
    with ${relations(facts)}
    select name, granted,
           nspname = 'devora'
             or exists (select from pg_catalog.pg_policy p where p.polrelid = relations.oid)
             or exists (
               select from pg_catalog.pg_attribute a
               where a.attrelid = relations.oid and a.attname in ('user_id', 'owner_id') and not a.attisdropped
             ) as owned
    from relations
    where relkind in ('r', 'p') and not relrowsecurity and name <> 'devora.migrations'`,
  finding: ({ name, owned, granted }) => ({
    severity: owned === true ? "error" : granted === true ? "warning" : "info",
    object: String(name),
    message:
      owned === true
        ? "Row level security is off on a table of owned rows: every login with a grant sees all of them."
        : "Row level security is off: every login with a grant sees all rows.",
    fix: `alter table ${name} enable row level security; alter table ${name} force row level security; and a policy: create policy … on ${name} using (user_id = (select nullif(current_setting('app.user_id', true), '')::uuid)), or using (true) where everybody may read.`,
  }),
};
