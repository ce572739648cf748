import { type Database, rowsOf } from "@devora/db-schema";
import { chooseScan, fallbackScan } from "./choose-scan.ts";
import type { Context } from "./context.ts";
import { decodeNearest, type NearestParams, type NearestRow, nearestQuery } from "./queries/nearest.ts";
import type { Scope } from "./queries/scope.ts";
import { iterativeScan, withIterativeScan } from "./with-iterative-scan.ts";

export interface NearestOptions {
  vector: readonly number[];
  limit: number;
  perEntity: boolean;
  minSimilarity?: number | undefined;
  ef?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface NearestHits {
  hits: NearestRow[];
  /** False when there may be more hits than were found, because the scan was given up. */
  complete: boolean;
}

const mostCandidates = 10_000;

/**
 * The live passages in scope that are nearest to a vector.
 * @param tx a transaction: the settings of the scan are local to it
 * @param borrowed whether it is the caller's, whose own scans have to go on as before
 */
export async function nearest(
  tx: Database,
  context: Context,
  scope: Scope,
  { signal, ef, ...options }: NearestOptions,
  borrowed: boolean,
): Promise<NearestHits> {
  signal?.throwIfAborted();
  const settings = borrowed ? undefined : iterativeScan(ef);
  const plan = await chooseScan(tx, context, scope, { signal, settings });
  if (plan === undefined) return { hits: [], complete: true };
  const params = { ...scope, ...options, ...plan };

  if (params.scan === "halfvec" || params.scan === "bit") {
    const scan = () => widen(tx, params, signal);
    const { hits, end } = await (borrowed ? withIterativeScan(tx, { borrowed, ef }, scan) : scan());
    if (end !== "exhausted") return { hits, complete: end === "filled" };
    const fallback = await fallbackScan(tx, context, scope);
    if (fallback === undefined) return { hits, complete: false };
    params.scan = fallback;
  }
  const { hits, end } = await widen(tx, params, signal);
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
  const { limit, perEntity, scan, oversampling } = params;
  for (let candidates = candidatesFor(limit, perEntity); ; candidates *= 4) {
    signal?.throwIfAborted();
    const found = decodeNearest(await rowsOf(tx, nearestQuery({ ...params, candidates })));
    const { hits } = found;
    const ended = found.scanned < (scan === "bit" ? candidates * oversampling : candidates);
    const isFilled = hits.length >= limit || found.nearEnough < found.candidates;
    // Found by their bits, fewer than asked for may leave out the best.
    if (isFilled && !(ended && scan === "bit")) return { hits, end: "filled" };
    if (ended) return { hits, end: "exhausted" };
    if (candidates >= mostCandidates) return { hits, end: "capped" };
  }
}

/** Where entities are wanted, several of the nearest passages may be of one. */
const candidatesFor = (limit: number, perEntity: boolean): number =>
  perEntity ? Math.max(40, limit * 4) : limit;
