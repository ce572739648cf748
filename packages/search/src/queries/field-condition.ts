import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { filterColumn, filterName } from "../filter-column.ts";
import type { Source } from "../source.ts";
import { isDecimal, typedValue } from "../typed-value.ts";
import { type Input, type SearchRequest, whenGiven } from "./input.ts";

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

/** The conditions' values: of several on one column those that all allow, or that any excludes. */
export function fieldRequest(source: Source, fields: readonly FieldFilter[]): SearchRequest {
  const lists = new Map<string, string[]>();
  const add = (name: string, excluded: boolean, values: readonly string[]) => {
    const key = `${excluded ? "not" : "field"}.${name}`;
    const known = lists.get(key);
    if (known === undefined) lists.set(key, [...values]);
    else lists.set(key, excluded ? [...known, ...values] : known.filter((value) => values.includes(value)));
  };
  for (const field of fields) {
    if (field.kind === "language") {
      add("@text", field.excluded, field.text);
      add("@code", field.excluded, field.code);
      continue;
    }
    const column = filterColumn(source, field.name);
    const name = filterName(source, field.name);
    if (column === undefined || name === undefined) continue;
    add(
      name,
      field.excluded,
      field.values.flatMap((value) => typedValue(column, value) ?? []),
    );
  }
  return Object.fromEntries([...lists].map(([key, values]) => [key, JSON.stringify(values)]));
}

/** Rows that meet the conditions. A value that the column cannot have is met by none. */
export function fieldConditions(source: Source, input: Input): (SQL | undefined)[] {
  const columns = Object.entries(source.filters).flatMap(([name, column]) => {
    const met = (kind: string) => isOneOf(column, input.value(`${kind}.${name}`, "jsonb"), typeOf(column));
    return [
      whenGiven(input, `field.${name}`, met("field")),
      whenGiven(input, `not.${name}`, sql`not coalesce(${met("not")}, false)`),
    ];
  });
  return [
    ...columns,
    whenGiven(input, "field.@text", languageIs(source, "field", input)),
    whenGiven(input, "not.@text", sql`not coalesce(${languageIs(source, "not", input)}, false)`),
  ];
}

function languageIs({ language, codeLanguage }: Source, kind: string, input: Input): SQL {
  const text = isOneOf(language, input.value(`${kind}.@text`, "jsonb"), "text");
  if (!codeLanguage) return text;
  return sql`(${text} or ${isOneOf(codeLanguage, input.value(`${kind}.@code`, "jsonb"), "text")})`;
}

/** Numbers with several text forms are compared as numbers. */
const typeOf = (column: PgColumn): string => (isDecimal(column) ? "numeric" : "text");

const isOneOf = (value: PgColumn | string, list: SQL, type: string): SQL => {
  const cast = sql.raw(type);
  return sql`${value}::${cast} = any(array(select jsonb_array_elements_text(${list}))::${cast}[])`;
};
