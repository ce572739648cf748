import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { relations } from "../relations.ts";

export const indexNotLeakproof: Check = {
  name: "index-not-leakproof",
  // A column of an index serves under row level security when an operator of its class is leakproof, and so is
  // each function of its expression. Equality beside others does not count: the trigram classes have it, and nobody
  // makes a trigram index for it. Classes that only order (vectors) leak nothing.
  query: (facts) => sql`
    with ${relations(facts)},
    keys as (
      select r.oid as relid, r.name, r.nspname, i.indexrelid, i.indexprs, am.amname, c.opcfamily, c.opcintype,
             k.number, i.indkey[k.number - 1] = 0 as is_expression
      from relations r
      join pg_catalog.pg_index i on i.indrelid = r.oid and i.indisvalid
      cross join lateral generate_series(1, i.indnkeyatts::int) as k (number)
      join pg_catalog.pg_opclass c on c.oid = i.indclass[k.number - 1]
      join pg_catalog.pg_am am on am.oid = c.opcmethod
      where r.relkind in ('r', 'p') and not r.relispartition and r.relrowsecurity
    ),
    operators as (
      select o.amopfamily, o.amoplefttype, am.amname,
             bool_or(p.proleakproof and (op.oprname <> '=' or am.amname = 'hash')) as leakproof
      from pg_catalog.pg_amop o
      join pg_catalog.pg_am am on am.oid = o.amopmethod
      join pg_catalog.pg_operator op on op.oid = o.amopopr
      join pg_catalog.pg_proc p on p.oid = op.oprcode
      where o.amoppurpose = 's'
      group by 1, 2, 3
    )
    select keys.name, format('%I.%I', keys.nspname, c.relname) as index,
           string_agg(pg_get_indexdef(keys.indexrelid, keys.number, true), ', ' order by keys.number) as columns,
           keys.nspname = 'devora' or exists (
             select from pg_catalog.pg_policy p join pg_catalog.pg_roles g on g.oid = any(p.polroles)
             where p.polrelid = keys.relid and g.rolname = 'devora_definer'
           ) as by_kernel
    from keys
    join pg_catalog.pg_class c on c.oid = keys.indexrelid
    join operators o on o.amopfamily = keys.opcfamily and o.amoplefttype = keys.opcintype
    where not o.leakproof
       or keys.is_expression and exists (
         select from regexp_matches(keys.indexprs::text, ':(?:funcid|opfuncid) ([0-9]+)', 'g') as called
         join pg_catalog.pg_proc p on p.oid = called[1]::oid
         where not p.proleakproof
       )
    group by keys.name, keys.nspname, c.relname, keys.relid`,
  finding: ({ name, index, columns, by_kernel }) => ({
    severity: by_kernel === true ? "info" : "warning",
    object: String(index),
    message: `Under row level security the index cannot serve conditions on ${columns}: their operators or functions are not leakproof, so PostgreSQL reads all of the owner's rows in ${name} instead.`,
    fix:
      by_kernel === true
        ? "Nothing to repair: search these columns through a search kernel (a security definer function with the owner's predicate inside), or accept a scan of the owner's rows."
        : "Search these columns through a search kernel (a security definer function with the owner's predicate inside), or compare by = or a range on text, uuid, integer, date or timestamptz; a stored column in place of an expression.",
  }),
};
