import type { MigrationSession } from "./session.ts";

// `create index concurrently if not exists` takes an invalid index for the wanted one and does nothing, so the
// leftover of a failed attempt has to go first. Both names must stand in the statement.
const invalidIndexesNamedIn = `
select format('%I.%I', n.nspname, c.relname) as name
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_class t on t.oid = i.indrelid
cross join regexp_split_to_array($1::text, '[^[:alnum:]_$]+') as words
where not i.indisvalid and c.relkind = 'i' and c.relname::text = any (words) and t.relname::text = any (words)
order by name`;

/** Drops the invalid indexes that a statement names, without blocking readers or writers of their table. */
export async function dropInvalidIndexes(session: MigrationSession, statement: string): Promise<void> {
  for (const { name } of await session.rows(invalidIndexesNamedIn, [statement])) {
    await session.execute(`drop index concurrently if exists ${String(name)}`);
  }
}
