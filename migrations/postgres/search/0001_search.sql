-- What search learns from: words with their frequencies, synonyms, and the queries people made.

create table devora.search_queries (
  id uuid not null,
  owner_id text,
  query text,
  query_hash text not null,
  sources text[] not null,
  result_count integer not null,
  relaxed boolean not null default false,
  duration_ms real not null,
  occurred_at timestamptz not null default now(),
  constraint search_queries_pkey primary key (id),
  constraint search_queries_counts_check check (result_count >= 0 and duration_ms >= 0)
);
comment on table devora.search_queries is 'Log of searches, written off the caller''s path; query is null where only its hash may be kept.';
comment on column devora.search_queries.id is 'Made by the application: a UUID of version 7, so that ids sort by the time they were made.';
comment on column devora.search_queries.owner_id is 'Who searched; null for a search over all owners. Row level security compares it.';
comment on column devora.search_queries.query is 'What was typed; null where only its hash may be kept.';
comment on column devora.search_queries.query_hash is 'SHA-256 of the query in lower case, in hexadecimal: equal queries have equal hashes.';
comment on column devora.search_queries.sources is 'What was searched, such as {projects,messages}.';
comment on column devora.search_queries.result_count is 'How many rows were found.';
comment on column devora.search_queries.relaxed is 'True when rows with only some of the words were answered.';
comment on column devora.search_queries.duration_ms is 'How long the search took, in milliseconds.';
comment on column devora.search_queries.occurred_at is 'When.';
create index search_queries_occurred_at_idx on devora.search_queries (occurred_at);
comment on index devora.search_queries_occurred_at_idx is 'Serves popular and fruitless queries of a period, and retention.';
create index search_queries_owner_id_occurred_at_idx on devora.search_queries (owner_id, occurred_at desc);
comment on index devora.search_queries_owner_id_occurred_at_idx is 'Serves a person''s own past queries, newest first, for completion.';
select devora.protect_table('devora.search_queries', 'owner_id', 'select');

-- Accents folded as in search vectors: what people type without accents meets it.
create function devora.fold_word(word text) returns text
language sql immutable parallel safe
return coalesce((tsvector_to_array(to_tsvector('devora.devora_simple'::regconfig, word)))[1], word);
comment on function devora.fold_word(text) is 'The word in lower case without accents.';

create table devora.search_vocabulary (
  owner_id text not null,
  source text not null,
  language text not null,
  word text not null,
  documents integer not null,
  folded text not null generated always as (devora.fold_word(word)) stored,
  constraint search_vocabulary_pkey primary key (owner_id, source, word, language),
  constraint search_vocabulary_documents_check check (documents > 0)
);
comment on table devora.search_vocabulary is 'Words of each owner''s rows as people wrote them, with the number of rows.';
comment on column devora.search_vocabulary.owner_id is 'The principal who owns the row, as text: a user''s id, a team''s. Words reach nobody else. Empty: rows without owners, whose words are everybody''s.';
comment on column devora.search_vocabulary.source is 'The searched table, by its name in the search''s configuration.';
comment on column devora.search_vocabulary.language is 'Language of the rows: fr, en or simple.';
comment on column devora.search_vocabulary.word is 'In lower case, not stemmed.';
comment on column devora.search_vocabulary.documents is 'How many of the owner''s rows have it; above 0.';
comment on column devora.search_vocabulary.folded is 'The word without accents.';
create index search_vocabulary_owner_id_reverse_idx on devora.search_vocabulary (owner_id, reverse(folded) text_pattern_ops);
comment on index devora.search_vocabulary_owner_id_reverse_idx is 'Serves the correction of misspelt words: an owner''s words that end with some letters.';
create index search_vocabulary_owner_id_folded_idx on devora.search_vocabulary (owner_id, folded text_pattern_ops);
comment on index devora.search_vocabulary_owner_id_folded_idx is 'Serves completion, and the correction of misspelt words: an owner''s words that begin with some letters.';
select devora.protect_table('devora.search_vocabulary', 'owner_id', 'select', definer_reads => true);

