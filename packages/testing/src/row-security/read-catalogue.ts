import { type Database, rowsOf } from "@devora/db-schema";
import { sql } from "drizzle-orm";

export interface Column {
  name: string;
  /** As `format_type` says, without the modifier. */
  type: string;
  notNull: boolean;
  hasDefault: boolean;
  /** Generated or identity: an insert does not name it. */
  computed: boolean;
}

export interface ForeignKey {
  name: string;
  columns: string[];
  parent: string;
  parentColumns: string[];
}

export interface Table {
  /** `schema.table`, unquoted: the key of the facts. */
  name: string;
  columns: Column[];
  primaryKey: string[];
  /** Unique indexes of plain columns, the primary key's included. */
  uniques: { columns: string[]; predicate: string | null }[];
  foreignKeys: ForeignKey[];
  /** Partitions of the table, or none. */
  partitions: string[];
}

/** The tables of the schemas public and devora, partitions apart, as the database has them. */
export async function readTables(db: Database): Promise<Table[]> {
  const rows = await rowsOf<{ fact: Table }>(
    db,
    sql`
      with tables as (
        select c.oid, n.nspname || '.' || c.relname as name
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('public', 'devora') and c.relkind in ('r', 'p') and not c.relispartition
          and (n.nspname, c.relname) <> ('devora', 'migrations')
          and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
      )
      select jsonb_build_object(
        'name', t.name,
        'columns', (
          select jsonb_agg(jsonb_build_object(
                   'name', a.attname, 'type', format_type(a.atttypid, null), 'notNull', a.attnotnull,
                   'hasDefault', a.atthasdef, 'computed', a.attgenerated <> '' or a.attidentity <> '') order by a.attnum)
          from pg_attribute a where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped),
        'primaryKey', coalesce((
          select jsonb_agg(a.attname order by k.place)
          from pg_index i cross join unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
          join pg_attribute a on a.attrelid = t.oid and a.attnum = k.attnum
          where i.indrelid = t.oid and i.indisprimary), '[]'),
        'uniques', coalesce((
          select jsonb_agg(jsonb_build_object(
                   'columns', (select jsonb_agg(a.attname order by k.place)
                               from unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
                               join pg_attribute a on a.attrelid = t.oid and a.attnum = k.attnum),
                   'predicate', pg_get_expr(i.indpred, i.indrelid)) order by i.indexrelid::regclass::text)
          from pg_index i where i.indrelid = t.oid and i.indisunique and i.indexprs is null), '[]'),
        'foreignKeys', coalesce((
          select jsonb_agg(jsonb_build_object(
                   'name', k.conname, 'parent', pn.nspname || '.' || p.relname,
                   'columns', (select jsonb_agg(a.attname order by u.place) from unnest(k.conkey) with ordinality as u (attnum, place)
                               join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum),
                   'parentColumns', (select jsonb_agg(a.attname order by u.place) from unnest(k.confkey) with ordinality as u (attnum, place)
                               join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.attnum)) order by k.conname)
          from pg_constraint k join pg_class p on p.oid = k.confrelid join pg_namespace pn on pn.oid = p.relnamespace
          where k.conrelid = t.oid and k.contype = 'f' and k.conparentid = 0), '[]'),
        'partitions', coalesce((
          select jsonb_agg(n.nspname || '.' || c.relname order by c.relname)
          from pg_partition_tree(t.oid) tree join pg_class c on c.oid = tree.relid join pg_namespace n on n.oid = c.relnamespace
          where tree.level > 0), '[]')
      ) as fact
      from tables t order by t.name collate "C"`,
  );
  return rows.map((row) => row.fact);
}

/** An identifier, or a qualified name, quoted for SQL text. */
export const quoted = (name: string): string =>
  name
    .split(".")
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join(".");

/** Identifiers as a list, each after `prefix`. */
export const quotedList = (names: readonly string[], prefix = ""): string =>
  names.map((name) => prefix + quoted(name)).join(", ");
