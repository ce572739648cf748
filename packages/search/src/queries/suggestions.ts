import type { Row } from "@devora/db-schema";
import { is, type SQL, sql } from "drizzle-orm";
import { PgColumn } from "drizzle-orm/pg-core";
import type { Source } from "../source.ts";
import { escapeLike } from "../text.ts";
import { type Scope, scopeCondition } from "./scope.ts";

export interface SuggestionRow {
  /** 0: starts with the prefix; 1: contains it; 2: resembles it. */
  readonly rank: number;
  readonly type: string;
  readonly id: string;
  readonly text: string;
}

/** Of `pg_trgm`'s word similarity; its default .6 misses two letters in the wrong order. */
const minSimilarity = 0.45;

/**
 * Titles that start with the prefix, then titles that contain it; where those are fewer than `limit`, titles that
 * resemble it. Ties by similarity, length, text, source and id. Each text once, whatever its case.
 */
export function suggestionsQuery(
  sources: readonly Source[],
  scope: Scope,
  prefix: string,
  limit: number,
): SQL {
  const start = `${escapeLike(prefix)}%`;
  const containing = titles(
    sources,
    scope,
    (title) => sql`${title} ilike ${`%${start}`}::text escape '\\'`,
    (title) => sql`case when ${title} ilike ${start}::text escape '\\' then 0 else 1 end`,
    prefix,
  );
  const resembling = titles(
    sources,
    scope,
    (title) => sql`word_similarity(${prefix}::text, ${title}) >= ${minSimilarity}::float8`,
    () => sql`2`,
    prefix,
  );
  return sql`
    with containing as materialized (${containing}),
    found as (
      select * from containing
      union all
      select * from (${resembling}) as resembling where (select count(*) from containing) < ${limit}::int
    ),
    once as (
      select *, row_number() over (partition by lower(text) order by rank, similarity desc, type, id desc) as repetition
      from found
    )
    select type, id, text, rank from once where repetition = 1
    order by rank, similarity desc, length(text), text, type, id desc
    limit ${limit}::int`;
}

function titles(
  sources: readonly Source[],
  scope: Scope,
  condition: (title: PgColumn) => SQL,
  rank: (title: PgColumn) => SQL,
  prefix: string,
): SQL {
  const selects = sources.flatMap((source) => {
    const { title } = source;
    if (!is(title, PgColumn)) return [];
    return sql`
      select ${source.name}::text as type, ${source.id}::text as id, ${title}::text as text, ${rank(title)} as rank,
             word_similarity(${prefix}::text, ${title}) as similarity
      from ${source.table}
      where ${scopeCondition(source, scope)} and ${condition(title)}`;
  });
  return sql.join(selects, sql` union all `);
}

export const decodeSuggestions = (rows: readonly Row[]): SuggestionRow[] =>
  rows.map(({ rank, type, id, text }) => ({
    rank: Number(rank),
    type: String(type),
    id: String(id),
    text: String(text),
  }));
