import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { relations } from "../relations.ts";
import { twoLogins } from "../two-logins.ts";

export const loginOwnsTables: Check = {
  name: "login-owns-tables",
  query: (facts) =>
    facts.superuser
      ? undefined
      : sql`
        with ${relations(facts)}
        select count(*)::int as tables, min(name) as example from relations
        where relkind in ('r', 'p') and relrowsecurity and pg_has_role(session_user, relowner, 'usage')
        having count(*) > 0`,
  finding: ({ tables, example }, facts) => ({
    severity: "warning",
    object: facts.login,
    message: `The login owns ${tables} tables with row level security (${example}, …). An application that connects as the owner can turn it off, and so can SQL injected into it.`,
    fix: twoLogins(facts),
  }),
};
