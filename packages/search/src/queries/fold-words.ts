import { type SQL, sql } from "drizzle-orm";

/**
 * Folds the oldest deltas into `search_vocabulary`, `search_words` and `search_collections`, and deletes what reaches
 * 0. Answers as {@link foldLexemesQuery}. An owner counts once for a word of a source, in however many languages.
 */
export const foldWordsQuery = (batchSize: number): SQL => sql`
  with taken as (
    delete from devora.search_vocabulary_deltas
    where id in (select id from devora.search_vocabulary_deltas order by id limit ${batchSize}::int)
    returning owner_id, source, language, words, delta
  ),
  changes as materialized (
    select t.owner_id, t.source, t.language, w.word, sum(t.delta) as change
    from taken as t cross join unnest(t.words) as w(word)
    group by t.owner_id, t.source, t.language, w.word
    having sum(t.delta) <> 0
  ),
  totals as materialized (
    select c.owner_id, c.source, c.language, c.word, coalesce(v.documents, 0) as before,
           greatest(coalesce(v.documents, 0) + c.change, 0) as after
    from changes as c
    left join devora.search_vocabulary as v using (owner_id, source, word, language)
  ),
  gone as (
    delete from devora.search_vocabulary as v
    using totals as t
    where (v.owner_id, v.source, v.word, v.language) = (t.owner_id, t.source, t.word, t.language) and t.after = 0
  ),
  kept as (
    insert into devora.search_vocabulary (owner_id, source, language, word, documents)
    select owner_id, source, language, word, after from totals where after > 0
    on conflict (owner_id, source, word, language) do update set documents = excluded.documents
  ),
  owners as (
    select t.owner_id, t.source, t.word, sum(t.after - t.before) as change,
           o.documents > 0 as had, o.documents + sum(t.after - t.before) > 0 as has
    from totals as t
    cross join lateral (
      select coalesce(sum(v.documents), 0) as documents
      from devora.search_vocabulary as v
      where v.owner_id = t.owner_id and v.source = t.source and v.word = t.word
    ) as o
    group by t.owner_id, t.source, t.word, o.documents
  ),
  word_totals as materialized (
    select c.source, c.word, coalesce(s.owners, 0) + c.owners as owners, coalesce(s.documents, 0) + c.change as documents
    from (
      select source, word, sum(has::int - had::int) as owners, sum(change) as change
      from owners
      group by source, word
    ) as c
    left join devora.search_words as s using (source, word)
  ),
  words_gone as (
    delete from devora.search_words as s
    using word_totals as t
    where (s.source, s.word) = (t.source, t.word) and (t.documents <= 0 or t.owners <= 0)
  ),
  words_kept as (
    insert into devora.search_words (source, word, owners, documents)
    select source, word, owners, documents from word_totals where documents > 0 and owners > 0
    on conflict (source, word) do update set owners = excluded.owners, documents = excluded.documents
  ),
  collections as materialized (
    select t.source, t.owner_id, coalesce(max(c.documents), 0) + sum(t.delta) as documents
    from taken as t
    left join devora.search_collections as c using (source, owner_id)
    group by t.source, t.owner_id
    having sum(t.delta) <> 0
  ),
  collections_gone as (
    delete from devora.search_collections as c
    using collections as t
    where (c.source, c.owner_id) = (t.source, t.owner_id) and t.documents <= 0
  ),
  collections_kept as (
    insert into devora.search_collections (source, owner_id, documents)
    select source, owner_id, documents from collections where documents > 0
    on conflict (source, owner_id) do update set documents = excluded.documents
  )
  select count(*)::int as folded from taken`;
