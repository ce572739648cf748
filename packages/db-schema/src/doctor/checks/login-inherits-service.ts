import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { twoLogins } from "../two-logins.ts";

export const loginInheritsService: Check = {
  name: "login-inherits-service",
  query: ({ superuser }) =>
    superuser
      ? undefined
      : sql`
        select app.rolname from pg_catalog.pg_roles app, pg_catalog.pg_roles service
        where app.rolname = 'devora_app' and service.rolname = 'devora_service'
          and pg_has_role(session_user, app.oid, 'member') and pg_has_role(session_user, service.oid, 'usage')`,
  finding: (_row, facts) => ({
    severity: "warning",
    object: facts.login,
    message: "The login inherits devora_service, so its queries outside withUser see the rows of all owners.",
    fix:
      facts.versionNumber >= 160_000
        ? `grant devora_service to ${facts.login} with inherit false, set true;`
        : twoLogins(facts),
  }),
};
