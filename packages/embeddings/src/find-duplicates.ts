import { rowsOf, withDatabaseErrors } from "@devora/db-schema";
import { exactRows, indexOf, stateOf } from "./choose-scan.ts";
import { type Cluster, clustersOf } from "./clusters.ts";
import { type Context, sourceNamed } from "./context.ts";
import {
  decodePair,
  firstPassagesQuery,
  nearPairsQuery,
  type Pair,
  type PairsParams,
  titlesQuery,
} from "./queries/near-pairs.ts";
import type { Scope } from "./queries/scope.ts";
import { inScope, type SearchOptions, searchScopesOf } from "./read-scopes.ts";
import { assertLimit } from "./search-passages.ts";
import { assertThreshold } from "./semantic-search.ts";
import type { Source } from "./sources/define-source.ts";
import type { AnyFilters } from "./sources/filters-of.ts";
import { assertInteger } from "./validate.ts";
import { withIterativeScan } from "./with-iterative-scan.ts";

export interface FindDuplicatesOptions<TName extends string = string, TFilters = AnyFilters>
  extends SearchOptions<TFilters> {
  source: TName;
  /** Least cosine similarity of two rows, -1 to 1, of the middles of their passages. Default 0.95. */
  threshold?: number | undefined;
  /** Most clusters, 1 to 1000. Default 100. */
  limit?: number | undefined;
  /** Most rows that are looked at, in the order of their ids as text, 1 to 1,000,000. Default 10,000. */
  maxRows?: number | undefined;
}

/** A row of a cluster. */
export interface DuplicateEntity {
  entityId: string;
  title: string;
  /** Cosine similarity to the row of the cluster that is nearest to it. */
  similarity: number;
}

export interface DuplicateClusters {
  /** The most similar first; entities likewise, ties by id. */
  clusters: { entities: DuplicateEntity[] }[];
  /** False when rows were left out by `maxRows`, or clusters by `limit`. */
  complete: boolean;
}

/** Rows whose first passages are looked up in one statement, which is one transaction on the package's own database. */
const batchRows = 100;
/** More identical rows than this are one cluster all the same: each is paired with ten of the others. */
const neighbours = 10;
/**
 * Groups of rows that say nearly the same. Each row's first passage is compared with those nearest to it; where they
 * are of other rows, the middles of both rows decide. No call of the embedder.
 */
export async function findDuplicates(
  context: Context,
  options: FindDuplicatesOptions,
): Promise<DuplicateClusters> {
  const { threshold = 0.95, limit = 100, maxRows = 10_000 } = options;
  assertThreshold(threshold, "threshold");
  assertLimit(limit);
  assertInteger("maxRows", maxRows, { min: 1, max: 1_000_000 }, "INVALID_INPUT");
  const source = sourceNamed(context, options.source);
  const [scope] = searchScopesOf(context, [source.name], options);
  if (scope === undefined) return { clusters: [], complete: true };
  return withDatabaseErrors("embeddings.findDuplicates", async () => {
    const { pairs, complete } = await findPairs(context, { source, scope, threshold, maxRows }, options);
    const clusters = clustersOf(pairs);
    return {
      clusters: await withTitles(context, { source, scope, clusters: clusters.slice(0, limit) }, options),
      complete: complete && clusters.length <= limit,
    };
  });
}

interface PairSearch {
  source: Source;
  scope: Scope;
  threshold: number;
  maxRows: number;
}

async function findPairs(
  context: Context,
  { source, scope, threshold, maxRows }: PairSearch,
  options: SearchOptions,
): Promise<{ pairs: Pair[]; complete: boolean }> {
  const { dimensions } = context.embedder;
  const pairs: Pair[] = [];
  let after: string | undefined;
  for (let left = maxRows; ; ) {
    options.signal?.throwIfAborted();
    const rows = await inScope(context, scope, options, async (tx) => {
      const state = await stateOf(tx, context, scope, exactRows + 1);
      if (state === undefined) return [];
      const scan = state.vectors > exactRows ? (indexOf(context, state) ?? "all") : "all";
      const params: PairsParams = {
        ...scope,
        source,
        modelId: state.modelId,
        dimensions,
        scan,
        neighbours,
        oversampling: context.oversampling,
      };
      // One more tells whether there are more.
      const limit = Math.min(batchRows, left + 1);
      const found = await rowsOf(tx, firstPassagesQuery(params, { after, limit }));
      const chunkIds = found.slice(0, left).map((row) => String(row.chunk_id));
      const query = nearPairsQuery(params, { chunkIds, threshold });
      const borrowed = options.db !== undefined;
      const near = await withIterativeScan(tx, { borrowed, ef: options.ef }, () => rowsOf(tx, query));
      pairs.push(...near.map(decodePair));
      return found;
    });
    if (rows.length > left) return { pairs, complete: false };
    if (rows.length < Math.min(batchRows, left + 1)) return { pairs, complete: true };
    left -= rows.length;
    after = String(rows.at(-1)?.entity_id);
  }
}

/** Rows that went meanwhile are left out, and clusters of which one row is left. */
async function withTitles(
  context: Context,
  { source, scope, clusters }: { source: Source; scope: Scope; clusters: readonly Cluster[] },
  options: SearchOptions,
): Promise<DuplicateClusters["clusters"]> {
  const ids = clusters.flat().map(({ entityId }) => entityId);
  if (ids.length === 0) return [];
  const rows = await inScope(context, scope, options, (tx) => rowsOf(tx, titlesQuery(source, ids)));
  const titles = new Map(rows.map((row) => [String(row.entity_id), String(row.title)]));
  return clusters
    .map((cluster) => ({
      entities: cluster.flatMap(({ entityId, similarity }) => {
        const title = titles.get(entityId);
        return title === undefined ? [] : [{ entityId, title, similarity }];
      }),
    }))
    .filter(({ entities }) => entities.length > 1);
}
