import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { twoLogins } from "../two-logins.ts";

export const loginPrivileged: Check = {
  name: "login-privileged",
  query: () => sql`
    select rolsuper as superuser from pg_catalog.pg_roles
    where rolname = session_user and (rolsuper or rolbypassrls)`,
  finding(row, facts) {
    const superuser = row.superuser === true;
    if (superuser && facts.embedded) {
      return {
        severity: "info",
        object: facts.login,
        message:
          "The session is the embedded database's superuser: policies bind queries within a scope alone.",
        fix: "Run every query of a user inside withUser().",
      };
    }
    return {
      severity: "error",
      object: facts.login,
      message: `The login ${superuser ? "is a superuser" : "has BYPASSRLS"}, so policies do not bind what runs outside a scope.`,
      fix: twoLogins(facts),
    };
  },
};
