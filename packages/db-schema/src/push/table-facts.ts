import type { MigrationSession } from "../migrations/session.ts";

/** A table as PostgreSQL describes it: every expression in the server's own form, so that two can be compared. */
export interface TableFacts {
  columns: Map<string, ColumnFacts>;
  /** Definition, or undefined without a primary key. */
  primaryKey: string | undefined;
  /** Definitions by name. */
  uniques: Map<string, string>;
  checks: Map<string, string>;
  indexes: Map<string, string>;
  foreignKeys: Map<string, ForeignKeyFacts>;
}
export interface ColumnFacts {
  type: string;
  notNull: boolean;
  default: string | null;
  generated: string | null;
  /** `a` always, `d` by default, empty for none. */
  identity: string;
}
export interface ForeignKeyFacts {
  columns: string[];
  /** `schema.table` */
  target: string;
  targetColumns: string[];
  onDelete: string;
  onUpdate: string;
  definition: string;
}

/** A table to read: `schema.name`, looked up in `foundIn` (its own schema, or that of a copy). */
export interface TableName {
  schema: string;
  name: string;
  foundIn: string;
}

// Read with an empty search path, so that every name in an expression is qualified. A copy's schema is replaced
// by the real one wherever an expression names it (the sequence of a serial column).
const query = `
with wanted as (
  select c.oid, format('%s.%s', w.schema, w.name) as table_key, quote_ident(w."foundIn") || '.' as found_in, quote_ident(w.schema) || '.' as schema
  from jsonb_to_recordset($1::text::jsonb) as w (schema text, name text, "foundIn" text)
  join pg_namespace n on n.nspname = w."foundIn"
  join pg_class c on c.relnamespace = n.oid and c.relname = w.name and c.relkind in ('r', 'p')
)
select table_key, 'table' as kind, '' as name, '{}' as facts from wanted
union all
select table_key, 'column', a.attname,
       jsonb_build_object(
         'type', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull, 'identity', a.attidentity,
         'default', case when a.attgenerated = '' then replace(pg_get_expr(d.adbin, d.adrelid), found_in, schema) end,
         'generated', case when a.attgenerated <> '' then replace(pg_get_expr(d.adbin, d.adrelid), found_in, schema) end)::text
from wanted w
join pg_attribute a on a.attrelid = w.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
union all
select table_key, k.contype::text, k.conname,
       jsonb_build_object(
         'definition', replace(pg_get_constraintdef(k.oid), found_in, schema),
         'columns', array(select a.attname from unnest(k.conkey) with ordinality u (number, place)
                          join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number order by u.place),
         'target', (select format('%s.%s', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = k.confrelid),
         'targetColumns', array(select a.attname from unnest(k.confkey) with ordinality u (number, place)
                                join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number order by u.place),
         'onDelete', k.confdeltype, 'onUpdate', k.confupdtype)::text
from wanted w join pg_constraint k on k.conrelid = w.oid and k.contype in ('p', 'u', 'c', 'f')
union all
select table_key, 'index', c.relname,
       jsonb_build_object('definition',
         case when i.indisunique then 'UNIQUE ' else '' end
         || replace(substring(pg_get_indexdef(i.indexrelid) from ' (USING .*)$'), found_in, schema))::text
from wanted w join pg_index i on i.indrelid = w.oid join pg_class c on c.oid = i.indexrelid
where not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
order by 1, 2, 3`;

/** The tables that exist, by `schema.name`. Views and other relations of these names are left out. */
export async function readTables(
  session: MigrationSession,
  tables: readonly TableName[],
): Promise<Map<string, TableFacts>> {
  const [path] = await session.rows(
    "select current_setting('search_path') as before, set_config('search_path', '', true)",
  );
  const rows = await session.rows(query, [JSON.stringify(tables)]);
  await session.rows("select set_config('search_path', $1::text, true)", [String(path?.before)]);
  const found = new Map<string, TableFacts>();
  for (const row of rows) {
    const key = String(row.table_key);
    const table = found.get(key) ?? emptyTable();
    found.set(key, table);
    addFact(table, String(row.kind), String(row.name), JSON.parse(String(row.facts)));
  }
  return found;
}

const emptyTable = (): TableFacts => ({
  columns: new Map(),
  primaryKey: undefined,
  uniques: new Map(),
  checks: new Map(),
  indexes: new Map(),
  foreignKeys: new Map(),
});

const actions: Record<string, string> = {
  a: "no action",
  r: "restrict",
  c: "cascade",
  n: "set null",
  d: "set default",
};

function addFact(table: TableFacts, kind: string, name: string, facts: ColumnFacts & ForeignKeyFacts): void {
  if (kind === "column") table.columns.set(name, facts);
  if (kind === "p") table.primaryKey = facts.definition;
  if (kind === "u") table.uniques.set(name, facts.definition);
  if (kind === "c") table.checks.set(name, facts.definition);
  if (kind === "index") table.indexes.set(name, facts.definition);
  if (kind === "f") {
    table.foreignKeys.set(name, {
      ...facts,
      onDelete: actions[facts.onDelete] ?? facts.onDelete,
      onUpdate: actions[facts.onUpdate] ?? facts.onUpdate,
    });
  }
}
