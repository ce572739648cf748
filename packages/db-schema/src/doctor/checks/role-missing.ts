import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";

export const roleMissing: Check = {
  name: "role-missing",
  query: ({ core }) =>
    core
      ? sql`
        select needed.name from unnest(array['devora_app', 'devora_service', 'devora_definer']) as needed (name)
        where not exists (select from pg_catalog.pg_roles r where r.rolname = needed.name)`
      : undefined,
  finding: ({ name }) => ({
    severity: "error",
    object: String(name),
    message: `The role ${name} is missing; scopes switch to it. A restore on another server brings no roles.`,
    fix: `create role ${name} nologin nosuperuser nobypassrls; then grant it what migrations/postgres grants, or restore the roles (pg_dumpall --roles-only) before the dump.`,
  }),
};
