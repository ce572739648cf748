import { type Database, rowsOf } from "@devora/db-schema";
import type { Embedder } from "./ports.ts";
import {
  decodeNearest,
  decodeSearchState,
  type NearestParams,
  type NearestRow,
  nearestQuery,
  type Scope,
  searchStateQuery,
} from "./queries/nearest.ts";
import { decodeScanSettings, scanSettingsQuery, setScanSettingsQuery } from "./queries/scan-settings.ts";

export interface NearestOptions {
  vector: readonly number[];
  limit: number;
  perEntity: boolean;
  minSimilarity?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface NearestHits {
  hits: NearestRow[];
  /** False when there may be more hits than were found, because the scan was given up. */
  complete: boolean;
}

/** Up to so many vectors in scope are compared one by one: 16 ms for 1,536 dimensions, and nothing is missed. */
const exactRows = 5_000;
/** Where the index ended early (its `hnsw.max_scan_tuples`), so many are still compared one by one. */
const exactFallbackRows = 50_000;
const mostCandidates = 10_000;

/**
 * The live passages in scope that are nearest to a vector.
 * @param tx a transaction: the settings of the scan are local to it
 * @param borrowed whether it is the caller's, whose own scans have to go on as before
 */
export async function nearest(
  tx: Database,
  embedder: Embedder,
  scope: Scope,
  { signal, ...options }: NearestOptions,
  borrowed: boolean,
): Promise<NearestHits> {
  const stateOf = async (atMost: number) => {
    signal?.throwIfAborted();
    const [row] = await rowsOf(tx, searchStateQuery(embedder, scope, atMost));
    return row === undefined ? undefined : decodeSearchState(row);
  };
  const state = await stateOf(exactRows + 1);
  if (state === undefined || state.vectors === 0) return { hits: [], complete: true };
  const params = { ...scope, ...options, modelId: state.modelId, dimensions: embedder.dimensions };

  if (state.indexed && state.vectors > exactRows) {
    const scan = () => widen(tx, { ...params, exact: false }, signal);
    const { hits, end } = await withIterativeScan(tx, borrowed, scan);
    if (end !== "exhausted") return { hits, complete: end === "filled" };
    const vectors = (await stateOf(exactFallbackRows + 1))?.vectors ?? 0;
    if (vectors > exactFallbackRows) return { hits, complete: false };
  }
  const { hits, end } = await widen(tx, { ...params, exact: true }, signal);
  return { hits, complete: end !== "capped" };
}

/**
 * - `filled`: all hits wanted are there, or what is left is too far away
 * - `exhausted`: the scan had no more candidates
 * - `capped`: too many candidates were of too few entities
 */
type ScanEnd = "filled" | "exhausted" | "capped";

/** Asks for more candidates until they make enough hits; several may be of one entity. */
async function widen(
  tx: Database,
  params: Omit<NearestParams, "candidates">,
  signal: AbortSignal | undefined,
): Promise<{ hits: NearestRow[]; end: ScanEnd }> {
  const { limit, perEntity } = params;
  for (let candidates = perEntity ? Math.max(40, limit * 4) : limit; ; candidates *= 4) {
    signal?.throwIfAborted();
    const found = decodeNearest(await rowsOf(tx, nearestQuery({ ...params, candidates })));
    const { hits } = found;
    if (hits.length >= limit || found.nearEnough < found.candidates) return { hits, end: "filled" };
    if (found.candidates < candidates) return { hits, end: "exhausted" };
    if (candidates >= mostCandidates) return { hits, end: "capped" };
  }
}

/**
 * Lets the HNSW scans of `fn` go on until enough rows pass the filters. Without, a filter that one row in fifty
 * passes left 1 of 10 hits.
 */
async function withIterativeScan<T>(tx: Database, borrowed: boolean, fn: () => Promise<T>): Promise<T> {
  const before = borrowed ? decodeScanSettings((await rowsOf(tx, scanSettingsQuery))[0]) : undefined;
  await tx.execute(setScanSettingsQuery({ iterativeScan: "relaxed_order", efSearch: "100" }));
  const result = await fn();
  if (before !== undefined) await tx.execute(setScanSettingsQuery(before));
  return result;
}
