import type { PgColumn } from "drizzle-orm/pg-core";
import type { Source } from "./source.ts";

/** The source's filter of a name that a person typed, in camelCase or snake_case. */
export function filterColumn(source: Source, typed: string): PgColumn | undefined {
  const found = filterName(source, typed);
  return found === undefined ? undefined : source.filters[found];
}

/** The name that the source gives it. */
export const filterName = ({ filters }: Source, typed: string): string | undefined =>
  Object.keys(filters).find((name) => plainName(name) === plainName(typed));

/** The same for each way to write a name. */
export const plainName = (name: string): string => name.toLowerCase().replaceAll("_", "");
