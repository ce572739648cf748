import { is, type SQL, sql } from "drizzle-orm";
import { PgArray, type PgColumn, PgEnumColumn } from "drizzle-orm/pg-core";

const wholeNumbers: Readonly<Record<string, string>> = {
  smallserial: "smallint",
  serial: "integer",
  bigserial: "bigint",
};

/** The type of a column's values, of an array column's elements, as Drizzle spells it and without a length. */
export function typeNameOf(column: PgColumn): string {
  const type = elementOf(column)
    .getSQLType()
    .replace(/\([^)]*\)/g, "");
  return wholeNumbers[type] ?? type;
}

/**
 * That type for a cast. Values are cast and never the column, so that its indexes serve; without a length, which
 * would cut a longer value to another one.
 */
export function castTypeOf(column: PgColumn): SQL {
  const element = elementOf(column);
  if (!is(element, PgEnumColumn)) return sql.raw(typeNameOf(column));
  const { enumName, schema } = element.enum;
  const name = sql`${sql.identifier(enumName)}`;
  return schema === undefined ? name : sql`${sql.identifier(schema)}.${name}`;
}

export const isArray = (column: PgColumn): boolean => is(column, PgArray);

export const elementOf = (column: PgColumn): PgColumn =>
  is(column, PgArray) ? (column.baseColumn as unknown as PgColumn) : column;