create table devora.search_words (
  source text not null,
  word text not null,
  owners integer not null,
  documents bigint not null,
  folded text not null generated always as (devora.fold_word(word)) stored,
  constraint search_words_pkey primary key (source, word),
  constraint search_words_counts_check check (owners > 0 and documents > 0)
);
comment on table devora.search_words is 'Words of all owners together. One that fewer than 5 owners use reaches none of the others.';
comment on column devora.search_words.source is 'As in search_vocabulary.';
comment on column devora.search_words.word is 'As in search_vocabulary.';
comment on column devora.search_words.owners is 'How many owners use it in rows of the source.';
comment on column devora.search_words.documents is 'How many rows of all owners have it.';
comment on column devora.search_words.folded is 'The word without accents.';
create index search_words_reverse_idx on devora.search_words (reverse(folded) text_pattern_ops);
comment on index devora.search_words_reverse_idx is 'Serves the correction of misspelt words: shared words that end with some letters.';
create index search_words_folded_idx on devora.search_words (folded text_pattern_ops);
comment on index devora.search_words_folded_idx is 'Serves completion, and the correction of misspelt words: shared words that begin with some letters.';
select devora.protect_internal_table('devora.search_words');

create table devora.search_vocabulary_deltas (
  id bigint generated always as identity,
  owner_id text not null,
  source text not null,
  language text not null,
  words text[] not null,
  delta integer not null,
  constraint search_vocabulary_deltas_pkey primary key (id),
  constraint search_vocabulary_deltas_delta_check check (delta in (-1, 1))
);
comment on table devora.search_vocabulary_deltas is 'Rows that came or went, with their words: changes of search_vocabulary, search_words and search_collections that a worker has not folded yet.';
comment on column devora.search_vocabulary_deltas.id is 'Number by PostgreSQL; the worker takes the oldest first.';
comment on column devora.search_vocabulary_deltas.owner_id is 'As in search_vocabulary.';
comment on column devora.search_vocabulary_deltas.source is 'As in search_vocabulary.';
comment on column devora.search_vocabulary_deltas.language is 'As in search_vocabulary.';
comment on column devora.search_vocabulary_deltas.words is 'The row''s words, each once.';
comment on column devora.search_vocabulary_deltas.delta is '1 where the row came, -1 where it went.';
select devora.protect_table('devora.search_vocabulary_deltas', 'owner_id', '');

create table devora.search_collections (
  source text not null,
  owner_id text not null,
  documents bigint not null,
  constraint search_collections_pkey primary key (source, owner_id),
  constraint search_collections_documents_check check (documents > 0)
);
comment on table devora.search_collections is 'How many rows of a source each owner has.';
comment on column devora.search_collections.source is 'As in search_vocabulary.';
comment on column devora.search_collections.owner_id is 'As in search_vocabulary.';
comment on column devora.search_collections.documents is 'Live rows; above 0.';
select devora.protect_table('devora.search_collections', 'owner_id', 'select', definer_reads => true);

create table devora.search_statistics (
  source text not null,
  language text not null,
  lexeme text not null,
  documents bigint not null,
  constraint search_statistics_pkey primary key (source, lexeme, language),
  constraint search_statistics_documents_check check (documents > 0)
);
comment on table devora.search_statistics is 'Document frequency of lexemes over all owners: weights only, never shown.';
comment on column devora.search_statistics.source is 'The searched table, by its name in the search''s configuration.';
comment on column devora.search_statistics.language is 'Language of the rows: fr, en or simple.';
comment on column devora.search_statistics.lexeme is 'The stemmed word, as search vectors hold it; empty in the row that counts all rows of the source and language.';
comment on column devora.search_statistics.documents is 'How many rows of all owners have it; above 0.';
select devora.protect_internal_table('devora.search_statistics');

