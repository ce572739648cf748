import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { columnNames, relations } from "../relations.ts";

export const foreignKeyUnindexed: Check = {
  name: "foreign-key-unindexed",
  // The first columns of an index must be those of the key, in any order. A partial index serves when its
  // condition says no more than that a column is not null, which a lookup by value implies.
  query: (facts) => sql`
    with ${relations(facts)}
    select r.name, quote_ident(k.conname) as key, ${columnNames(sql`k.conrelid`, sql`k.conkey`)} as columns
    from relations r join pg_catalog.pg_constraint k on k.conrelid = r.oid
    where k.contype = 'f' and k.conparentid = 0
      and not exists (
        select from pg_catalog.pg_index i
        join pg_catalog.pg_class c on c.oid = i.indexrelid
        join pg_catalog.pg_am am on am.oid = c.relam
        where i.indrelid = k.conrelid and i.indisvalid and am.amname in ('btree', 'hash')
          and i.indnkeyatts >= cardinality(k.conkey)
          and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
          and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) in (
                 select format('(%I IS NOT NULL)', a.attname) from pg_catalog.pg_attribute a
                 where a.attrelid = k.conrelid and a.attnum = any(k.conkey)
               ))
      )`,
  finding: ({ name, key, columns }) => ({
    severity: "warning",
    object: `${key} on ${name}`,
    message: "No index serves the foreign key: each delete of a referenced row reads the whole table.",
    fix: `create index concurrently on ${name} (${columns});`,
  }),
};
