import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { relations } from "../relations.ts";

export const indexDuplicate: Check = {
  name: "index-duplicate",
  // The one to keep comes first: it backs a constraint, is unique, or is the older.
  query: (facts) => sql`
    with ${relations(facts)},
    ranked as (
      select r.name, i.indexrelid, format('%I.%I', n.nspname, c.relname) as index,
             first_value(format('%I.%I', n.nspname, c.relname)) over same as kept,
             row_number() over same as place
      from relations r
      join pg_catalog.pg_index i on i.indrelid = r.oid and i.indisvalid
      join pg_catalog.pg_class c on c.oid = i.indexrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where not r.relispartition
      window same as (
        partition by i.indrelid, c.relam, i.indkey::text, i.indclass::text, i.indcollation::text, i.indoption::text,
                     i.indexprs::text, pg_get_expr(i.indpred, i.indrelid), i.indnkeyatts
        order by exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid) desc, i.indisunique desc, i.indexrelid
      )
    )
    select name, index, kept from ranked
    where place > 1
      and not exists (select from pg_catalog.pg_constraint k where k.conindid = ranked.indexrelid)`,
  finding: ({ name, index, kept }) => ({
    severity: "warning",
    object: String(index),
    message: `The index on ${name} is the same as ${kept}: each write pays twice.`,
    fix: `drop index concurrently ${index};`,
  }),
};
