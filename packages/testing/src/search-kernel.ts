import { type SQL, sql } from "drizzle-orm";

/** What a search kernel must know of a table. Names are identifiers, quoted here. */
export interface KernelTable {
  schema: string;
  table: string;
  id: string;
  idType: "uuid" | "text" | "bigint";
  owner: string;
  ownerType: "uuid" | "text" | "bigint";
  /** The generated tsvector column; its index is btree_gin on (owner, vector). */
  vector: string;
  /** The column that is null in live rows, when the index is partial by it. */
  deletedAt?: string;
}

export interface SearchKernel {
  /** `schema.function`, quoted. */
  name: string;
  /** Creates it and hands it over to devora_definer; run by the migrating login, in this order. */
  statements: SQL[];
}

/**
 * A `security definer` function that searches one table within the caller's own rows.
 *
 * `@@` is not leakproof: under a policy PostgreSQL tests it only after the policy, so no index can answer it. The
 * function belongs to devora_definer, whom a policy lets read, and holds the owner's predicate itself, by
 * `app.user_id` and not by an argument, so that a caller cannot ask for another.
 * It answers `(id, score)` of at most `max_rows` rows, best first, ties by id.
 *
 * @example
 * for (const statement of createSearchKernel(messages).statements) await db.execute(statement);
 * // create function "devora"."search_messages" (query tsquery, max_rows integer) returns table (id uuid, score real) …
 */
export function createSearchKernel(table: KernelTable): SearchKernel {
  const name = kernelName(table);
  const signature = `${name}(tsquery, integer)`;
  return {
    name,
    statements: [
      sql`create function ${sql.raw(name)} (query tsquery, max_rows integer)
        returns table (id ${sql.raw(table.idType)}, score real)
        language sql stable security definer
        set search_path = pg_catalog, pg_temp
        as $kernel$ ${kernelBody(table, sql`query`, sql`max_rows`)} $kernel$`,
      sql`select devora.hand_over(${sql.raw(`'${signature}'`)}, 'devora_app')`,
    ],
  };
}

/** The statement inside a kernel: what its owner runs. */
export function kernelBody(table: KernelTable, query: SQL, maxRows: SQL): SQL {
  const column = (name: string): SQL => sql`t.${sql.identifier(name)}`;
  const live = table.deletedAt === undefined ? sql.empty() : sql`and ${column(table.deletedAt)} is null`;
  return sql`
    select ${column(table.id)}, ts_rank(${column(table.vector)}, ${query})
    from ${tableName(table)} t
    where ${column(table.owner)} = (select nullif(current_setting('app.user_id', true), '')::${sql.raw(table.ownerType)})
      and ${column(table.vector)} @@ ${query}
      ${live}
    order by 2 desc, 1
    limit ${maxRows}`;
}

export interface KernelQuery {
  /** What a person typed, in web search syntax. */
  text: string;
  language: "fr" | "en" | "simple";
  /** Rows, from 1. */
  limit: number;
}

/**
 * The whole statement of a search: `id`, `score` and the row of each hit as `row`, best first, ties by id.
 *
 * The kernel's ids are read again under the caller's policies, so a fault of the kernel shows nothing foreign.
 * `offset 0` keeps the planner from making a join of it that starts at the table.
 *
 * @example
 * await withUser(db, user.id, (tx) => rowsOf(tx, kernelQuery(messages, { text: "sql index", language: "en", limit: 20 })));
 */
export function kernelQuery(table: KernelTable, { text, language, limit }: KernelQuery): SQL {
  const kernel = sql.raw(kernelName(table));
  const query = sql`websearch_to_tsquery(devora.text_config(${language}::text), ${text}::text)`;
  return sql`
    select k.id, k.score, to_jsonb(r) as row
    from ${kernel}(${query}, ${limit}::integer) k
    cross join lateral (select t.* from ${tableName(table)} t where t.${sql.identifier(table.id)} = k.id offset 0) r
    order by k.score desc, k.id`;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const kernelName = ({ table }: KernelTable): string => `"devora".${quoted(`search_${table}`)}`;
const tableName = ({ schema, table }: KernelTable): SQL =>
  sql`${sql.identifier(schema)}.${sql.identifier(table)}`;
