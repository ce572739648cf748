import { sql } from "drizzle-orm";
import { embeddedLogin } from "../../embedded/login-name.ts";
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
  finding({ tables, example }, facts) {
    const only = facts.embedded && facts.login === embeddedLogin;
    return {
      severity: only ? "info" : "warning",
      object: facts.login,
      message: `The ${only ? "embedded database's one login" : "login"} owns ${tables} tables with row level security (${example}, …). An application that connects as the owner can turn it off, and so can SQL injected into it.`,
      fix: only ? "For users who may send SQL of their own, use a server with two logins." : twoLogins(facts),
    };
  },
};
