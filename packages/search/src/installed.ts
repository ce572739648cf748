import { type Database, type Row, rowsOf } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
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

/** `isOwn`: the database is the one that the search was made with, in the scope of the call's owner. */
export type InstallationLookup = (
  db: Database,
  sources: readonly Source[],
  call: { readonly scope: Scope; readonly isOwn: boolean },
) => Promise<Installed>;

/**
 * A kernel answers for the user of `app.user_id`, so it serves calls for just that owner; other calls, such as a
 * service's, send the statement itself. What is there on the search's own database is asked for until all is; a
 * caller's database is asked each time, for it may be another one, or in another scope.
 */
export function createInstallationLookup(
  sources: readonly Source[],
  options: KernelOptions = {},
): InstallationLookup {
  const kernels = new Map(
    sources
      .filter(({ owner }) => owner !== undefined)
      .map((source) => [source.name, searchKernelFor(source, options)] as const),
  );
  const known = new Map<string, Installed>();
  return async (db, wanted, { scope: { ownerId }, isOwn }) => {
    const asked = wanted.flatMap(({ name }) => {
      const kernel = ownerId === undefined ? undefined : kernels.get(name);
      return kernel ? [[name, kernel] as const] : [];
    });
    const key = asked.map(([name]) => name).join();
    const remembered = isOwn ? known.get(key) : undefined;
    if (remembered) return remembered;
    const row = decodeInstalled(await rowsOf(db, installedQuery(asked, ownerId)));
    const found: Installed = {
      kernels: new Map(asked.filter(([name]) => row.scoped && row.ready.has(name))),
      statistics: row.statistics,
    };
    if (isOwn && found.statistics && found.kernels.size === asked.length) known.set(key, found);
    return found;
  };
}

const installedQuery = (
  kernels: readonly (readonly [string, SearchKernel])[],
  ownerId: string | undefined,
): SQL => sql`
  select coalesce(current_setting('app.user_id', true), '') = ${ownerId ?? null}::text as scoped,
         coalesce(has_function_privilege(
           to_regprocedure('devora.search_frequencies_v1(text[], text[])'), 'execute'), false) as statistics,
         array_to_string(array(
           select k.name
           from jsonb_to_recordset(${JSON.stringify(
             kernels.map(([name, { rank }]) => ({ name, rank: `${rank}(jsonb)` })),
           )}::jsonb) as k(name text, rank text)
           where has_function_privilege(to_regprocedure(k.rank), 'execute')
         ), ',') as ready`;

const decodeInstalled = ([row]: readonly Row[]) => ({
  scoped: row?.scoped === true,
  statistics: row?.statistics === true,
  ready: new Set(String(row?.ready).split(",")),
});
