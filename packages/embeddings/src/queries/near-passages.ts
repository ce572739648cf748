import { is, SQL, sql } from "drizzle-orm";
import type { Source } from "../sources/define-source.ts";
import { vectorText } from "../vector-text.ts";
import { literal } from "./literal.ts";
import { liveRow } from "./live-row.ts";
import { passagesOfPassing, passingRows } from "./passing-rows.ts";
import { type Scope, scopeConditions } from "./scope.ts";

/**
 * How the nearest passages are found:
 * - `halfvec`, `bit`: by the model's index of that kind, row by row until there are enough
 * - `all`: by comparing every vector in scope
 * - `rows`: by looking up the rows that pass the filters, and comparing theirs
 */
export type Scan = "halfvec" | "bit" | "all" | "rows";

export interface NearParams extends Scope {
  modelId: number;
  dimensions: number;
  /** Numbers, or SQL of type halfvec: a column of an outer query, say. */
  vector: readonly number[] | SQL;
  scan: Scan;
  /** How many of the nearest live passages are considered. */
  candidates: number;
  /** With `bit`: how many times as many are found by their bits, and compared exactly. */
  oversampling: number;
}

/**
 * The nearest passages whose row lives and passes the filters: `chunk_id`, `distance` (cosine), and `scanned`, how
 * many the scan itself has found. The innermost query is what HNSW can serve: the bare operator, ascending, with the
 * cast and the condition of the model's index. Rows are checked one by one while they come, so that one that is gone
 * makes room for the next. In no order.
 */
export function nearPassages(params: NearParams): SQL {
  if (params.scan === "bit") return nearByBits(params);
  return sql`
    select found.chunk_id, found.distance, count(*) over () as scanned
    from (
      ${params.scan === "rows" ? ofPassingRows(params) : ofLiveRows(params)}
      limit ${literal(params.candidates)}
    ) as found`;
}

/** `+ 0` takes the index away where every vector is to be compared. */
function ofLiveRows(params: NearParams): SQL {
  const distance = distanceTo(params, sql`stored.embedding`);
  return sql`
    select ranked.chunk_id, ranked.distance
    from (
      select stored.chunk_id, stored.source, ${params.scan === "all" ? sql`(${distance}) + 0` : distance} as distance
      from devora.embeddings as stored
      where stored.model_id = ${literal(params.modelId)} and ${scopeConditions(params)}
      order by ${params.scan === "all" ? sql`distance, stored.chunk_id` : sql`distance`}
      offset 0
    ) as ranked
    where ${liveCondition(params, sql`ranked`)}`;
}

/**
 * `oversampling` times the candidates by their bits, of which the nearest by true distance are kept. Without filters
 * nearly all rows live, and only those kept are checked; with filters all are, because few may pass.
 */
function nearByBits(params: NearParams): SQL {
  const { modelId, candidates, oversampling, conditions } = params;
  const checksAll = conditions !== undefined;
  return sql`
    select compared.chunk_id, compared.distance, compared.scanned
    from (
      select coarse.chunk_id, coarse.source, ${distanceTo(params, sql`coarse.embedding`)} as distance,
        count(*) over () as scanned
      from (
        select ranked.chunk_id, ranked.source, ranked.embedding
        from (
          select stored.chunk_id, stored.source, stored.embedding
          from devora.embeddings as stored
          where stored.model_id = ${literal(modelId)} and ${scopeConditions(params)}
          order by ${bitDistanceTo(params)}
          offset 0
        ) as ranked
        where ${checksAll ? liveCondition(params, sql`ranked`) : sql`true`}
        limit ${literal(candidates * oversampling)}
      ) as coarse
      order by distance, coarse.chunk_id
      offset 0
    ) as compared
    where ${checksAll ? sql`true` : liveCondition(params, sql`compared`)}
    limit ${literal(candidates)}`;
}

const ofPassingRows = (params: NearParams): SQL => sql`
  select passage.chunk_id, compared.distance
  from (${passingRows(params)}) as passing
  ${passagesOfPassing(sql`chunk.id as chunk_id`)}
  cross join lateral (
    select ${distanceTo(params, sql`stored.embedding`)} as distance
    from devora.embeddings as stored
    where stored.chunk_id = passage.chunk_id
      and stored.model_id = ${literal(params.modelId)}
      and ${scopeConditions(params)}
    offset 0
  ) as compared
  order by compared.distance, passage.chunk_id`;

const vectorType = (dimensions: number): SQL => sql`public.halfvec(${literal(dimensions)})`;

export const distanceTo = (
  { dimensions, vector }: Pick<NearParams, "dimensions" | "vector">,
  embedding: SQL,
): SQL => {
  return sql`${embedding}::${vectorType(dimensions)} operator(public.<=>) ${vectorOf(vector)}::${vectorType(dimensions)}`;
};

const vectorOf = (vector: NearParams["vector"]): SQL =>
  is(vector, SQL) ? vector : sql`${vectorText(vector)}`;

/** The expression of the index `embeddings_model_<id>_bit_idx`, and the distance that it serves. */
function bitDistanceTo({ dimensions, vector }: NearParams): SQL {
  const bits = (value: SQL) =>
    sql`(public.binary_quantize(${value}::${vectorType(dimensions)}))::bit(${literal(dimensions)})`;
  return sql`${bits(sql`stored.embedding`)} operator(public.<~>) ${bits(vectorOf(vector))}`;
}

/** Passages of a source that this search does not know are never live. */
export const liveCondition = (
  { sources, conditions }: { sources: readonly Source[]; conditions?: Scope["conditions"] },
  passage: SQL,
): SQL => sql`
  case ${passage}.source
    ${sql.join(
      sources.map(
        (source) =>
          sql`when ${source.name}::text then (${liveRow(source, sql`${passage}.chunk_id`, conditions?.get(source.name))})`,
      ),
      sql` `,
    )}
  end`;
