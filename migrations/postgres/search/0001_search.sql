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
comment on index devora.search_queries_occurred_at_idx is 'Serves popular and fruitless queries of a period, and retention.';
create index search_queries_owner_id_occurred_at_idx on devora.search_queries (owner_id, occurred_at desc);
comment on index devora.search_queries_owner_id_occurred_at_idx is 'Serves a person''s own past queries, newest first, for completion.';
comment on index devora.search_queries_owner_id_occurred_at_idx is 'Serves a person''s own past queries, newest first, for completion.';
select devora.protect_table('devora.search_queries', 'owner_id', 'select');

create table devora.search_vocabulary (
  owner_id text not null,
  source text not null,
  language text not null,
  word text not null,
  documents integer not null,
  constraint search_vocabulary_pkey primary key (owner_id, source, language, word),
  constraint search_vocabulary_documents_check check (documents > 0)
);
comment on table devora.search_vocabulary is 'Words of each owner''s rows as people wrote them, with the number of rows.';
comment on column devora.search_vocabulary.owner_id is 'The principal who owns the row, as text: a user''s id, a team''s. Words reach nobody else.';
comment on column devora.search_vocabulary.source is 'The searched table, by its name in the search''s configuration.';
comment on column devora.search_vocabulary.language is 'Language of the rows: fr, en or simple.';
comment on column devora.search_vocabulary.word is 'In lower case, not stemmed.';
comment on column devora.search_vocabulary.documents is 'How many of the owner''s rows have it; above 0.';
create index search_vocabulary_word_trgm_idx on devora.search_vocabulary using gin (owner_id, word public.gin_trgm_ops);
comment on index devora.search_vocabulary_word_trgm_idx is 'Serves the correction of misspelt words: an owner''s words that resemble one.';
comment on index devora.search_vocabulary_word_trgm_idx is 'Serves the correction of misspelt words: an owner''s words that resemble one.';
select devora.protect_table('devora.search_vocabulary', 'owner_id', 'select', definer_reads => true);

create table devora.search_vocabulary_deltas (
  id bigint generated always as identity,
  owner_id text not null,
  source text not null,
  language text not null,
  word text not null,
  delta integer not null,
  constraint search_vocabulary_deltas_pkey primary key (id)
);
comment on table devora.search_vocabulary_deltas is 'Changes of search_vocabulary that a worker has not folded yet.';
comment on column devora.search_vocabulary_deltas.id is 'Number by PostgreSQL; the worker deletes by it exactly what it folded.';
comment on column devora.search_vocabulary_deltas.owner_id is 'The principal who owns the row, as text: a user''s id, a team''s.';
comment on column devora.search_vocabulary_deltas.source is 'As in search_vocabulary.';
comment on column devora.search_vocabulary_deltas.language is 'As in search_vocabulary.';
comment on column devora.search_vocabulary_deltas.word is 'As in search_vocabulary.';
comment on column devora.search_vocabulary_deltas.delta is 'To be added to documents; negative where rows lost the word.';
select devora.protect_table('devora.search_vocabulary_deltas', 'owner_id', '');

create table devora.search_statistics (
  source text not null,
  language text not null,
  lexeme text not null,
  documents bigint not null,
  constraint search_statistics_pkey primary key (source, language, lexeme)
);
comment on table devora.search_statistics is 'Document frequency of lexemes over all owners: weights only, never shown.';
comment on column devora.search_statistics.source is 'The searched table, by its name in the search''s configuration.';
comment on column devora.search_statistics.language is 'Language of the rows: fr, en or simple.';
comment on column devora.search_statistics.lexeme is 'The stemmed word, as search vectors hold it.';
comment on column devora.search_statistics.documents is 'How many rows of all owners have it.';
select devora.protect_internal_table('devora.search_statistics');

create table devora.search_statistics_deltas (
  id bigint generated always as identity,
  source text not null,
  language text not null,
  lexeme text not null,
  delta bigint not null,
  constraint search_statistics_deltas_pkey primary key (id)
);
comment on table devora.search_statistics_deltas is 'Changes of search_statistics that a worker has not folded yet.';
comment on column devora.search_statistics_deltas.id is 'Number by PostgreSQL; the worker deletes by it exactly what it folded.';
comment on column devora.search_statistics_deltas.source is 'As in search_statistics.';
comment on column devora.search_statistics_deltas.language is 'As in search_statistics.';
comment on column devora.search_statistics_deltas.lexeme is 'As in search_statistics.';
comment on column devora.search_statistics_deltas.delta is 'To be added to documents; negative where rows lost the lexeme.';
select devora.protect_internal_table('devora.search_statistics_deltas');

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
