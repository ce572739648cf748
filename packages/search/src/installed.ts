import { type Database, type Row, rowsOf } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { type KernelOptions, lexemesKernel, type SearchKernel, searchKernelFor } from "./kernels.ts";
import type { CallKernel, Kernels } from "./queries/kernel-call.ts";
import type { Scope } from "./queries/scope.ts";
import type { Source } from "./source.ts";

/** What a search on this database can use. */
export interface Installed {
  readonly kernels: Kernels;
  /** Whether module `search` counts words. */
  readonly statistics: boolean;
  /** The function that stems a query's texts; undefined where there is none. */
  readonly lexemes: string | undefined;
}

export const nothingInstalled: Installed = { kernels: new Map(), statistics: false, lexemes: undefined };

/** `isOwn`: the database is the one that the search was made with, in the scope of the call's owner. */
export type InstallationLookup = (
  db: Database,
  sources: readonly Source[],
  call: { readonly scope: Scope; readonly isOwn: boolean },
) => Promise<Installed>;

/**
 * Within an owner's rows a kernel answers for the user of `app.user_id`, so it serves calls for just that owner; other
 * calls, such as a service's, get the one over all rows that they may see. What is there on the search's own database
 * is asked for until all is; a caller's database is asked each time, for it may be another one, or in another scope.
 */
export function createInstallationLookup(
  sources: readonly Source[],
  options: KernelOptions = {},
): InstallationLookup {
  const kernels = new Map(sources.map((source) => [source.name, searchKernelFor(source, options)] as const));
  const { name: lexemesName } = lexemesKernel();
  const known = new Map<string, Installed>();
  return async (db, wanted, { scope: { ownerId }, isOwn }) => {
    const asked = wanted.flatMap(({ name }) => {
      const kernel = kernels.get(name);
      return kernel ? [[name, kernel] as const] : [];
    });
    const key = [ownerId === undefined, ...asked.map(([name]) => name)].join();
    const remembered = isOwn ? known.get(key) : undefined;
    if (remembered) return remembered;
    const row = decodeInstalled(await rowsOf(db, installedQuery(asked, lexemesName, ownerId)));
    const usable = asked.flatMap(([name, kernel]) => {
      const functions = functionsFor(kernel, row);
      return functions ? [[name, functions] as const] : [];
    });
    const lexemes = row.ready.has(lexemesName) ? lexemesName : undefined;
    const found: Installed = { kernels: new Map(usable), statistics: row.statistics, lexemes };
    if (isOwn && found.statistics && lexemes && usable.length === asked.length) known.set(key, found);
    return found;
  };
}

function functionsFor(
  { own, visible, page }: SearchKernel,
  { scoped, ready }: ReturnType<typeof decodeInstalled>,
): CallKernel | undefined {
  if (!ready.has(page)) return undefined;
  if (scoped && own && ready.has(own.rank)) return { ...own, page, isOwn: true };
  return ready.has(visible.rank) ? { ...visible, page, isOwn: false } : undefined;
}

const installedQuery = (
  kernels: readonly (readonly [string, SearchKernel])[],
  lexemes: string,
  ownerId: string | undefined,
): SQL => sql`
  select coalesce(current_setting('app.user_id', true), '') = ${ownerId ?? null}::text as scoped,
         coalesce(has_function_privilege(
           to_regprocedure('devora.search_frequencies_v1(text[], text[])'), 'execute'), false) as statistics,
         array_to_string(array(
           select f.name from jsonb_array_elements_text(${JSON.stringify([
             lexemes,
             ...kernels.flatMap(([, { own, visible, page }]) => [
               ...(own ? [own.rank] : []),
               visible.rank,
               page,
             ]),
           ])}::jsonb) as f(name)
           where has_function_privilege(to_regprocedure(f.name || '(jsonb)'), 'execute')
         ), ',') as ready`;

const decodeInstalled = ([row]: readonly Row[]) => ({
  scoped: row?.scoped === true,
  statistics: row?.statistics === true,
  ready: new Set(String(row?.ready).split(",")),
});
