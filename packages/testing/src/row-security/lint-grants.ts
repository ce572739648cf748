import { type Database, rowsOf } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import type { Finding, RowSecurityFacts, TableFacts } from "./facts.ts";
import type { Table } from "./read-catalogue.ts";

const service = ["delete", "insert", "select", "update"];

/** Every grant on a table, view, sequence, partition or column is one of the facts, and none of them is missing. */
export async function lintGrants(
  db: Database,
  facts: RowSecurityFacts,
  tables: readonly Table[],
): Promise<Finding[]> {
  const found = new Set(await readGrants(db));
  const wanted = new Set(
    tables.flatMap((table) => wantedGrants(table.name, facts.tables[table.name] ?? { owner: null })),
  );
  for (const [view, { app }] of Object.entries(facts.views)) {
    wanted.add(`select on ${view} to devora_service`);
    if (app) wanted.add(`select on ${view} to devora_app`);
  }
  const finding = (subject: string, message: string): Finding => ({ rule: "grant", subject, message });
  return [
    ...[...found].filter((grant) => !wanted.has(grant)).map((grant) => finding(grant, "No fact allows it.")),
    ...[...wanted].filter((grant) => !found.has(grant)).map((grant) => finding(grant, "It is missing.")),
    ...(await lintSchemas(db)),
  ];
}

function wantedGrants(name: string, { app = [], appUpdates = [], definer = [] }: TableFacts): string[] {
  return [
    ...service.map((verb) => `${verb} on ${name} to devora_service`),
    ...app.map((verb) => `${verb} on ${name} to devora_app`),
    ...definer.map((verb) => `${verb} on ${name} to devora_definer`),
    ...appUpdates.map((column) => `update on ${name}.${column} to devora_app`),
  ];
}

/** `verb on name to role`; owners and what extensions and the ledger brought apart. */
async function readGrants(db: Database): Promise<string[]> {
  const rows = await rowsOf(
    db,
    sql`
      with own as (
        select c.oid, c.relowner, c.relacl, n.nspname || '.' || c.relname as name
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('public', 'devora') and c.relkind in ('r', 'p', 'v', 'm', 'S')
          and (n.nspname, c.relname) <> ('devora', 'migrations')
          and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
      ), grants as (
        select o.name, o.relowner, a.grantee, a.privilege_type from own o cross join aclexplode(o.relacl) a
        union all
        select o.name || '.' || t.attname, o.relowner, a.grantee, a.privilege_type
        from own o join pg_attribute t on t.attrelid = o.oid and not t.attisdropped cross join aclexplode(t.attacl) a
      )
      select lower(g.privilege_type) || ' on ' || g.name || ' to ' || coalesce(r.rolname, 'public') as line
      from grants g left join pg_roles r on r.oid = g.grantee
      where g.grantee <> g.relowner
      order by 1`,
  );
  return rows.map((row) => String(row.line));
}

/** Nobody but the three roles gets into the schema devora, and none of them creates anything in it or in public. */
async function lintSchemas(db: Database): Promise<Finding[]> {
  const rows = await rowsOf(
    db,
    sql`
      select lower(a.privilege_type) || ' on schema ' || n.nspname || ' to ' || g.role as line
      from pg_namespace n cross join aclexplode(n.nspacl) a
      cross join lateral (select coalesce((select rolname from pg_roles where oid = a.grantee), 'public') as role) g
      where (n.nspname = 'devora' and a.grantee <> n.nspowner
             and not (a.privilege_type = 'USAGE' and g.role in ('devora_app', 'devora_service', 'devora_definer')))
         or (n.nspname = 'public' and a.privilege_type = 'CREATE'
             and g.role in ('public', 'devora_app', 'devora_service', 'devora_definer'))`,
  );
  return rows.map((row) => ({ rule: "grant", subject: String(row.line), message: "No fact allows it." }));
}
