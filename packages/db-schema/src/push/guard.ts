import { SchemaError } from "../errors.ts";
import type { MigrationSession } from "../migrations/session.ts";
import type { SnapshotTable } from "./kit.ts";
import { keyOf, schemaOf } from "./names.ts";

// One line per object of every schema but the system's. A line that disappears is an object that went or changed:
// push may add lines, never take one away. Indexes of partitions are named by the server, so they are left out.
const query = `
with own as (
  select n.oid, quote_ident(n.nspname) as schema from pg_namespace n
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
), relation as (
  select c.*, format('%s.%I', o.schema, c.relname) as name from own o join pg_class c on c.relnamespace = o.oid
)
select format('schema %s, owner %s, grants %s', o.schema, n.nspowner::regrole, n.nspacl) as line from own o join pg_namespace n on n.oid = o.oid
union all
select format('%s %s, row security %s, forced %s, owner %s, grants %s, options %s',
              case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' when 'f' then 'foreign table' else 'table' end,
              name, relrowsecurity, relforcerowsecurity, relowner::regrole, relacl, reloptions)
from relation where relkind in ('r', 'p', 'v', 'm', 'S', 'f')
union all
select format('index %s', name) from relation where relkind in ('i', 'I') and not relispartition
union all
select format('partition %s of %s %s', name, i.inhparent::regclass, pg_get_expr(relpartbound, oid)) from relation join pg_inherits i on i.inhrelid = oid
where relkind in ('r', 'p')
union all
select format('column %s.%I, grants %s', r.name, a.attname, a.attacl) from relation r join pg_attribute a on a.attrelid = r.oid
where r.relkind in ('r', 'p', 'v', 'm', 'f') and a.attnum > 0 and not a.attisdropped
union all
select format('policy %I of %s, for %s, permissive %s, to %s, using %s, check %s', p.polname, r.name, p.polcmd, p.polpermissive,
              p.polroles::regrole[], pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
from relation r join pg_policy p on p.polrelid = r.oid
union all
select format('constraint %s of %s.%s', k.conname, r.relnamespace::regnamespace, r.relname) from relation r join pg_constraint k on k.conrelid = r.oid
where not r.relispartition and k.contype in ('c', 'u', 'p', 'f', 'x')
union all
select format('trigger %I of %s, enabled %s: %s', t.tgname, r.name, t.tgenabled, pg_get_triggerdef(t.oid))
from relation r join pg_trigger t on t.tgrelid = r.oid and not t.tgisinternal
union all
select format('rule of %s: %s', name, md5(pg_get_ruledef(w.oid))) from relation r join pg_rewrite w on w.ev_class = r.oid
union all
select format('function %s, owner %s, grants %s, definer %s, settings %s, body %s', p.oid::regprocedure, p.proowner::regrole, p.proacl, p.prosecdef,
              p.proconfig, md5(p.prosrc || coalesce(pg_get_function_sqlbody(p.oid), '')))
from own o join pg_proc p on p.pronamespace = o.oid
union all
select format('type %s, owner %s, labels %s', t.oid::regtype, t.typowner::regrole,
              array(select enumlabel from pg_enum e where e.enumtypid = t.oid order by enumsortorder))
from own o join pg_type t on t.typnamespace = o.oid where t.typtype in ('e', 'd')
union all
select format('comment on %s: %s', pg_describe_object(classoid, objoid, objsubid), md5(description)) from pg_description
where classoid = 'pg_class'::regclass and objoid in (select oid from relation where relkind not in ('i', 'I'))
`;

/** Everything that a push must leave in place. */
export async function readCatalogue(session: MigrationSession): Promise<ReadonlySet<string>> {
  const [path] = await session.rows(
    "select current_setting('search_path') as before, set_config('search_path', '', true)",
  );
  const rows = await session.rows(query);
  await session.rows("select set_config('search_path', $1::text, true)", [String(path?.before)]);
  return new Set(rows.map((row) => String(row.line)));
}

export interface Expectation {
  before: ReadonlySet<string>;
  newTables: readonly SnapshotTable[];
  /** Lines of constraints that are replaced under another name. */
  renamed: readonly string[];
}

/** The catalogue's line of a constraint. */
export const constraintLine = (table: SnapshotTable, name: string): string =>
  `constraint ${name} of ${keyOf(table)}`;

/**
 * Compares the catalogue with what it was, and looks at the security of the new tables.
 * @throws {SchemaError} PUSH_REFUSED when something went, or a new table is open
 */
export async function assertNothingLost(
  session: MigrationSession,
  { before, newTables, renamed }: Expectation,
): Promise<void> {
  const after = await readCatalogue(session);
  const lost = [...before].filter((line) => !after.has(line) && !renamed.includes(line));
  const open = await openTables(session, newTables);
  if (lost.length + open.length === 0) return;
  throw new SchemaError(
    "PUSH_REFUSED",
    `push: rolled back, the database is as it was. ${[
      ...lost.map((line) => `After the statements this was no more: ${line}.`),
      ...open.map((name) => `The new table ${name} would not be protected by policies.`),
    ].join(" ")} Look for an event trigger or another session that changes the schema.`,
  );
}

const openQuery = `
select format('%s.%s', w.schema, w.name) as name from jsonb_to_recordset($1::text::jsonb) as w (schema text, name text)
where not exists (
  select from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = w.schema and c.relname = w.name and c.relrowsecurity and c.relforcerowsecurity
    and (select count(*) = 2 and bool_and(polqual is not null and polwithcheck is not null) from pg_policy where polrelid = c.oid))
order by 1`;

async function openTables(session: MigrationSession, tables: readonly SnapshotTable[]): Promise<string[]> {
  const names = tables.map((table) => ({ schema: schemaOf(table), name: table.name, key: keyOf(table) }));
  const rows = await session.rows(openQuery, [JSON.stringify(names)]);
  return rows.map((row) => String(row.name));
}
