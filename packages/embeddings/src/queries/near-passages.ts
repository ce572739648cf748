import { type SQL, sql } from "drizzle-orm";
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
  vector: readonly number[];
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
  const { scan, candidates, oversampling } = params;
  const found = scan === "bit" ? candidates * oversampling : candidates;
  const best = sql`order by coarse.distance, coarse.chunk_id limit ${literal(candidates)}`;
  return sql`
    select coarse.chunk_id, coarse.distance, count(*) over () as scanned
    from (
      ${scan === "rows" ? ofPassingRows(params) : ofLiveRows(params)}
      limit ${literal(found)}
    ) as coarse
    ${scan === "bit" ? best : sql``}`;
}

const ofLiveRows = (params: NearParams): SQL => sql`
  select ranked.chunk_id, ${params.scan === "bit" ? distanceTo(params, sql`ranked.embedding`) : sql`ranked.distance`} as distance
  from (
    select stored.chunk_id, stored.source, ${ranking(params)}
    offset 0
  ) as ranked
  where ${liveCondition(params, sql`ranked`)}`;

/** `+ 0` takes the index away where every vector is to be compared. */
function ranking(params: NearParams): SQL {
  const from = sql`
    from devora.embeddings as stored
    where stored.model_id = ${literal(params.modelId)} and ${scopeConditions(params)}`;
  const distance = distanceTo(params, sql`stored.embedding`);
  if (params.scan === "bit") return sql`stored.embedding ${from} order by ${bitDistanceTo(params)}`;
  if (params.scan === "halfvec") return sql`${distance} as distance ${from} order by distance`;
  return sql`(${distance}) + 0 as distance ${from} order by distance, stored.chunk_id`;
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
  const type = vectorType(dimensions);
  return sql`${embedding}::${type} operator(public.<=>) ${vectorText(vector)}::${type}`;
};

/** The expression of the index `embeddings_model_<id>_bit_idx`, and the distance that it serves. */
function bitDistanceTo({ dimensions, vector }: NearParams): SQL {
  const bits = (value: SQL) =>
    sql`(public.binary_quantize(${value}::${vectorType(dimensions)}))::bit(${literal(dimensions)})`;
  return sql`${bits(sql`stored.embedding`)} operator(public.<~>) ${bits(sql`${vectorText(vector)}`)}`;
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
