import { type SQL, sql } from "drizzle-orm";
import type { Facts } from "./facts.ts";

/** A common table expression: the `security definer` functions of the schemas, apart from what extensions brought. */
export const definerFunctions = ({ schemas }: Facts): SQL => sql`
  definers as (
    select p.oid, p.proowner, p.proacl, p.proconfig, p.prorettype,
           format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as name,
           case p.prokind when 'p' then 'procedure' else 'function' end as kind
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = any(${sql.param([...schemas])}::text[]) and p.prosecdef
      and not exists (
        select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
      )
  )`;