create table devora.search_statistics_deltas (
  id bigint generated always as identity,
  source text not null,
  language text not null,
  lexemes text[] not null,
  delta integer not null,
  constraint search_statistics_deltas_pkey primary key (id),
  constraint search_statistics_deltas_delta_check check (delta in (-1, 1))
);
comment on table devora.search_statistics_deltas is 'Rows that came or went, with their lexemes: changes of search_statistics that a worker has not folded yet.';
comment on column devora.search_statistics_deltas.id is 'Number by PostgreSQL; the worker takes the oldest first.';
comment on column devora.search_statistics_deltas.source is 'As in search_statistics.';
comment on column devora.search_statistics_deltas.language is 'As in search_statistics.';
comment on column devora.search_statistics_deltas.lexemes is 'The lexemes of the row''s vector, each once.';
comment on column devora.search_statistics_deltas.delta is '1 where the row came, -1 where it went.';
select devora.protect_internal_table('devora.search_statistics_deltas');

-- Words as people wrote them: no compounds, numbers, addresses. The parser drops what looks like a tag, hence translate.
-- A list of characters, because classes of letters depend on the database's locale.
create function devora.search_words_of(content text) returns text[]
language sql immutable parallel safe
return (
  select coalesce(array_agg(word), '{}')
  from unnest(tsvector_to_array(to_tsvector('pg_catalog.simple'::regconfig, translate(left(content, 20000), '<>', '  ')))) as word
  where length(word) between 3 and 60 and word !~ '[-/.@:_+~?&=%#0-9]'
);
comment on function devora.search_words_of(text) is 'The different words of the first 20,000 characters: 3 to 60 letters, in lower case, with their accents.';
select devora.hand_over('devora.search_words_of(text)', 'devora_service');

