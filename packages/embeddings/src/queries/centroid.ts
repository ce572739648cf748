import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../sources/define-source.ts";
import { literal } from "./literal.ts";
import { liveRow } from "./live-row.ts";
import { type Scope, scopeConditions } from "./scope.ts";

export interface CentroidParams {
  modelId: number;
  dimensions: number;
  owner: Scope["owner"];
}

/**
 * The middle of some entities, each of which counts once however long it is: the middle of the middles of their
 * vectors, in text form; null when none of them lives and has vectors in this scope.
 */
export const centroidQuery = (
  source: Source,
  entityIds: readonly string[],
  { modelId, dimensions, owner }: CentroidParams,
): SQL => sql`
  select avg(entity.middle)::text as centroid
  from (
    select avg(stored.embedding::public.halfvec(${literal(dimensions)})) as middle
    from devora.chunks as chunk
    join devora.embeddings as stored on stored.chunk_id = chunk.id
    where chunk.source = ${source.name}::text
      and chunk.entity_id = any(${sql.param([...entityIds])}::text[])
      and stored.model_id = ${literal(modelId)}
      and ${scopeConditions({ sources: [source], owner })}
      and (${liveRow(source, sql`chunk.id`)})
    group by chunk.entity_id
  ) as entity`;

export const decodeCentroid = (row: Row | undefined): number[] | undefined =>
  typeof row?.centroid === "string" ? (JSON.parse(row.centroid) as number[]) : undefined;
