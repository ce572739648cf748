import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { relations } from "../relations.ts";

export const rowSecurityUnforced: Check = {
  name: "row-security-unforced",
  query: (facts) => sql`
    with ${relations(facts)}
    select name, pg_get_userbyid(relowner) as owner, pg_has_role(session_user, relowner, 'usage') as owned
    from relations
    where relkind in ('r', 'p') and relrowsecurity and not relforcerowsecurity`,
  finding: ({ name, owner, owned }) => ({
    severity: owned === true ? "error" : "warning",
    object: String(name),
    message: `Row level security is not forced: its owner ${owner}${owned === true ? ", whose rights this login has," : ""} sees all rows.`,
    fix: `alter table ${name} force row level security;`,
  }),
};
