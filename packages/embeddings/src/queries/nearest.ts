import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../sources/define-source.ts";
import { vectorText } from "../vector-text.ts";
import { literal } from "./literal.ts";
import { liveRow } from "./live-row.ts";
import { type ModelKey, modelIs } from "./model.ts";
import { indexExists } from "./model-index.ts";

/** Which vectors a search looks at. */
export interface Scope {
  sources: readonly Source[];
  /** Whose passages: an owner's, everybody's (`all`), or those of sources without an owner (`none`). */
  owner: { id: string } | "all" | "none";
  /** An entity to leave out. */
  except?: { source: string; entityId: string } | undefined;
}

export interface NearestParams extends Scope {
  modelId: number;
  dimensions: number;
  vector: readonly number[];
  /** By the index, or by comparing with every vector in scope. */
  exact: boolean;
  /** How many of the nearest live passages are considered. */
  candidates: number;
  /** Best passage of each entity only. */
  perEntity: boolean;
  /** Least cosine similarity of a hit. */
  minSimilarity?: number | undefined;
  limit: number;
}

export interface NearestRow {
  id: string;
  source: string;
  entityId: string;
  title: string;
  text: string;
  start: number;
  end: number;
  updatedAt: Date;
  distance: number;
}

const scopeConditions = ({ sources, owner, except }: Scope): SQL => sql`
  stored.source = any(${sql.param(sources.map((source) => source.name))}::text[])
    and ${owner === "all" ? sql`true` : owner === "none" ? sql`stored.owner_id is null` : sql`stored.owner_id = ${owner.id}::text`}
    and ${
      except === undefined
        ? sql`true`
        : sql`stored.chunk_id <> all(array(
          select chunk.id from devora.chunks as chunk
          where chunk.source = ${except.source}::text and chunk.entity_id = ${except.entityId}::text))`
    }`;

/** The model's id, whether it has an index, and how many vectors are in scope: at most `atMost` are counted. */
export const searchStateQuery = (key: ModelKey, scope: Scope, atMost: number): SQL => sql`
  select model.id::integer as model_id, ${indexExists(sql`model.id`)} as indexed,
    (select count(*) from (
      select from devora.embeddings as stored
      where stored.model_id = model.id and ${scopeConditions({ ...scope, except: undefined })}
      limit ${atMost}::integer
    ) as counted)::integer as vectors
  from devora.embedding_models as model
  where ${modelIs(key)}`;

export interface SearchState {
  modelId: number;
  indexed: boolean;
  vectors: number;
}

export const decodeSearchState = (row: Row): SearchState => ({
  modelId: Number(row.model_id),
  indexed: row.indexed === true,
  vectors: Number(row.vectors),
});

/**
 * The nearest passages whose row lives. The innermost query is what HNSW can serve: the bare operator, ascending,
 * with the cast and the condition of the model's index; `+ 0` takes the index away where the scan is to be exact.
 * Rows are checked one by one while they come, so that a deleted one makes room for the next.
 */
export function nearestQuery(params: NearestParams): SQL {
  const { modelId, dimensions, vector, exact, candidates, perEntity, minSimilarity, limit } = params;
  const type = sql`public.halfvec(${literal(dimensions)})`;
  const distance = sql`stored.embedding::${type} operator(public.<=>) ${vectorText(vector)}::${type}`;
  // After the scan: inside, it would turn the index away.
  const isNear = minSimilarity === undefined ? sql`true` : sql`1 - near.distance >= ${minSimilarity}::float8`;
  return sql`
    with near as materialized (
      select ranked.chunk_id, ranked.distance
      from (
        select stored.chunk_id, stored.source, ${exact ? sql`(${distance}) + 0` : distance} as distance
        from devora.embeddings as stored
        where stored.model_id = ${literal(modelId)}
          and ${scopeConditions(params)}
        order by ${exact ? sql`distance, stored.chunk_id` : sql`distance`}
        offset 0
      ) as ranked
      where ${liveCondition(params.sources)}
      limit ${literal(candidates)}
    ), hits as (
      select ${perEntity ? sql`distinct on (chunk.source, chunk.entity_id)` : sql``}
        chunk.id, chunk.source, chunk.entity_id, chunk.title, chunk.text,
        chunk.start_offset, chunk.end_offset, chunk.updated_at, near.distance
      from near
      join devora.chunks as chunk on chunk.id = near.chunk_id
      where ${isNear}
      order by ${perEntity ? sql`chunk.source, chunk.entity_id,` : sql``} near.distance, chunk.id
    )
    select scanned.*, page.*
    from (
      select count(*)::integer as candidates, count(*) filter (where ${isNear})::integer as near_enough
      from near
    ) as scanned
    left join lateral (
      select
        hits.id::text as id, hits.source, hits.entity_id, hits.title, hits.text, hits.start_offset, hits.end_offset,
        hits.updated_at::text as updated_at, hits.distance::float8 as distance
      from hits
      order by hits.distance, hits.id
      limit ${limit}::integer
    ) as page on true
    order by page.distance, page.id`;
}

/** Passages of a source that this search does not know are never live. */
const liveCondition = (sources: readonly Source[]): SQL => sql`
  case ranked.source
    ${sql.join(
      sources.map((source) => sql`when ${source.name}::text then (${liveRow(source, sql`ranked.chunk_id`)})`),
      sql` `,
    )}
  end`;

export interface Nearest {
  /** How many candidates there were, and how many of them are similar enough. */
  candidates: number;
  nearEnough: number;
  /** Nearest first. */
  hits: NearestRow[];
}

export function decodeNearest(rows: readonly Row[]): Nearest {
  return {
    candidates: Number(rows[0]?.candidates ?? 0),
    nearEnough: Number(rows[0]?.near_enough ?? 0),
    hits: rows
      .filter((row) => row.id !== null)
      .map((row) => ({
        id: String(row.id),
        source: String(row.source),
        entityId: String(row.entity_id),
        title: String(row.title),
        text: String(row.text),
        start: Number(row.start_offset),
        end: Number(row.end_offset),
        updatedAt: new Date(String(row.updated_at)),
        distance: Number(row.distance),
      })),
  };
}

/** The middle of an entity's vectors, in text form; null when it has none in this scope. */
export const centroidQuery = (
  source: Source,
  entityId: string,
  params: { modelId: number; dimensions: number; owner: Scope["owner"] },
): SQL => sql`
  select avg(stored.embedding::public.halfvec(${literal(params.dimensions)}))::text as centroid
  from devora.chunks as chunk
  join devora.embeddings as stored on stored.chunk_id = chunk.id
  where chunk.source = ${source.name}::text
    and chunk.entity_id = ${entityId}::text
    and stored.model_id = ${literal(params.modelId)}
    and ${scopeConditions({ sources: [source], owner: params.owner })}
    and (${liveRow(source, sql`chunk.id`)})`;
