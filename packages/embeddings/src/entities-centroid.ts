import { rowsOf } from "@devora/db-schema";
import { stateOf } from "./choose-scan.ts";
import type { Context } from "./context.ts";
import { centroidQuery, decodeCentroid } from "./queries/centroid.ts";
import { inScope, type ReadOptions, scopesOf } from "./read-scopes.ts";
import type { Source } from "./sources/define-source.ts";

/** The middle of some rows of one source; undefined when none of them is visible and has passages. */
export async function entitiesCentroid(
  context: Context,
  source: Source,
  entityIds: readonly string[],
  call: ReadOptions,
): Promise<number[] | undefined> {
  const [scope] = scopesOf([source], call);
  if (scope === undefined || entityIds.length === 0) return undefined;
  call.signal?.throwIfAborted();
  return inScope(context, scope, call, async (tx) => {
    const state = await stateOf(tx, context, scope, 1);
    if (state === undefined) return undefined;
    const { dimensions } = context.embedder;
    const query = centroidQuery(source, entityIds, {
      modelId: state.modelId,
      dimensions,
      owner: scope.owner,
    });
    return decodeCentroid((await rowsOf(tx, query))[0]);
  });
}
