import { is, type SQL, sql } from "drizzle-orm";
import { type PgColumn, PgEnumColumn } from "drizzle-orm/pg-core";

const wholeNumbers: Readonly<Record<string, string>> = {
  smallserial: "smallint",
  serial: "integer",
  bigserial: "bigint",
};

/** A column's type as SQL, without a length, which would cut a longer value to another one. */
export function castTypeOf(column: PgColumn): string {
  const type = column.getSQLType().replace(/\([^)]*\)/g, "");
  return wholeNumbers[type] ?? type;
}

/** A column to compare with values of {@link comparedTypeOf}: enums as text, because their type may be anywhere. */
export const compared = (column: PgColumn): SQL => (isEnum(column) ? sql`${column}::text` : sql`${column}`);

export const comparedTypeOf = (column: PgColumn): string => (isEnum(column) ? "text" : castTypeOf(column));

const isEnum = (column: PgColumn): boolean => is(column, PgEnumColumn);

/** A value as its driver would send it, as text; null stays null. */
export function asText(column: PgColumn, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const sent = column.mapToDriverValue(value);
  if (sent instanceof Date) return sent.toISOString();
  return typeof sent === "object" ? JSON.stringify(sent) : String(sent);
}
