import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../sources/define-source.ts";
import { literal } from "./literal.ts";
import { liveCondition, type NearParams, nearPassages } from "./near-passages.ts";

export interface PairsParams extends Omit<NearParams, "vector" | "candidates"> {
  source: Source;
  /** How many passages near to each are looked at. */
  neighbours: number;
}

/** First passages of live rows, in the order of their ids, after one. */
export const firstPassagesQuery = (
  { source, owner, conditions, modelId }: PairsParams,
  { after, limit }: { after: string | undefined; limit: number },
): SQL => sql`
  select opening.entity_id, opening.chunk_id::text as chunk_id
  from (
    select chunk.source, chunk.entity_id, chunk.id as chunk_id
    from devora.chunks as chunk
    where chunk.source = ${source.name}::text
      and chunk.ordinal = 0
      and ${owner === "all" ? sql`true` : owner === "none" ? sql`chunk.owner_id is null` : sql`chunk.owner_id = ${owner.id}::text`}
      and ${after === undefined ? sql`true` : sql`chunk.entity_id > ${after}::text`}
    order by chunk.entity_id
    offset 0
  ) as opening
  where exists (
      select from devora.embeddings as stored
      where stored.chunk_id = opening.chunk_id and stored.model_id = ${literal(modelId)})
    and ${liveCondition({ sources: [source], conditions }, sql`opening`)}
  limit ${literal(limit)}`;

/**
 * For each passage the entities of the passages nearest to it, itself left out, with the similarity of the middles
 * of both entities, where that reaches the threshold.
 */
export const nearPairsQuery = (
  params: PairsParams,
  { chunkIds, threshold }: { chunkIds: readonly string[]; threshold: number },
): SQL => {
  const { source, modelId, dimensions, neighbours } = params;
  const type = sql`public.halfvec(${literal(dimensions)})`;
  // One more, for itself.
  const near = nearPassages({ ...params, vector: sql`probe.embedding`, candidates: neighbours + 1 });
  const middleOf = (entityId: SQL) => sql`
    cross join lateral (
      select avg(stored.embedding::${type}) as middle
      from devora.chunks as chunk
      join devora.embeddings as stored on stored.chunk_id = chunk.id and stored.model_id = ${literal(modelId)}
      where chunk.source = ${source.name}::text and chunk.entity_id = ${entityId}
    )`;
  return sql`
    with probe as materialized (
      select chunk.id as chunk_id, chunk.entity_id, stored.embedding::${type} as embedding
      from unnest(${sql.param([...chunkIds])}::uuid[]) as wanted (id)
      join devora.chunks as chunk on chunk.id = wanted.id
      join devora.embeddings as stored on stored.chunk_id = chunk.id and stored.model_id = ${literal(modelId)}
    ), pair as materialized (
      select distinct
        least(probe.entity_id, other.entity_id) as a, greatest(probe.entity_id, other.entity_id) as b
      from probe
      cross join lateral (${near}) as near
      join devora.chunks as other on other.id = near.chunk_id
      where other.entity_id <> probe.entity_id
    )
    select pair.a, pair.b, (1 - (left_side.middle operator(public.<=>) right_side.middle))::float8 as similarity
    from pair
    ${middleOf(sql`pair.a`)} as left_side
    ${middleOf(sql`pair.b`)} as right_side
    where 1 - (left_side.middle operator(public.<=>) right_side.middle) >= ${threshold}::float8`;
};

export interface Pair {
  a: string;
  b: string;
  similarity: number;
}

export const decodePair = (row: Row): Pair => ({
  a: String(row.a),
  b: String(row.b),
  similarity: Number(row.similarity),
});

/** Titles of live rows. */
export const titlesQuery = (source: Source, ids: readonly string[]): SQL => sql`
  select ${source.id}::text as entity_id, left(coalesce(${source.title}::text, ''), 300) as title
  from ${source.table}
  where ${source.id} = any(${sql.param([...ids])}::${source.idType.castArray})
    and ${source.live}`;
