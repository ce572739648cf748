import type { PgColumn } from "drizzle-orm/pg-core";
import type { Source } from "./source.ts";

/** The source's filter of a name that a person typed, in camelCase or snake_case. */
export function filterColumn({ filters }: Source, typed: string): PgColumn | undefined {
  const found = Object.keys(filters).find((name) => plainName(name) === plainName(typed));
  return found === undefined ? undefined : filters[found];
}

/** The same for each way to write a name. */
export const plainName = (name: string): string => name.toLowerCase().replaceAll("_", "");
