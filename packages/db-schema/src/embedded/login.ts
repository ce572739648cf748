import type { PGlite } from "@electric-sql/pglite";
import { embeddedLogin } from "./login-name.ts";

/**
 * Makes the session's user the plain login, as a managed host gives one, and creates it in a new database.
 * What a superuser made in an earlier version becomes the login's.
 */
export async function becomeLogin(client: PGlite): Promise<void> {
  trustVector(client);
  await client.exec(handOver);
  await client.exec(`set session authorization ${embeddedLogin}`);
}

/**
 * Lets the owner of the database create the extension `vector`, as managed hosts do. Where PostgreSQL keeps it
 * (a file that PGlite unpacks into memory at each start) it is for superusers alone.
 */
function trustVector({ Module: { FS, WASM_PREFIX } }: PGlite): void {
  const file = `${WASM_PREFIX}/share/postgresql/extension/vector.control`;
  FS.writeFile(file, `${FS.readFile(file, { encoding: "utf8" })}\ntrusted = true\n`);
}

// 10 is the superuser that initdb makes, 16384 the first id that is not initdb's.
// `reassign owned by` refuses this superuser, as the system catalogues are its as well.
const handOver = `
do $$
declare
  statement text;
begin
  if not exists (select from pg_roles where rolname = '${embeddedLogin}') then
    create role ${embeddedLogin} login nosuperuser createdb createrole nobypassrls;
    grant pg_checkpoint, pg_maintain to ${embeddedLogin};
  end if;
  for statement in
    select format('alter database %I owner to ${embeddedLogin}', datname)
      from pg_database where datname = current_database() and datdba = 10
    union all
    select format('grant %I to ${embeddedLogin} with admin true, set true, inherit %s', r.rolname, (r.rolname = 'devora_app')::text)
      from pg_roles r
     where r.oid >= 16384 and not r.rolsuper and r.rolname <> '${embeddedLogin}'
       and not exists (select from pg_auth_members m where m.roleid = r.oid and m.member = '${embeddedLogin}'::regrole)
    union all
    select format('alter policy %I on %s to ${embeddedLogin}', polname, polrelid::regclass) from pg_policy where polroles = '{10}'
    union all
    select format('alter %s %s owner to ${embeddedLogin}', i.type, i.identity)
      from (
        select 'pg_namespace'::regclass as classid, oid from pg_namespace where nspowner = 10 and nspname !~ '^pg_'
        union all
        select 'pg_class'::regclass, c.oid from pg_class c
         where c.relowner = 10
           and (c.relkind in ('r', 'p', 'v', 'm', 'f')
                or c.relkind = 'S' and not exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('a', 'i')))
        union all
        select 'pg_proc'::regclass, oid from pg_proc where proowner = 10
        union all
        select 'pg_type'::regclass, t.oid from pg_type t left join pg_class c on c.oid = t.typrelid
         where t.typowner = 10 and (t.typtype in ('d', 'e', 'r') or c.relkind = 'c')
        union all
        select 'pg_ts_config'::regclass, oid from pg_ts_config where cfgowner = 10
        union all
        select 'pg_ts_dict'::regclass, oid from pg_ts_dict where dictowner = 10
      ) o
      cross join lateral pg_identify_object(o.classid, o.oid, 0) i
     where o.oid >= 16384
       and not exists (select from pg_depend d where d.classid = o.classid and d.objid = o.oid and d.deptype = 'e')
  loop
    execute statement;
  end loop;
end $$`;
