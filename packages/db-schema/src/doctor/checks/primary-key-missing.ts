import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { relations } from "../relations.ts";

export const primaryKeyMissing: Check = {
  name: "primary-key-missing",
  query: (facts) => sql`
    with ${relations(facts)}
    select name from relations
    where relkind in ('r', 'p') and not relispartition
      and not exists (select from pg_catalog.pg_index i where i.indrelid = relations.oid and i.indisprimary)`,
  finding: ({ name }) => ({
    severity: "warning",
    object: String(name),
    message:
      "The table has no primary key: rows cannot be named one by one, and logical replication cannot update them.",
    fix: `alter table ${name} add primary key (…);`,
  }),
};
