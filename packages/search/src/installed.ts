import { type Database, rowsOf } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import { type KernelOptions, type SearchKernel, searchKernelFor } from "./kernels.ts";
import type { Scope } from "./queries/scope.ts";
import type { Source } from "./source.ts";

/** What a search on this database can use. */
export interface Installed {
  /** By source. */
  readonly kernels: ReadonlyMap<string, SearchKernel>;
  /** Whether module `search` counts words. */
  readonly statistics: boolean;
}

export type InstallationLookup = (
  db: Database,
  sources: readonly Source[],
  scope: Scope,
) => Promise<Installed>;

/**
 * A kernel answers for the user of `app.user_id`, so it serves calls for just that owner; other calls, such as a
 * service's, send the statement itself.
 */
export function createInstallationLookup(
  sources: readonly Source[],
  options: KernelOptions = {},
): InstallationLookup {
  const kernels = sources
    .filter(({ owner }) => owner !== undefined)
    .map((source) => ({ name: source.name, kernel: searchKernelFor(source, options) }));
  return async (db, wanted, { ownerId }) => {
    const names = new Set(wanted.map(({ name }) => name));
    const asked = kernels.filter(({ name }) => names.has(name));
    const list = asked.map(({ name, kernel }) => ({ name, rank: `${kernel.rank}(jsonb)` }));
    const [row] = await rowsOf(
      db,
      sql`
        select coalesce(current_setting('app.user_id', true), '') = ${ownerId ?? null}::text as scoped,
               coalesce(has_function_privilege(
                 to_regprocedure('devora.search_frequencies_v1(text[], text[])'), 'execute'), false) as statistics,
               array_to_string(array(
                 select k.name from jsonb_to_recordset(${JSON.stringify(list)}::jsonb) as k(name text, rank text)
                 where has_function_privilege(to_regprocedure(k.rank), 'execute')
               ), ',') as ready`,
    );
    const ready = new Set(row?.scoped === true ? String(row.ready).split(",") : []);
    return {
      kernels: new Map(
        asked.flatMap(({ name, kernel }) => (ready.has(name) ? [[name, kernel] as const] : [])),
      ),
      statistics: row?.statistics === true,
    };
  };
}
