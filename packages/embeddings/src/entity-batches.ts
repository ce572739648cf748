import { rowsOf } from "@devora/db-schema";
import { asService, type Context, sourceNamed } from "./context.ts";
import { EmbeddingsError, shapeOf } from "./errors.ts";
import { countRowsQuery, sourceIdsQuery } from "./queries/source-rows.ts";
import type { Source } from "./sources/define-source.ts";

/** A place in a walk through all rows: after this row of this source. */
export interface EntityCursor {
  source: string;
  entityId: string;
}

export interface Walk {
  sources?: readonly string[] | undefined;
  ownerId?: string | undefined;
  after?: EntityCursor | undefined;
}

/** The sources to walk through, from that of the cursor on; with `ownerId` those alone that have owners. */
export function sourcesToWalk(
  context: Context,
  operation: string,
  { sources, ownerId, after }: Walk,
): Source[] {
  if (ownerId !== undefined && (typeof ownerId !== "string" || ownerId === "")) {
    throw new EmbeddingsError(
      "INVALID_INPUT",
      `${operation}: ownerId must be a non-empty string; received ${shapeOf(ownerId)}. Leave it out for the rows of all owners.`,
    );
  }
  const walked = (sources ?? [...context.sources.keys()])
    .map((name) => sourceNamed(context, name))
    .filter((source) => ownerId === undefined || source.owner !== undefined);
  if (after === undefined) return walked;
  const at = walked.indexOf(sourceNamed(context, after.source));
  if (at >= 0) return walked.slice(at);
  throw new EmbeddingsError(
    "INVALID_INPUT",
    `${operation}: after is a place in a source that this call leaves out. Pass the sources of the call that it comes from.`,
  );
}

/** Ids of a source's live rows in their order, a batch at a time: memory does not grow with the table. */
export async function* entityBatches(
  context: Context,
  source: Source,
  { ownerId, after, batchSize }: Walk & { batchSize: number },
): AsyncGenerator<string[]> {
  let afterId = after?.source === source.name ? after.entityId : undefined;
  for (;;) {
    const query = sourceIdsQuery(source, { afterId, ownerId, limit: batchSize });
    const rows = await asService(context, "embeddings.entityBatches", (tx) => rowsOf(tx, query));
    const ids = rows.map((row) => String(row.entity_id));
    if (ids.length > 0) yield ids;
    if (ids.length < batchSize) return;
    afterId = ids.at(-1);
  }
}

/** How many rows a walk through these sources sees from its beginning. */
export async function countEntities(
  context: Context,
  sources: readonly Source[],
  ownerId: string | undefined,
): Promise<number> {
  let total = 0;
  for (const source of sources) {
    const query = countRowsQuery(source, ownerId);
    const [row] = await asService(context, "embeddings.countEntities", (tx) => rowsOf(tx, query));
    total += Number(row?.count ?? 0);
  }
  return total;
}
