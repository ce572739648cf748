/** A table over one of the thresholds at which PostgreSQL's autovacuum would treat it. */
export interface DueTable {
  /** Schema and table, quoted. */
  name: string;
  vacuum: boolean;
  analyze: boolean;
  /** GIN indexes, quoted, with their schema: what autovacuum does beside its ANALYZE, a plain one does not. */
  ginIndexes: string[];
}

/** The table's own setting if it has one, as autovacuum reads it, or else the server's. */
const setting = (name: string): string => `coalesce(
      (select option_value::float8 from pg_options_to_table(c.reloptions) where option_name = '${name}'),
      current_setting('${name}')::float8)`;

/**
 * The tables that are due, by autovacuum's own rules (PostgreSQL 18, "Routine Vacuuming"): dead rows, inserted
 * rows, changed rows, age. Partitioned parents are not among them, as for autovacuum. The fewest rows come first.
 */
export const dueTablesQuery = `
with numbers as (
  select c.oid, s.schemaname, s.relname, s.n_dead_tup, s.n_ins_since_vacuum, s.n_mod_since_analyze,
         greatest(c.reltuples, 0) as live,
         case when c.relpages > 0 then 1 - least(c.relallfrozen::float8 / c.relpages, 1) else 1 end as unfrozen,
         age(c.relfrozenxid) > current_setting('autovacuum_freeze_max_age')::int as old,
         coalesce(
           (select option_value::boolean from pg_options_to_table(c.reloptions) where option_name = 'autovacuum_enabled'),
           true) as enabled,
         ${setting("autovacuum_vacuum_threshold")} as vacuum_base,
         ${setting("autovacuum_vacuum_scale_factor")} as vacuum_scale,
         ${setting("autovacuum_vacuum_max_threshold")} as vacuum_max,
         ${setting("autovacuum_vacuum_insert_threshold")} as insert_base,
         ${setting("autovacuum_vacuum_insert_scale_factor")} as insert_scale,
         ${setting("autovacuum_analyze_threshold")} as analyze_base,
         ${setting("autovacuum_analyze_scale_factor")} as analyze_scale
    from pg_stat_all_tables s
    join pg_class c on c.oid = s.relid
   where c.relkind in ('r', 'm') and c.relpersistence <> 't'
),
due as (
  select *,
         old or enabled and (
           n_dead_tup > case when vacuum_max < 0 then vacuum_base + vacuum_scale * live
                             else least(vacuum_max, vacuum_base + vacuum_scale * live) end
           or insert_base >= 0 and n_ins_since_vacuum > insert_base + insert_scale * live * unfrozen
         ) as needs_vacuum,
         enabled and oid <> 'pg_statistic'::regclass
           and n_mod_since_analyze > analyze_base + analyze_scale * live as needs_analyze
    from numbers
)
select format('%I.%I', schemaname, relname) as name, needs_vacuum, needs_analyze,
       coalesce((
         select json_agg(i.indexrelid::regclass::text order by i.indexrelid)
           from pg_index i
           join pg_class x on x.oid = i.indexrelid and pg_has_role(x.relowner, 'usage')
           join pg_am a on a.oid = x.relam and a.amname = 'gin'
          where i.indrelid = due.oid and i.indisvalid
       ), '[]') as gin_indexes
  from due
 where needs_vacuum or needs_analyze
 order by live, name`;

export const decodeDueTable = (row: Record<string, unknown>): DueTable => ({
  name: String(row.name),
  vacuum: row.needs_vacuum === true,
  analyze: row.needs_analyze === true,
  ginIndexes: row.gin_indexes as string[],
});

/** The statements that treat one table, each short of the others. */
export function treatmentOf({ name, vacuum, analyze, ginIndexes }: DueTable): string[] {
  if (vacuum) return [`vacuum ${analyze ? "(analyze) " : ""}${name}`];
  return [
    `analyze ${name}`,
    ...ginIndexes.map((index) => `select gin_clean_pending_list('${index.replaceAll("'", "''")}')`),
  ];
}
