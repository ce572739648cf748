import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { relations } from "../relations.ts";

export const indexInvalid: Check = {
  name: "index-invalid",
  query: (facts) => sql`
    with ${relations(facts)}
    select r.name, format('%I.%I', n.nspname, c.relname) as index, c.relkind = 'I' as partitioned
    from relations r
    join pg_catalog.pg_index i on i.indrelid = r.oid and not i.indisvalid
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace`,
  finding: ({ name, index, partitioned }) => ({
    severity: "warning",
    object: String(index),
    message: `The index on ${name} is invalid: it costs writes, serves no query and, where unique, guards nothing. A concurrent build failed or is running.`,
    fix:
      partitioned === true
        ? `Create the index on each partition, and attach it: alter index ${index} attach partition …;`
        : `When no build is running: reindex index concurrently ${index}; or drop index concurrently ${index};`,
  }),
};
