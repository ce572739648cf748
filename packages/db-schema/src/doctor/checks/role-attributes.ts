import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";

export const roleAttributes: Check = {
  name: "role-attributes",
  query: () => sql`
    select rolname as name, concat_ws(', ',
             case when rolcanlogin then 'log in' end,
             case when rolsuper then 'do anything (superuser)' end,
             case when rolbypassrls then 'bypass row level security' end) as may,
           concat_ws(' ', case when rolcanlogin then 'nologin' end, case when rolsuper then 'nosuperuser' end,
             case when rolbypassrls then 'nobypassrls' end) as without
    from pg_catalog.pg_roles
    where rolname in ('devora_app', 'devora_service', 'devora_definer')
      and (rolcanlogin or rolsuper or rolbypassrls)`,
  finding: ({ name, may, without }) => ({
    severity: "error",
    object: String(name),
    message: `The role ${name} may ${may}. It is there to be switched to, and to be bound by policies.`,
    fix: `alter role ${name} ${without};`,
  }),
};
