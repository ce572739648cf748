import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { filterColumn } from "../filter-column.ts";
import type { Source } from "../source.ts";
import { isDecimal, typedValue } from "../typed-value.ts";

/** A condition that the query itself named. */
export type FieldFilter =
  | {
      readonly kind: "column";
      readonly name: string;
      readonly values: readonly string[];
      readonly excluded: boolean;
    }
  /** Languages of the row's text, or of its code. */
  | {
      readonly kind: "language";
      readonly text: readonly string[];
      readonly code: readonly string[];
      readonly excluded: boolean;
    };

/** Whether the source can tell: what it cannot tell of its rows, an exclusion does not concern. */
export const hasField = (source: Source, field: FieldFilter): boolean => {
  if (field.excluded) return true;
  if (field.kind === "column") return filterColumn(source, field.name) !== undefined;
  return field.text.length > 0 || source.codeLanguage !== undefined;
};

/** Rows that meet the condition. A value that the column cannot have is met by none. */
export function fieldCondition(source: Source, field: FieldFilter): SQL | undefined {
  const met =
    field.kind === "column"
      ? columnCondition(filterColumn(source, field.name), field.values)
      : languageCondition(source, field.text, field.code);
  if (met === undefined || !field.excluded) return met;
  return sql`not coalesce(${met}, false)`;
}

function columnCondition(column: PgColumn | undefined, texts: readonly string[]): SQL | undefined {
  if (!column) return undefined;
  const values = texts.map((text) => typedValue(column, text)).filter((value) => value !== undefined);
  const cast = isDecimal(column) ? sql`numeric` : sql`text`;
  return isOneOf(column, values, cast);
}

function languageCondition(
  { language, codeLanguage }: Source,
  text: readonly string[],
  code: readonly string[],
): SQL {
  const arms = [isOneOf(language, text), codeLanguage ? isOneOf(codeLanguage, code) : sql`false`];
  return sql`(${sql.join(arms, sql` or `)})`;
}

const isOneOf = (value: PgColumn | string, texts: readonly string[], cast = sql`text`): SQL =>
  texts.length === 0
    ? sql`false`
    : sql`${value}::${cast} in (${sql.join(
        texts.map((text) => sql`${text}::${cast}`),
        sql`, `,
      )})`;
