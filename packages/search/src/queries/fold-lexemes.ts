import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

/**
 * Folds the oldest deltas into `search_statistics`, and deletes what reaches 0. The lexeme '' counts rows.
 * Nobody else writes there meanwhile (lock), so totals are read and written in one statement.
 */
export const foldLexemesQuery = (batchSize: number): SQL => sql`
  with taken as (
    delete from devora.search_statistics_deltas
    where id in (select id from devora.search_statistics_deltas order by id limit ${batchSize}::int)
    returning source, language, lexemes, delta
  ),
  changes as materialized (
    select t.source, t.language, l.lexeme, sum(t.delta) as change
    from taken as t cross join unnest(t.lexemes || ''::text) as l(lexeme)
    group by t.source, t.language, l.lexeme
    having sum(t.delta) <> 0
  ),
  totals as materialized (
    select c.source, c.language, c.lexeme, coalesce(s.documents, 0) + c.change as documents
    from changes as c
    left join devora.search_statistics as s using (source, language, lexeme)
  ),
  gone as (
    delete from devora.search_statistics as s
    using totals as t
    where (s.source, s.language, s.lexeme) = (t.source, t.language, t.lexeme) and t.documents <= 0
  ),
  kept as (
    insert into devora.search_statistics (source, language, lexeme, documents)
    select source, language, lexeme, documents from totals where documents > 0
    on conflict (source, lexeme, language) do update set documents = excluded.documents
  )
  select count(*)::int as folded from taken`;

export const decodeFolded = ([row]: readonly Row[]): number => Number(row?.folded ?? 0);
