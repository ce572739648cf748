import type { PgColumn } from "drizzle-orm/pg-core";

const booleans: Readonly<Record<string, string>> = {
  true: "true",
  yes: "true",
  oui: "true",
  false: "false",
  no: "false",
  non: "false",
};

/**
 * What a person typed as the column's own text form, so that it can be compared as text; undefined for one that the column
 * cannot have. Enumerated values in any case.
 *
 * @example
 * typedValue(books.year, "01954"); // "1954"
 * typedValue(books.year, "old"); // undefined
 */
export function typedValue(column: PgColumn, text: string): string | undefined {
  const type = column.getSQLType();
  if (column.enumValues) return column.enumValues.find((value) => value.toLowerCase() === text.toLowerCase());
  if (type === "uuid") {
    return /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text) ? text.toLowerCase() : undefined;
  }
  if (type === "boolean") return booleans[text.toLowerCase()];
  if (/^(?:smallint|integer|bigint|smallserial|serial|bigserial)$/.test(type)) {
    return /^-?\d{1,19}$/.test(text) ? String(BigInt(text)) : undefined;
  }
  if (isDecimal(column)) {
    return /^-?\d{1,19}(?:\.\d{1,19})?$/.test(text) ? text : undefined;
  }
  return text;
}

/** Whether the column's numbers have several text forms, such as 12.5 and 12.50. */
export const isDecimal = (column: PgColumn): boolean =>
  /^(?:numeric|real|double precision)/.test(column.getSQLType());
