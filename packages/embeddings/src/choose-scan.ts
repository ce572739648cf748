import { type Database, rowsOf } from "@devora/db-schema";
import type { Context } from "./context.ts";
import { isKnownLarge, rememberLarge } from "./large-scopes.ts";
import type { NearParams, Scan } from "./queries/near-passages.ts";
import { decodePassingPassages, passingCountsQuery } from "./queries/passing-rows.ts";
import type { ScanSettings } from "./queries/scan-settings.ts";
import type { Scope } from "./queries/scope.ts";
import { decodeSearchState, type SearchState, searchStateQuery } from "./queries/search-state.ts";

/** Up to so many vectors in scope are compared one by one: 16 ms for 1,536 dimensions, and nothing is missed. */
export const exactRows = 5_000;
/** Where the index ended early (its `hnsw.max_scan_tuples`), so many are still compared one by one. */
const exactFallbackRows = 50_000;

/** How a scope is searched, and what its statement needs to know of the model. */
export type ScanPlan = Pick<NearParams, "modelId" | "dimensions" | "oversampling" | "scan">;

/**
 * Few vectors are compared one by one, be it few in scope or few that pass the filters; many are left to the index.
 * @param settings of index scans, to be set for the rest of the transaction
 * @returns undefined when there is nothing to search
 */
export async function chooseScan(
  tx: Database,
  context: Context,
  scope: Scope,
  { signal, settings }: { signal?: AbortSignal | undefined; settings?: ScanSettings | undefined },
): Promise<ScanPlan | undefined> {
  const isLarge = isKnownLarge(context, scope);
  const state = await stateOf(tx, context, scope, isLarge ? 0 : exactRows + 1, settings);
  if (state === undefined || (!isLarge && state.vectors === 0)) return undefined;
  if (state.vectors > exactRows) rememberLarge(context, scope);
  const plan = { ...limitsOf(context), modelId: state.modelId };
  const index = indexOf(context, state);
  const isSmall = index === undefined || (!isLarge && state.vectors <= exactRows);
  signal?.throwIfAborted();
  if (scope.conditions !== undefined && (await fewPass(tx, scope, exactRows)))
    return { ...plan, scan: "rows" };
  return { ...plan, scan: isSmall ? "all" : index };
}

/** How a scope is searched after its index has ended early; undefined when too many vectors would be compared. */
export async function fallbackScan(
  tx: Database,
  context: Context,
  scope: Scope,
): Promise<Extract<Scan, "all" | "rows"> | undefined> {
  if (scope.conditions !== undefined && (await fewPass(tx, scope, exactFallbackRows))) return "rows";
  const vectors = (await stateOf(tx, context, scope, exactFallbackRows + 1))?.vectors ?? 0;
  return vectors > exactFallbackRows ? undefined : "all";
}

/** The model as it is stored, if it is; at most `atMost` vectors of the scope are counted. */
export async function stateOf(
  tx: Database,
  { embedder }: Context,
  scope: Scope,
  atMost: number,
  settings?: ScanSettings,
): Promise<SearchState | undefined> {
  const [row] = await rowsOf(tx, searchStateQuery(embedder, scope, atMost, settings));
  return row === undefined ? undefined : decodeSearchState(row);
}

/** The index that was asked for, or else the other, as while the one is built. */
export const indexOf = (context: Context, { indexes }: SearchState) =>
  indexes.includes(context.index) ? context.index : indexes[0];

const limitsOf = ({ embedder: { dimensions }, oversampling }: Context) => ({ dimensions, oversampling });

/** Rows without passages cost a look-up as well, but of those `embedAll` leaves none. */
const fewPass = async (tx: Database, scope: Scope, atMost: number): Promise<boolean> =>
  decodePassingPassages(await rowsOf(tx, passingCountsQuery(scope, atMost + 1))) <= atMost;
