import { aliasedTableColumn, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { mentionedIn, qualified, readFrom } from "./source-columns.ts";
import type { Source, Touch } from "./sources/define-source.ts";
import { idTypeOf } from "./sources/id-types.ts";

export interface BodyOptions {
  schema: string;
  notify: boolean;
}

const alias = "devora_row";
const row = sql.identifier(alias);

/** The expressions of a source that make its passages, decide whether they count and whose they are. */
export const expressionsOf = ({ owner, title, text, language, kind, live }: Source): SQL[] => [
  ...(owner === undefined ? [] : [sql`${owner}`]),
  title,
  text,
  language,
  kind,
  live,
];

/** What decides whether a row counts, and whether it changed; over the table itself as `devora_row`. */
export const judgementOf = (source: Source, options: BodyOptions): SQL =>
  sql`${from(source, options, source.live)}, ${ownerOf(source, options)}, ${hashOf(ownColumns(source))}`;

const ownColumns = (source: Source): PgColumn[] =>
  [...mentionedIn(expressionsOf(source)).columns].filter(({ table }) => table === source.table);

/** The body of the function of a source's own table: what an insert, update, delete or truncate means for it. */
export function ownTableBody(source: Source, options: BodyOptions): SQL {
  const version = (isNew: boolean) => sql`
    select ${from(source, options, sql`${source.id}`)}::text as id, ${sql.raw(String(isNew))} as is_new,
      ${ownerOf(source, options)} as owner_id, (${from(source, options, source.live)}) is true as lives,
      ${hashOf(ownColumns(source))} as hash
    from ${isNew ? sql`new_rows` : sql`old_rows`} as ${row}`;
  const changes = (versions: SQL) => sql`
    with versions as (${versions}
    ), changes as (
      select id,
        max(owner_id) filter (where not is_new) as old_owner_id, max(owner_id) filter (where is_new) as owner_id,
        coalesce(bool_or(lives) filter (where not is_new), false) as lived,
        coalesce(bool_or(lives) filter (where is_new), false) as lives,
        max(hash) filter (where not is_new) as old_hash, max(hash) filter (where is_new) as hash
      from versions
      group by id
    ), judged as (
      select id,
        case when lives then owner_id else old_owner_id end as owner_id,
        case when lives then old_hash is distinct from hash or not lived else lived end as stale,
        lived and (not lives or old_owner_id is distinct from owner_id) as gone
      from changes
      -- Always true: a statement that names a variable is planned anew where the function says force_custom_plan.
      where devora_source is not null
    )
    select array_agg(id) filter (where stale), array_agg(owner_id) filter (where stale),
      array_agg(id) filter (where gone)
    into devora_ids, devora_owners, devora_gone
    from judged;`;
  return sql`
declare
  devora_source constant text := ${source.name};
  devora_ids text[];
  devora_owners text[];
  devora_gone text[];
begin
  if tg_op = 'TRUNCATE' then
    delete from devora.chunks where source = devora_source;
    return null;
  elsif tg_op = 'INSERT' then${changes(version(true))}
  elsif tg_op = 'DELETE' then${changes(version(false))}
  else${changes(sql`${version(false)}
    union all${version(true)}`)}
  end if;${record(options)}
end `;
}

/** The body of the function of a table that a source reads besides: which of the source's rows that touches. */
export function touchedTableBody(source: Source, { column, matches }: Touch, options: BodyOptions): SQL {
  const mentioned = mentionedIn(expressionsOf(source)).columns;
  const columns = [...mentioned].filter(({ table }) => table === column.table);
  const version = (isNew: boolean) => sql`
      select ${aliasedTableColumn(column, alias)}::text as key, ${sql.raw(String(isNew))} as is_new,
        ${columns.length === 0 ? sql`${row}::text` : hashOf(columns)} as hash
      from ${isNew ? sql`new_rows` : sql`old_rows`} as ${row}`;
  // As often before as after: to swap two rows that are the same to the source touches nothing.
  const keys = (versions: SQL) => sql`
    devora_keys := array(
      select distinct key
      from (
        select key
        from (${versions}
        ) as versions
        where key is not null
        group by key, hash
        having count(*) filter (where is_new) <> count(*) filter (where not is_new)
      ) as touched);`;
  return sql`
declare
  devora_source constant text := ${source.name};
  devora_keys text[];
  devora_ids text[];
  devora_owners text[];
  devora_gone text[];
begin
  if tg_op = 'INSERT' then${keys(version(true))}
  elsif tg_op = 'DELETE' then${keys(version(false))}
  else${keys(sql`${version(false)}
      union all${version(true)}`)}
  end if;
  if devora_keys = '{}' then
    return null;
  end if;
  select array_agg(id), array_agg(owner_id), array_agg(id) filter (where not lives)
  into devora_ids, devora_owners, devora_gone
  from (
    select ${from(source, options, sql`${source.id}`)}::text as id, ${ownerOf(source, options)} as owner_id,
      (${from(source, options, source.live)}) is true as lives
    from ${qualified(source.table, options.schema)} as ${row}
    where ${from(source, options, sql`${matches}`)} = any(devora_keys::${idTypeOf(matches, source.name).castArray})
  ) as touched;${record(options)}
end `;
}

/**
 * Queues first: where a worker is just writing one of the rows, that waits for it, and then sees what it wrote. The
 * rows that are gone are queued as well, for whoever writes their passages without a job.
 */
const record = ({ notify }: BodyOptions): SQL => sql`
  if devora_ids is not null then
    perform devora.queue_embeddings(devora_source, devora_ids, devora_owners);${
      notify
        ? sql`
    perform pg_notify('devora_embeddings', devora_source);`
        : sql``
    }
  end if;
  if devora_gone is not null then
    delete from devora.chunks where source = devora_source and entity_id = any(devora_gone);
  end if;
  return null;`;

const from = (source: Source, { schema }: BodyOptions, expression: SQL): SQL =>
  readFrom(expression, { table: source.table, alias, schema });

const ownerOf = (source: Source, options: BodyOptions): SQL =>
  source.owner === undefined ? sql`null::text` : sql`${from(source, options, sql`${source.owner}`)}::text`;

/** One hash for all columns, of any type: `json` has no equality, and a collation may take different texts for equal. */
const hashOf = (columns: readonly PgColumn[]): SQL =>
  sql`encode(sha256(convert_to(row(${sql.join(
    columns.map((column) => sql`${aliasedTableColumn(column, alias)}`),
    sql`, `,
  )})::text, getdatabaseencoding())), 'hex')`;
