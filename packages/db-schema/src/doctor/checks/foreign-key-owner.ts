import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { columnNames, ownerColumns, relations } from "../relations.ts";

export const foreignKeyOwner: Check = {
  name: "foreign-key-owner",
  // Left out: tables that devora_app may read but not write. The service writes them.
  query: (facts) => sql`
    with ${relations(facts)}, ${ownerColumns}
    select distinct on (k.oid) r.name, quote_ident(k.conname) as key,
           ${columnNames(sql`k.conrelid`, sql`k.conkey`)} as columns,
           ${columnNames(sql`k.confrelid`, sql`k.confkey`)} as referenced_columns,
           format('%I.%I', pn.nspname, pc.relname) as parent,
           quote_ident(ca.attname) as owner, quote_ident(pa.attname) as parent_owner,
           substring(pg_get_constraintdef(k.oid) from ' ON (?:UPDATE|DELETE) .*$') as actions,
           exists (
             select from pg_catalog.pg_index i
             where i.indrelid = k.confrelid and i.indisunique and i.indpred is null
               and i.indnkeyatts = cardinality(k.confkey) + 1
               and i.indkey::int2[] @> (k.confkey || parent.attnum)
           ) as parent_unique
    from relations r
    join pg_catalog.pg_constraint k on k.conrelid = r.oid and k.contype = 'f' and k.conparentid = 0
    join owner_columns child on child.relid = k.conrelid
    join owner_columns parent on parent.relid = k.confrelid
    join pg_catalog.pg_class pc on pc.oid = k.confrelid
    join pg_catalog.pg_namespace pn on pn.oid = pc.relnamespace
    join pg_catalog.pg_attribute ca on ca.attrelid = child.relid and ca.attnum = child.attnum
    join pg_catalog.pg_attribute pa on pa.attrelid = parent.relid and pa.attnum = parent.attnum
    where not exists (
        select from unnest(k.conkey, k.confkey) as pair (child, parent)
        where pair.child = child.attnum and pair.parent = parent.attnum
      )
      and not coalesce((
        select bool_or(a.privilege_type = 'SELECT') and not bool_or(a.privilege_type in ('INSERT', 'UPDATE'))
        from aclexplode(r.relacl) a join pg_catalog.pg_roles g on g.oid = a.grantee
        where g.rolname = 'devora_app'
      ), false)`,
  finding(row) {
    const { name, key, columns, referenced_columns, parent, owner, parent_owner } = row;
    // Setting null must leave the owner alone.
    const actions = String(row.actions ?? "").replace(
      "ON DELETE SET NULL",
      `ON DELETE SET NULL (${columns})`,
    );
    const unique =
      row.parent_unique === true
        ? ""
        : `alter table ${parent} add unique (${parent_owner}, ${referenced_columns}); `;
    return {
      severity: "warning",
      object: `${key} on ${name}`,
      message: `The foreign key does not carry the owner (${owner}). Row level security does not act on foreign keys, so a row can hang under another owner's row of ${parent}, and go with it.`,
      fix: `${unique}alter table ${name} drop constraint ${key}, add constraint ${key} foreign key (${owner}, ${columns}) references ${parent} (${parent_owner}, ${referenced_columns})${actions};`,
    };
  },
};
