import {
  aliasedTableColumn,
  Column,
  getTableName,
  is,
  Name,
  Param,
  Placeholder,
  SQL,
  type SQLChunk,
  type SQLWrapper,
  StringChunk,
  Subquery,
  sql,
  Table,
} from "drizzle-orm";
import { getTableConfig, type PgColumn, type PgTable } from "drizzle-orm/pg-core";

/** The columns and the tables that SQL refers to, those of its subqueries among them; not what it says in words. */
export function mentionedIn(expressions: readonly SQL[]): { columns: Set<PgColumn>; tables: Set<PgTable> } {
  const columns = new Set<PgColumn>();
  const tables = new Set<PgTable>();
  const visit = (chunk: unknown): void => {
    if (is(chunk, Column)) columns.add(chunk as PgColumn);
    else if (is(chunk, Table)) tables.add(chunk as PgTable);
    else for (const part of partsOf(chunk)) visit(part);
  };
  for (const expression of expressions) visit(expression);
  return { columns, tables };
}

/** A table with its schema, for SQL that runs without a search path. */
export function qualified(table: PgTable, fallbackSchema: string): SQL {
  const { schema = fallbackSchema, name } = getTableConfig(table);
  return sql`${sql.identifier(schema)}.${sql.identifier(name)}`;
}

/**
 * The same SQL over another row source: columns of `table` are read from `alias`, and other tables get their schema.
 *
 * @example
 * readFrom(sql`${notes.body} is not null`, { table: notes, alias: "devora_row", schema: "public" });
 * // "devora_row"."body" is not null
 */
export function readFrom(
  expression: SQL,
  { table, alias, schema }: { table: PgTable; alias: string; schema: string },
): SQL {
  const rewrite = (chunk: unknown): SQLChunk => {
    if (is(chunk, Column)) return chunk.table === table ? aliasedTableColumn(chunk, alias) : chunk;
    if (is(chunk, Table)) return hasSchema(chunk) ? chunk : qualified(chunk as PgTable, schema);
    if (is(chunk, SQL)) return sql.join(chunk.queryChunks.map(rewrite));
    if (is(chunk, Subquery)) return sql`(${rewrite(chunk._.sql)}) ${sql.identifier(chunk._.alias)}`;
    if (Array.isArray(chunk)) return chunk.map(rewrite);
    if (isQuery(chunk)) return sql`(${rewrite(chunk.getSQL())})`;
    return chunk as SQLChunk;
  };
  return rewrite(expression) as SQL;
}

const partsOf = (chunk: unknown): readonly unknown[] => {
  if (is(chunk, SQL)) return chunk.queryChunks;
  if (is(chunk, Subquery)) return [chunk._.sql];
  if (Array.isArray(chunk)) return chunk;
  return isQuery(chunk) ? [chunk.getSQL()] : [];
};

/** A query of Drizzle's builder within a template. */
const isQuery = (chunk: unknown): chunk is SQLWrapper =>
  typeof chunk === "object" &&
  chunk !== null &&
  typeof (chunk as Partial<SQLWrapper>).getSQL === "function" &&
  ![SQL.Aliased, StringChunk, Name, Param, Placeholder].some((leaf) => is(chunk, leaf));

const aliasOf = Symbol.for("drizzle:IsAlias");

/** An alias stands for itself. */
const hasSchema = (table: Table): boolean =>
  (table as unknown as Record<symbol, unknown>)[aliasOf] === true ||
  getTableConfig(table as PgTable).schema !== undefined ||
  getTableName(table) === "";
