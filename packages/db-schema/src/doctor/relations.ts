import { type SQL, sql } from "drizzle-orm";
import type { Facts } from "./facts.ts";

/** A common table expression: what the schemas hold, apart from what extensions brought. */
export const relations = ({ schemas }: Facts): SQL => sql`
  relations as (
    select c.oid, c.relkind, c.relowner, c.relacl, c.reloptions, c.relrowsecurity, c.relforcerowsecurity,
           c.relispartition, c.reltuples, n.nspname, format('%I.%I', n.nspname, c.relname) as name,
           exists (select from aclexplode(c.relacl) a where a.grantee <> c.relowner) as granted
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any(${sql.param([...schemas])}::text[])
      and not exists (
        select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
      )
  )`;

/** A common table expression: the column that a policy compares with a setting, one per table and policy. */
export const ownerColumns = sql`
  owner_columns as (
    select distinct p.polrelid as relid, min(d.refobjsubid)::smallint as attnum
    from pg_catalog.pg_policy p
    join pg_catalog.pg_depend d
      on d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = p.oid
     and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = p.polrelid and d.refobjsubid > 0
    where pg_get_expr(p.polqual, p.polrelid) like '%current_setting(%'
    group by p.oid, p.polrelid
    having count(distinct d.refobjsubid) = 1
  )`;

/** SQL of the quoted names of a table's columns, in the order of an array of their numbers. */
export const columnNames = (table: SQL, numbers: SQL): SQL => sql`
  (select string_agg(quote_ident(a.attname), ', ' order by u.position)
   from unnest(${numbers}) with ordinality as u (attnum, position)
   join pg_catalog.pg_attribute a on a.attrelid = ${table} and a.attnum = u.attnum)`;

/** SQL of whom a relation is granted to, apart from its owner. */
export const grantees = sql`
  (select string_agg(distinct case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end, ', ')
   from aclexplode(relacl) a where a.grantee <> relowner)`;
