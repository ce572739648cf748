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
-- Slow, popular and fruitless queries of a period, and retention.
create index search_queries_occurred_at_idx on devora.search_queries (occurred_at);
-- A person's own past queries, for completion.
create index search_queries_owner_id_occurred_at_idx on devora.search_queries (owner_id, occurred_at desc);
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
create index search_vocabulary_word_trgm_idx on devora.search_vocabulary using gin (owner_id, word public.gin_trgm_ops);
select devora.protect_table('devora.search_vocabulary', 'owner_id', 'select');

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
select devora.protect_table('devora.search_vocabulary_deltas', 'owner_id', '');

create table devora.search_statistics (
  source text not null,
  language text not null,
  lexeme text not null,
  documents bigint not null,
  constraint search_statistics_pkey primary key (source, language, lexeme)
);
comment on table devora.search_statistics is 'Document frequency of lexemes over all owners: weights only, never shown.';
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
select devora.protect_internal_table('devora.search_statistics_deltas');

create table devora.search_synonyms (
  source text not null,
  language text not null,
  word text not null,
  synonyms text[] not null,
  constraint search_synonyms_pkey primary key (source, language, word)
);
comment on table devora.search_synonyms is 'Words that a query for word finds as well.';
select devora.protect_internal_table('devora.search_synonyms');
create policy search_synonyms_read on devora.search_synonyms for select to devora_app using (true);
grant select on devora.search_synonyms to devora_app;

create view devora.slow_queries with (security_invoker = true) as
  select id, owner_id, query, query_hash, sources, result_count, duration_ms, occurred_at
  from devora.search_queries
  where duration_ms > 100;
comment on view devora.slow_queries is 'Searches that took more than 100 ms.';
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
grant create on schema devora to devora_definer;
alter function devora.log_search_queries(jsonb) owner to devora_definer;
revoke create on schema devora from devora_definer;
revoke all on function devora.log_search_queries(jsonb) from public;
grant execute on function devora.log_search_queries(jsonb) to devora_app, devora_service;
