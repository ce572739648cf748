import { is } from "drizzle-orm";
import { getTableConfig, getViewConfig, PgTable, PgView } from "drizzle-orm/pg-core";
import { type ModuleName, moduleNames } from "../modules.ts";
import * as analytics from "../schema/analytics.ts";
import * as app from "../schema/app.ts";
import * as core from "../schema/core.ts";
import * as embeddings from "../schema/embeddings.ts";
import * as metrics from "../schema/metrics.ts";
import * as search from "../schema/search.ts";
import type { Discarded } from "./findings.ts";
import { quotedTable } from "./names.ts";

const exportsOf: Record<ModuleName, Record<string, unknown>> = {
  core,
  app,
  analytics,
  metrics,
  search,
  embeddings,
};

/** The Drizzle tables of modules, by the name of their export. */
export const tablesOf = (modules: readonly ModuleName[]): Record<string, PgTable> =>
  Object.fromEntries(
    modules
      .flatMap((module) => Object.entries(exportsOf[module]))
      .filter((entry): entry is [string, PgTable] => is(entry[1], PgTable)),
  );

/** Names of what modules have in `public`, where a host has its own tables: tables and views. */
export const publicNamesOf = (modules: readonly ModuleName[]): string[] =>
  modules
    .flatMap((module) => Object.values(exportsOf[module]))
    .flatMap((value): { schema?: string | undefined; name: string }[] => {
      if (is(value, PgTable)) return [getTableConfig(value)];
      return is(value, PgView) ? [getViewConfig(value)] : [];
    })
    .filter(({ schema }) => schema === undefined)
    .map(({ name }) => name);

/** A schema without this package's own tables of other modules: migrations make those, with all that belongs to them. */
export function ofModules(
  schema: Readonly<Record<string, unknown>>,
  modules: readonly ModuleName[],
): { schema: Record<string, unknown>; discarded: Discarded[] } {
  const absent = new Map(
    moduleNames
      .filter((module) => !modules.includes(module))
      .flatMap((module) => Object.values(tablesOf([module])).map((table) => [table, module] as const)),
  );
  const isAbsent = (value: unknown): value is PgTable => is(value, PgTable) && absent.has(value);
  return {
    schema: Object.fromEntries(Object.entries(schema).filter(([, value]) => !isAbsent(value))),
    discarded: Object.values(schema)
      .filter(isAbsent)
      .map((table) => ({
        statement: `create table ${nameOf(table)}`,
        reason: `The module ${absent.get(table)} is not installed; name it in modules.`,
      })),
  };
}

function nameOf(table: PgTable): string {
  const { schema = "", name } = getTableConfig(table);
  return quotedTable({ schema, name });
}
