import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { PassageSource } from "../devora-sources.ts";
import type { Passage } from "../passage.ts";
import { castTypeOf } from "./column-type.ts";
import { type Scope, scopeCondition } from "./scope.ts";

/** The columns of a passage without a row. */
export const noPassages: SQL = sql`
  select null::text as id, null::text as source, null::text as entity_id, null::text as title, null::text as text,
         null::int as start_offset, null::int as end_offset, null::float8 as score, null::timestamptz as updated_at,
         true as complete
  where false`;

/**
 * Ranks and reads passages: (id, source, entity_id, title, text, start_offset, end_offset, score, updated_at, complete),
 * best first. Each is found by its own id; the scope is checked once more.
 * @param ranking see `rankingQuery`
 * @param complete of its rows without an id
 */
export const rankedPassagesQuery = (
  passages: PassageSource,
  scope: Scope,
  { ranking, complete }: { readonly ranking: SQL; readonly complete: SQL },
): SQL => {
  const { rows, source, entityId, text, start, end } = passages;
  return sql`
    with ranked as materialized (${ranking})
    select passage.*, (select coalesce(bool_and(${complete}), true) from ranked where id is null) as complete
    from ranked
    cross join lateral (
      select ${rows.id} as id, ${source}::text as source, ${entityId}::text as entity_id, ${rows.title}::text as title,
             ${text}::text as text, ${start} as start_offset, ${end} as end_offset, ranked.score,
             ${rows.updatedAt ?? sql`null::timestamptz`} as updated_at
      from ${rows.table}
      where ${rows.id} = ranked.id::${sql.raw(castTypeOf(rows.id))} and ${scopeCondition(rows, scope)}
      offset 0
    ) as passage
    where ranked.id is not null
    order by ranked.score desc, ranked.type collate "C", ranked.id collate "C" desc`;
};

/** Reads passages by id, in any order. The scope is checked once more. */
export const passagesQuery = (passages: PassageSource, scope: Scope, ids: readonly string[]): SQL => {
  const { rows, source, entityId, text, start, end } = passages;
  return sql`
    select ${rows.id}::text as id, ${source}::text as source, ${entityId}::text as entity_id, ${rows.title}::text as title,
           ${text}::text as text, ${start} as start_offset, ${end} as end_offset,
           ${rows.updatedAt ? sql`(extract(epoch from ${rows.updatedAt}) * 1000)::float8` : sql`null::float8`} as updated_at
    from ${rows.table}
    where ${scopeCondition(rows, scope)} and ${rows.id} in (${sql.join(
      ids.map((id) => sql`${id}`),
      sql`, `,
    )})`;
};

export const decodePassages = (rows: readonly Row[]): Omit<Passage, "score">[] =>
  rows.map((row) => ({
    id: String(row.id),
    source: String(row.source),
    entityId: String(row.entity_id),
    title: String(row.title),
    text: String(row.text),
    start: Number(row.start_offset),
    end: Number(row.end_offset),
    updatedAt: row.updated_at === null ? undefined : new Date(Number(row.updated_at)),
  }));