-- What a row counts as, for the statement's trigger and for rows that were there before. Names come from the
-- arguments of the trigger, in the order of devora.track_search_source.
create function devora.searched_rows(relation text, arguments text[]) returns text
language sql immutable
set search_path = pg_catalog, pg_temp
return format('select %s as id, %s as owner_id, %s as language, %s as vector, %s as content from %s as t where %s',
  format('t.%I', arguments[2]),
  case when arguments[3] = '' then quote_literal('') else format('t.%I::text', arguments[3]) end,
  case when arguments[4] = '' then quote_literal(arguments[5]) else format('coalesce(t.%I::text, ''simple'')', arguments[4]) end,
  format('coalesce(t.%I, '''')', arguments[6]),
  case when arguments[7] || arguments[8] = '' then quote_literal('')
       else format('left(concat_ws('' '', %s), 20000)',
                   concat_ws(', ', 't.' || quote_ident(nullif(arguments[7], '')), 't.' || quote_ident(nullif(arguments[8], '')))) end,
  relation,
  case when arguments[9] = '' then 'true' else format('t.%I is null', arguments[9]) end);
comment on function devora.searched_rows(text, text[]) is 'A query of the live rows of a relation: id, owner_id, language, vector and content, the text of the columns that feed the vocabulary.';
select devora.hand_over('devora.searched_rows(text, text[])', 'devora_service');

-- Arguments: as for devora.track_search_source. A row without an equal on the statement's other side came or went.
create function devora.record_search_changes() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  arguments text[] := tg_argv[0:];
  source text := tg_argv[0];
  old_side text := devora.searched_rows('old_rows', arguments);
  new_side text := devora.searched_rows('new_rows', arguments);
  changes text := case tg_op
    when 'INSERT' then format('select r.*, 1 as delta, true as of_vector, r.owner_id is not null as of_words from (%s) as r', new_side)
    when 'DELETE' then format('select r.*, -1 as delta, true as of_vector, r.owner_id is not null as of_words from (%s) as r', old_side)
    else format(
      'with old_side as materialized (%1$s), new_side as materialized (%2$s),
       pairs as (
         select o as gone, n as came,
                (o.vector = n.vector and o.language = n.language) is not true as of_vector,
                (o.content = n.content and o.language = n.language and o.owner_id is not distinct from n.owner_id) is not true as of_words
         from old_side as o full join new_side as n on n.id = o.id
       )
       select (gone).*, -1 as delta, of_vector, of_words and (gone).owner_id is not null as of_words from pairs where (gone).id is not null and (of_vector or of_words)
       union all
       select (came).*, 1, of_vector, of_words and (came).owner_id is not null from pairs where (came).id is not null and (of_vector or of_words)',
      old_side, new_side)
  end;
begin
  execute format(
    'with changes as materialized (%s),
     of_vectors as (
       insert into devora.search_statistics_deltas (source, language, lexemes, delta)
       select $1, language, tsvector_to_array(vector), delta from changes where of_vector
     )
     insert into devora.search_vocabulary_deltas (owner_id, source, language, words, delta)
     select owner_id, $1, language, devora.search_words_of(content), delta from changes where of_words', changes)
    using source;
  return null;
end $$;
comment on function devora.record_search_changes() is
  'Statement trigger: appends what the written rows add to and take from the statistics and the vocabulary of their source.';
create policy search_statistics_deltas_definer on devora.search_statistics_deltas for insert to devora_definer with check (true);
grant insert on devora.search_statistics_deltas to devora_definer;
create policy search_vocabulary_deltas_definer on devora.search_vocabulary_deltas for insert to devora_definer with check (true);
grant insert on devora.search_vocabulary_deltas to devora_definer;
select devora.hand_over('devora.record_search_changes()', variadic '{}');

-- The lock of the worker that folds: nobody else changes what it writes to.
create function devora.recount_search_source(target regclass, variadic arguments text[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  outer_role text := current_setting('role');
begin
  -- Writers wait, so that no row is counted twice or never.
  execute format('lock table %s in share row exclusive mode', target);
  execute format('grant select on %s to devora_service', target);
  perform set_config('role', 'devora_service', true);
  perform pg_advisory_xact_lock(hashtextextended('devora.search_statistics', 0));
  delete from devora.search_statistics_deltas where source = arguments[1];
  delete from devora.search_vocabulary_deltas where source = arguments[1];
  delete from devora.search_statistics where source = arguments[1];
  delete from devora.search_vocabulary where source = arguments[1];
  delete from devora.search_words where source = arguments[1];
  delete from devora.search_collections where source = arguments[1];
  execute format(
    'insert into devora.search_statistics_deltas (source, language, lexemes, delta)
     select $1, language, tsvector_to_array(vector), 1 from (%s) as r', devora.searched_rows(target::text, arguments))
    using arguments[1];
  execute format(
    'insert into devora.search_vocabulary_deltas (owner_id, source, language, words, delta)
     select owner_id, $1, language, devora.search_words_of(content), 1 from (%s) as r where owner_id is not null',
    devora.searched_rows(target::text, arguments))
    using arguments[1];
  perform set_config('role', outer_role, true);
end $$;
revoke all on function devora.recount_search_source(regclass, text[]) from public;
comment on function devora.recount_search_source(regclass, text[]) is
  'Counts the rows of a searched table anew, instead of what was counted before; arguments as in devora.track_search_source.';

create function devora.tracks_search_source(target regclass, variadic arguments text[]) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
return (
  select count(*) = 3 from pg_trigger t
  where t.tgrelid = target and t.tgfoid = 'devora.record_search_changes()'::regprocedure
    and t.tgargs = (select string_agg(convert_to(a, getdatabaseencoding()) || '\x00'::bytea, ''::bytea order by n)
                    from unnest(arguments) with ordinality as u (a, n)));
revoke all on function devora.tracks_search_source(regclass, text[]) from public;
comment on function devora.tracks_search_source(regclass, text[]) is
  'Whether the triggers that count a searched table''s rows are there; arguments as in devora.track_search_source.';

create function devora.track_search_source(target regclass, variadic arguments text[]) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  outer_role text := current_setting('role');
  schema_name name;
  operation text;
begin
  if devora.tracks_search_source(target, variadic arguments) then
    return false;
  end if;
  execute format('lock table %s in share row exclusive mode', target);
  if devora.tracks_search_source(target, variadic arguments) then
    return false;
  end if;
  select n.nspname into strict schema_name from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = target;
  if not has_schema_privilege('devora_definer', schema_name, 'usage') then
    execute format('grant usage on schema %I to devora_definer', schema_name);
  end if;
  execute format('grant trigger on %s to devora_definer', target);
  -- Only its owner may use the trigger function.
  perform set_config('role', 'devora_definer', true);
  foreach operation in array array['insert', 'update', 'delete'] loop
    execute format('create or replace trigger %I after %s on %s referencing %s for each statement execute function devora.record_search_changes(%s)',
      'search_' || operation || '_' || arguments[1], operation, target,
      case operation when 'insert' then 'new table as new_rows' when 'delete' then 'old table as old_rows' else 'old table as old_rows new table as new_rows' end,
      (select string_agg(quote_literal(a), ', ' order by n) from unnest(arguments) with ordinality as u (a, n)));
  end loop;
  perform set_config('role', outer_role, true);
  execute format('revoke trigger on %s from devora_definer', target);
  perform devora.recount_search_source(target, variadic arguments);
  return true;
end $$;
revoke all on function devora.track_search_source(regclass, text[]) from public;
comment on function devora.track_search_source(regclass, text[]) is
  'Makes the triggers that count a searched table''s rows, and counts those that are there; false where it was done before. Arguments: source, then the columns of id, owner, language, the language where there is no column, vector, title, body, deleted_at; empty where there is none.';

-- Row level security in a function that passes it by: no user, and a role that the service''s policies hold for.
create function devora.sees_all_owners() returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
return nullif(current_setting('app.user_id', true), '') is null
   and pg_has_role(case current_setting('role') when 'none' then session_user else current_setting('role')::name end, 'devora_service', 'usage');
comment on function devora.sees_all_owners() is 'Whether the caller is the service in no user''s scope, also within a security definer function.';
select devora.hand_over('devora.sees_all_owners()', variadic '{}');

create policy search_words_definer on devora.search_words for select to devora_definer using (true);
grant select on devora.search_words to devora_definer;
create policy search_statistics_definer on devora.search_statistics for select to devora_definer using (true);
grant select on devora.search_statistics to devora_definer;
create function devora.search_frequencies_v1(sources text[], lexemes text[])
returns table (source text, language text, lexeme text, documents bigint)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select s.source, s.language, s.lexeme, s.documents
  from devora.search_statistics s
  where s.source = any(sources) and s.lexeme = any(lexemes) and s.documents >= 100
$$;
comment on function devora.search_frequencies_v1(text[], text[]) is
  'Document frequencies over all owners of 100 and more: a rarer lexeme could tell of somebody''s rows. The empty lexeme counts all rows.';
select devora.hand_over('devora.search_frequencies_v1(text[], text[])', 'devora_app', 'devora_service');

create function devora.search_collection_v1(sources text[], owner text)
returns table (source text, documents bigint)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select c.source, sum(c.documents)::bigint
  from devora.search_collections c
  where c.source = any(sources)
    and c.owner_id in ('', (select case when devora.sees_all_owners() then owner else current_setting('app.user_id', true) end))
  group by c.source
$$;
comment on function devora.search_collection_v1(text[], text) is
  'How many rows of each source the user of app.user_id has; for the service, the named owner.';
select devora.hand_over('devora.search_collection_v1(text[], text)', 'devora_app', 'devora_service');

-- Words with the same two first letters or the same two last ones (of short words one), and about the same length. By
-- trigrams 89.2 % of 1,509 mistakes were corrected in 23 ms, so 89.9 % in 5 ms, and an index of trigrams is larger.
create function devora.search_corrections_v1(words text[], sources text[])
returns table (typed text, word text, documents bigint)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  -- Materialized: otherwise the planner folds the typed word anew for each row that it compares.
  with q as materialized (
    select w as typed, f.folded, length(f.folded) as letters,
           left(f.folded, e.letters) as head, left(reverse(f.folded), e.letters) as tail
    from unnest(words) as w
    cross join lateral (select devora.fold_word(w) as folded offset 0) as f
    cross join lateral (select case when length(f.folded) < 5 then 1 else 2 end as letters) as e
  )
  select q.typed, c.word, c.documents
  from q
  cross join lateral (
    select f.word, max(f.documents) as documents
    from (
      select v.word, v.folded, v.documents
      from devora.search_vocabulary v
      where v.owner_id in ('', current_setting('app.user_id', true)) and v.source = any(sources)
        and v.folded ~>=~ q.head and v.folded ~<~ (q.head || chr(1114111)) and abs(length(v.folded) - q.letters) <= 2
      union all
      select v.word, v.folded, v.documents
      from devora.search_vocabulary v
      where v.owner_id in ('', current_setting('app.user_id', true)) and v.source = any(sources)
        and reverse(v.folded) ~>=~ q.tail and reverse(v.folded) ~<~ (q.tail || chr(1114111)) and abs(length(v.folded) - q.letters) <= 2
      union all
      select s.word, s.folded, s.documents
      from devora.search_words s
      where (s.owners >= 5 or (select devora.sees_all_owners())) and s.source = any(sources)
        and s.folded ~>=~ q.head and s.folded ~<~ (q.head || chr(1114111)) and abs(length(s.folded) - q.letters) <= 2
      union all
      select s.word, s.folded, s.documents
      from devora.search_words s
      where (s.owners >= 5 or (select devora.sees_all_owners())) and s.source = any(sources)
        and reverse(s.folded) ~>=~ q.tail and reverse(s.folded) ~<~ (q.tail || chr(1114111)) and abs(length(s.folded) - q.letters) <= 2
    ) as f
    group by f.word, f.folded
    order by f.word = q.typed desc, public.similarity(f.folded, q.folded) desc, max(f.documents) desc, f.word
    limit 60
  ) as c
$$;
comment on function devora.search_corrections_v1(text[], text[]) is
  'For each typed word at most 60 words that resemble it, itself among them where it is one: words of the user of app.user_id, words that at least 5 owners use; all for the service.';
select devora.hand_over('devora.search_corrections_v1(text[], text[])', 'devora_app', 'devora_service');

create function devora.search_completions_v1(prefix text, last_word text, sources text[], max_rows integer)
returns table (kind text, completion text, weight bigint)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  (
    select 'query', (array_agg(q.query order by q.occurred_at desc))[1], count(*)
    from (
      select l.query, l.occurred_at
      from devora.search_queries l
      where l.owner_id = nullif(current_setting('app.user_id', true), '')
        and l.query is not null and l.result_count > 0 and l.sources && search_completions_v1.sources
      order by l.occurred_at desc
      limit 500
    ) as q
    where starts_with(lower(q.query), lower(prefix))
    group by lower(q.query)
    order by count(*) desc, max(q.occurred_at) desc, 2
    limit max_rows
  )
  union all
  (
    select 'word', f.word, max(f.documents)
    from (
      select v.word, sum(v.documents) as documents
      from devora.search_vocabulary v
      where v.owner_id in ('', current_setting('app.user_id', true)) and v.source = any(sources)
        and v.folded ~>=~ (select devora.fold_word(last_word)) and v.folded ~<~ ((select devora.fold_word(last_word)) || chr(1114111))
      group by v.word
      union all
      select s.word, sum(s.documents)
      from devora.search_words s
      where (s.owners >= 5 or (select devora.sees_all_owners())) and s.source = any(sources)
        and s.folded ~>=~ (select devora.fold_word(last_word)) and s.folded ~<~ ((select devora.fold_word(last_word)) || chr(1114111))
      group by s.word
    ) as f
    where last_word <> ''
    group by f.word
    order by max(f.documents) desc, f.word
    limit max_rows
  )
$$;
comment on function devora.search_completions_v1(text, text, text[], integer) is
  'Past queries with results of the user of app.user_id that begin with the prefix, and visible words (as search_corrections_v1) that begin with its last word; the most frequent first.';
select devora.hand_over('devora.search_completions_v1(text, text, text[], integer)', 'devora_app', 'devora_service');

create table devora.search_synonyms (
  source text not null,
  language text not null,
  word text not null,
  synonyms text[] not null,
  constraint search_synonyms_pkey primary key (source, language, word)
);
comment on table devora.search_synonyms is 'Words that a query for word finds as well.';
comment on column devora.search_synonyms.source is 'The searched table, by its name in the search''s configuration.';
comment on column devora.search_synonyms.language is 'Language of the rows: fr, en or simple.';
comment on column devora.search_synonyms.word is 'What people type.';
comment on column devora.search_synonyms.synonyms is 'What is searched for as well.';
select devora.protect_internal_table('devora.search_synonyms');
create policy search_synonyms_read on devora.search_synonyms for select to devora_app using (true);
grant select on devora.search_synonyms to devora_app;

-- pg_stat_statements may be made, moved or dropped at any time, so it is looked up at each call. Without its library
-- in shared_preload_libraries the extension is there and its view fails; then the log of searches answers as well.
create function devora.query_statistics()
returns table (origin text, query text, calls bigint, total_ms double precision, mean_ms double precision, max_ms double precision)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  home name;
begin
  select n.nspname into home
    from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements';
  if found then
    begin
      return query execute format(
        'select ''pg_stat_statements'', s.query, s.calls, s.total_exec_time, s.mean_exec_time, s.max_exec_time
           from %I.pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = current_database()', home);
      return;
    exception when object_not_in_prerequisite_state then
      null;
    end;
  end if;
  return query
    select 'search_queries', max(q.query), count(*), sum(q.duration_ms)::double precision,
           avg(q.duration_ms)::double precision, max(q.duration_ms)::double precision
    from devora.search_queries q
    group by q.query_hash;
end $$;
comment on function devora.query_statistics() is
  'Calls and times of this database''s statements by pg_stat_statements, or of its searches where that extension is not at work.';
revoke all on function devora.query_statistics() from public;
grant execute on function devora.query_statistics() to devora_service;

create view devora.slow_queries with (security_invoker = true) as
  select origin, query, calls, total_ms, mean_ms, max_ms
  from devora.query_statistics()
  where mean_ms > 100;
comment on view devora.slow_queries is 'Statements, or searches, that take more than 100 ms on average.';
comment on column devora.slow_queries.origin is 'Who measured: pg_stat_statements, or search_queries where that extension is not at work.';
comment on column devora.slow_queries.query is 'The statement without its values, or what was searched for; null where only hashes are kept.';
comment on column devora.slow_queries.calls is 'How often it ran.';
comment on column devora.slow_queries.total_ms is 'Time of all calls, in milliseconds.';
comment on column devora.slow_queries.mean_ms is 'Time of a call on average, in milliseconds.';
comment on column devora.slow_queries.max_ms is 'Time of the slowest call, in milliseconds.';
grant select on devora.slow_queries to devora_service;

-- Under a user's scope a logged query carries that owner, whatever the caller says.
create function devora.log_search_queries(entries jsonb) returns integer
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
  with logged as (
    insert into devora.search_queries
      (id, owner_id, query, query_hash, sources, result_count, relaxed, duration_ms, occurred_at)
    select e.id, coalesce(nullif(current_setting('app.user_id', true), ''), e.owner_id), e.query, e.query_hash,
           array(select jsonb_array_elements_text(e.sources)), e.result_count, e.relaxed, e.duration_ms, e.occurred_at
    from jsonb_to_recordset(entries) as e (
      id uuid, owner_id text, query text, query_hash text, sources jsonb,
      result_count integer, relaxed boolean, duration_ms real, occurred_at timestamptz
    )
    on conflict do nothing
    returning 1
  )
  select count(*)::integer from logged
$$;
comment on function devora.log_search_queries(jsonb) is 'Appends to search_queries; answers how many rows were new.';
create policy search_queries_definer on devora.search_queries for all to devora_definer using (true) with check (true);
grant select, insert on devora.search_queries to devora_definer;
select devora.hand_over('devora.log_search_queries(jsonb)', 'devora_app', 'devora_service');
