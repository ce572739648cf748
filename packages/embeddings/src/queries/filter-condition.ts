import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { EmbeddingsError, shapeOf } from "../errors.ts";
import { castTypeOf, elementOf, isArray, typeNameOf } from "../sources/column-type.ts";
import type { Source } from "../sources/define-source.ts";
import { idTypeNamed, unstorable } from "../sources/id-types.ts";

/**
 * Rows of a source's table that pass its filters. The source must have them all.
 * @throws {EmbeddingsError} INVALID_INPUT for a value that the column cannot have
 *
 * @example
 * filterCondition(files, { language: ["fr", null] }, undefined);
 * // true and ("project_files"."language" = any($1::text[]::text[]) or "project_files"."language" is null)
 */
export function filterCondition(
  source: Source,
  filters: Readonly<Record<string, unknown>>,
  updatedAfter: Date | undefined,
): SQL {
  const conditions = [sql`true`];
  for (const [name, value] of Object.entries(filters)) {
    const column = source.filters[name];
    if (column === undefined) continue;
    conditions.push(isOneOf(column, name, Array.isArray(value) ? value : [value]));
  }
  const { updatedAtColumn } = source;
  if (updatedAtColumn !== undefined && updatedAfter !== undefined) {
    conditions.push(
      sql`${updatedAtColumn} >= ${updatedAfter.toISOString()}::text::${castTypeOf(updatedAtColumn)}`,
    );
  }
  return sql.join(conditions, sql` and `);
}

/** No value of an empty list is there. */
function isOneOf(column: PgColumn, name: string, values: readonly unknown[]): SQL {
  const texts = values.filter((value) => value !== null).map((value) => textOf(column, name, value));
  const list = sql`${sql.param(texts)}::text[]::${castTypeOf(column)}[]`;
  const any = isArray(column) ? sql`${column} && ${list}` : sql`${column} = any(${list})`;
  return values.includes(null) ? sql`(${any} or ${column} is null)` : any;
}

/** A value as its driver would send it, as text. */
function textOf(column: PgColumn, name: string, value: unknown): string {
  const element = elementOf(column);
  const text = sentText(element, value);
  const type = idTypeNamed(typeNameOf(column));
  const isValid =
    text !== undefined &&
    !unstorable.test(text) &&
    (type === undefined || type.canonical(text) !== undefined) &&
    (!element.enumValues?.length || element.enumValues.includes(text));
  if (isValid) return text;
  throw new EmbeddingsError(
    "INVALID_INPUT",
    `Filter "${name}" compares with a column of type ${column.getSQLType()}; received ${shapeOf(value)} that it cannot hold. Pass a value of the column, or a list of them.`,
  );
}

function sentText(column: PgColumn, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  try {
    const sent = value instanceof Date ? value : column.mapToDriverValue(value);
    if (sent instanceof Date) return sent.toISOString();
    return typeof sent === "object" ? undefined : String(sent);
  } catch {
    return undefined;
  }
}
