import { type Database, rowsOf } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import { type KernelOptions, type SearchKernel, searchKernelFor } from "./kernels.ts";
import type { Scope } from "./queries/scope.ts";
import type { Source } from "./source.ts";

/** The kernels, by source, that can answer a call on this database. */
export type KernelLookup = (
  db: Database,
  sources: readonly Source[],
  scope: Scope,
) => Promise<ReadonlyMap<string, SearchKernel>>;

/**
 * A kernel answers for the user of `app.user_id`, so it serves calls for just that owner; other calls, such as a
 * service's, send the statement itself.
 */
export function createKernelLookup(sources: readonly Source[], options: KernelOptions = {}): KernelLookup {
  const kernels = sources
    .filter(({ owner }) => owner !== undefined)
    .map((source) => ({ name: source.name, kernel: searchKernelFor(source, options) }));
  return async (db, wanted, { ownerId }) => {
    const names = new Set(wanted.map(({ name }) => name));
    const asked = kernels.filter(({ name }) => names.has(name));
    if (ownerId === undefined || asked.length === 0) return new Map();
    const [row] = await rowsOf(
      db,
      sql`
        select coalesce(current_setting('app.user_id', true), '') = ${ownerId}::text as scoped, array_to_string(array(
          select k.name from jsonb_to_recordset(${JSON.stringify(
            asked.map(({ name, kernel }) => ({
              name,
              rank: `${kernel.rank}(jsonb)`,
              count: `${kernel.count}(jsonb)`,
            })),
          )}::jsonb) as k(name text, rank text, count text)
          where has_function_privilege(to_regprocedure(k.rank), 'execute')
            and has_function_privilege(to_regprocedure(k.count), 'execute')
        ), ',') as ready`,
    );
    if (row?.scoped !== true) return new Map();
    const ready = new Set(String(row.ready).split(","));
    return new Map(asked.flatMap(({ name, kernel }) => (ready.has(name) ? [[name, kernel] as const] : [])));
  };
}
