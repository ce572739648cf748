-- Passages, their vectors, and the queue that keeps them fresh. The only module that needs pgvector.

create extension if not exists vector with schema public;

create table devora.embedding_models (
  id integer generated always as identity,
  name text not null,
  dimensions integer not null,
  version text not null default '1',
  state text not null default 'building',
  activated_at timestamptz,
  lease_token uuid,
  leased_until timestamptz,
  created_at timestamptz not null default now(),
  constraint embedding_models_pkey primary key (id),
  constraint embedding_models_name_dimensions_version_key unique (name, dimensions, version),
  constraint embedding_models_lease_check check ((lease_token is null) = (leased_until is null)),
  constraint embedding_models_dimensions_check check (dimensions between 1 and 4000),
  constraint embedding_models_state_check check (state in ('building', 'active', 'retired'))
);
comment on table devora.embedding_models is 'Models whose vectors are stored; each gets an index of its own.';
comment on column devora.embedding_models.id is 'Number by PostgreSQL; the name of the model''s index ends in it.';
comment on column devora.embedding_models.name is 'As its provider calls it, such as text-embedding-3-small.';
comment on column devora.embedding_models.dimensions is 'Length of its vectors, 1 to 4,000.';
comment on column devora.embedding_models.version is 'Of our own counting, to build the vectors of one model anew beside the old ones.';
comment on column devora.embedding_models.state is 'building until its vectors are complete, active while searches use it, then retired.';
comment on column devora.embedding_models.activated_at is 'When searches began to use it; null while they never did.';
comment on column devora.embedding_models.lease_token is 'Who builds its index or its vectors; null when nobody does.';
comment on column devora.embedding_models.leased_until is 'When that is given up for dead unless it says again that it lives; null when nobody builds.';
comment on column devora.embedding_models.created_at is 'When the row was made.';
select devora.protect_internal_table('devora.embedding_models');
create policy embedding_models_read on devora.embedding_models for select to devora_app using (true);
grant select on devora.embedding_models to devora_app;

create table devora.documents (
  id uuid not null,
  owner_id text,
  uri text not null,
  title text not null default '',
  mime_type text not null default 'text/plain',
  language text not null default 'simple',
  content text not null,
  content_hash text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint documents_pkey primary key (id),
  constraint documents_uri_check check (octet_length(uri) between 1 and 2000),
  constraint documents_language_check check (language in ('fr', 'en', 'simple'))
);
comment on table devora.documents is 'Documents that live in no table of the host.';
comment on column devora.documents.id is 'Made by the application: a UUID of version 7, so that ids sort by the time they were made.';
comment on column devora.documents.owner_id is 'The principal who owns the row, as text: a user''s id, a team''s. Null for a document that is everybody''s, which the service alone sees.';
comment on column devora.documents.uri is 'Where it comes from, 1 to 2,000 bytes; an owner has one live document of it.';
comment on column devora.documents.title is 'Empty where it has none.';
comment on column devora.documents.mime_type is 'What the content was before it became text.';
comment on column devora.documents.language is 'Language of the text, which decides how its words are stemmed: fr, en, or simple for none.';
comment on column devora.documents.content is 'Its text.';
comment on column devora.documents.content_hash is 'SHA-256 of the content in hexadecimal: the same hash needs no new passages.';
comment on column devora.documents.created_at is 'When the row was made.';
comment on column devora.documents.updated_at is 'When the row last changed; kept by a trigger.';
comment on column devora.documents.deleted_at is 'When it was deleted; null while it lives. A deleted row stays, and is left out of every page and search.';
create unique index documents_owner_id_uri_live_idx on devora.documents (owner_id, uri) nulls not distinct where deleted_at is null;
comment on index devora.documents_owner_id_uri_live_idx is 'Serves the look-up of a document by its address, and keeps one live document of it per owner.';
create trigger documents_touch_updated_at after update on devora.documents
  for each row when (
    new.updated_at = old.updated_at and new.updated_at <> now() and new.deleted_at is not distinct from old.deleted_at)
  execute function devora.touch_updated_at();
select devora.protect_table('devora.documents', 'owner_id', definer_reads => true);

create table devora.chunks (
  id uuid not null,
  owner_id text,
  source text not null,
  entity_id text not null,
  ordinal integer not null,
  start_offset integer not null,
  end_offset integer not null,
  title text not null default '',
  text text not null,
  text_hash text not null,
  tokens integer not null,
  language text not null default 'simple',
  search_vector tsvector not null generated always as (devora.search_vector(language, title, text)) stored,
  updated_at timestamptz not null default now(),
  constraint chunks_pkey primary key (id),
  constraint chunks_source_entity_id_ordinal_key unique (source, entity_id, ordinal),
  constraint chunks_offsets_check check (start_offset >= 0 and end_offset >= start_offset),
  constraint chunks_ordinal_check check (ordinal >= 0),
  constraint chunks_tokens_check check (tokens >= 0)
);
comment on table devora.chunks is 'Each passage once: offsets are UTF-16 code units in the entity''s text.';
comment on column devora.chunks.id is 'Made by the application: a UUID of version 7, so that ids sort by the time they were made.';
comment on column devora.chunks.owner_id is 'Owner of the row that the passage was cut from; null where that has none. Row level security compares it.';
comment on column devora.chunks.source is 'The table that it was cut from, by its name in the configuration.';
comment on column devora.chunks.entity_id is 'Id of the row that it was cut from, as text.';
comment on column devora.chunks.ordinal is 'Place among the row''s passages, from 0.';
comment on column devora.chunks.start_offset is 'Where it begins in the row''s text, in UTF-16 code units.';
comment on column devora.chunks.end_offset is 'Where it ends, exclusive, in UTF-16 code units.';
comment on column devora.chunks.title is 'Title of the row, embedded with the passage; empty where it has none.';
comment on column devora.chunks.text is 'The passage.';
comment on column devora.chunks.text_hash is 'Hash of all that is embedded: while it stays the same, so does the vector.';
comment on column devora.chunks.tokens is 'Estimated length of the passage in tokens.';
comment on column devora.chunks.language is 'Language of the text, which decides how its words are stemmed: fr, en, or simple for none.';
comment on column devora.chunks.search_vector is 'Search vector of title (weight A) and text (weight B) in the row''s language; made by PostgreSQL.';
comment on column devora.chunks.updated_at is 'When the row that it was cut from last changed.';
create index chunks_owner_id_source_idx on devora.chunks (owner_id, source);
comment on index devora.chunks_owner_id_source_idx is 'Serves the sweep of an owner''s passages whose rows are gone.';
create index chunks_search_idx on devora.chunks using gin (owner_id, search_vector);
comment on index devora.chunks_search_idx is 'Serves full-text retrieval of passages within one owner.';
select devora.protect_table('devora.chunks', 'owner_id', 'select', definer_reads => true);

create table devora.embeddings (
  chunk_id uuid not null,
  model_id integer not null,
  owner_id text,
  source text not null,
  embedding public.halfvec not null,
  created_at timestamptz not null default now(),
  constraint embeddings_pkey primary key (chunk_id, model_id),
  constraint embeddings_chunk_id_fkey foreign key (chunk_id) references devora.chunks (id) on delete cascade,
  constraint embeddings_model_id_fkey foreign key (model_id) references devora.embedding_models (id)
) with (toast_tuple_target = 8160); -- A vector stays in its row: comparing one by one and building the index take half the time.
comment on table devora.embeddings is 'Vectors of chunks, one per model. No dimension in the type: each model has a partial expression index.';
comment on column devora.embeddings.chunk_id is 'The passage.';
comment on column devora.embeddings.model_id is 'The model that made the vector.';
comment on column devora.embeddings.owner_id is 'Copied from the passage, so that a search filters without a join; null where that has none. Row level security compares it.';
comment on column devora.embeddings.source is 'Copied from the passage, so that a search filters without a join.';
comment on column devora.embeddings.embedding is 'The vector in half precision, as long as its model says; nearness is by cosine.';
comment on column devora.embeddings.created_at is 'When the row was made.';
create index embeddings_model_id_owner_id_idx on devora.embeddings (model_id, owner_id, source);
comment on index devora.embeddings_model_id_owner_id_idx is 'Serves an owner''s vectors where few pass the filter: they are counted, then compared one by one.';
select devora.protect_table('devora.embeddings', 'owner_id', 'select', definer_reads => true);

create table devora.embedding_jobs (
  id bigint generated always as identity,
  source text not null,
  entity_id text not null,
  owner_id text,
  version integer not null default 1,
  attempts integer not null default 0,
  available_at timestamptz not null default now(),
  lease_token uuid,
  leased_until timestamptz,
  last_error text,
  parked_at timestamptz,
  created_at timestamptz not null default now(),
  constraint embedding_jobs_pkey primary key (id),
  constraint embedding_jobs_source_entity_id_owner_id_key unique nulls not distinct (source, entity_id, owner_id),
  constraint embedding_jobs_lease_check check ((lease_token is null) = (leased_until is null))
);
comment on table devora.embedding_jobs is 'Rows whose passages are stale: one job per row and owner however often it changed, leased for a short time.';
comment on column devora.embedding_jobs.id is 'Number by PostgreSQL.';
comment on column devora.embedding_jobs.source is 'The table, by its name in the configuration.';
comment on column devora.embedding_jobs.entity_id is 'Id of the row, as text.';
comment on column devora.embedding_jobs.owner_id is 'Who says that it is stale: its owner; null for the service. A job of anybody else is dropped. Row level security compares it.';
comment on column devora.embedding_jobs.version is 'How often the row was queued: a worker that finds another number than it claimed has worked for nothing.';
comment on column devora.embedding_jobs.attempts is 'Attempts so far, since it was last queued.';
comment on column devora.embedding_jobs.available_at is 'Not to be claimed before.';
comment on column devora.embedding_jobs.lease_token is 'The worker that has it; null when nobody does.';
comment on column devora.embedding_jobs.leased_until is 'When its lease ends and others may take it; null when nobody has it.';
comment on column devora.embedding_jobs.last_error is 'What the last attempt failed with; null if none did.';
comment on column devora.embedding_jobs.parked_at is 'When it was given up until a person looks at it; null while it is tried.';
comment on column devora.embedding_jobs.created_at is 'When the row was first queued.';
create index embedding_jobs_due_idx on devora.embedding_jobs (available_at) where parked_at is null;
comment on index devora.embedding_jobs_due_idx is 'Serves the worker''s next jobs, oldest first.';
create index embedding_jobs_lease_token_idx on devora.embedding_jobs (lease_token) where lease_token is not null;
comment on index devora.embedding_jobs_lease_token_idx is 'Serves the end of a lease: the jobs that a worker holds, to fail or give back.';
create index embedding_jobs_parked_idx on devora.embedding_jobs (parked_at) where parked_at is not null;
comment on index devora.embedding_jobs_parked_idx is 'Serves the list of jobs that wait for a person, newest first.';
select devora.protect_table('devora.embedding_jobs', 'owner_id', '');

-- Queues rows, each for its owner: one statement for any number of rows.
create function devora.queue_embeddings(job_source text, entity_ids text[], owner_ids text[]) returns integer
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
  with queued as (
    insert into devora.embedding_jobs (source, entity_id, owner_id)
    select distinct job_source, entity_id, owner_id
    from unnest(entity_ids, owner_ids) as changed (entity_id, owner_id)
    order by entity_id, owner_id
    on conflict on constraint embedding_jobs_source_entity_id_owner_id_key do update
      set version = embedding_jobs.version + 1,
          attempts = 0, available_at = now(), parked_at = null, last_error = null,
          lease_token = null, leased_until = null
    returning 1
  )
  select count(*)::integer from queued
$$;
comment on function devora.queue_embeddings(text, text[], text[]) is 'One job per row and owner, two lists of the same length; a row already queued is queued no second time. Answers how many jobs wait. For triggers.';
create policy embedding_jobs_definer on devora.embedding_jobs for all to devora_definer using (true) with check (true);
grant select, insert, update on devora.embedding_jobs to devora_definer;
select devora.hand_over('devora.queue_embeddings(text, text[], text[])', variadic '{}');

-- Queues rows for the worker in the caller's transaction. Under a user's scope only as that user's rows: whose they
-- are is compared by the worker, so that a user who knows the id of another's row cannot disturb its job.
create function devora.enqueue_embeddings(job_source text, entity_ids text[], job_owner_id text) returns integer
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
  select case
    when coalesce(nullif(current_setting('app.user_id', true), ''), job_owner_id) is not distinct from job_owner_id
    then devora.queue_embeddings(job_source, entity_ids, array_fill(job_owner_id, array[cardinality(entity_ids)]))
    else 0
  end
$$;
comment on function devora.enqueue_embeddings(text, text[], text) is 'One job per row and owner; a row already queued is queued no second time. Answers how many jobs wait.';
select devora.hand_over('devora.enqueue_embeddings(text, text[], text)', 'devora_app', 'devora_service');

-- The triggers on sources remove the passages of rows that go.
create policy chunks_definer_delete on devora.chunks for delete to devora_definer using (true);
grant delete on devora.chunks to devora_definer;

-- Index of one model. Queries must repeat the cast and the literal model_id, or the planner cannot prove that the
-- partial index applies. The graph takes the vectors and m * 45 bytes a row; a build that outgrows
-- maintenance_work_mem goes on row by row, three times slower and more, and one of less than 32 MB for each process
-- has no parallel workers. So more is taken where the setting is less: what the graph needs, up to 1 GB. Rows are
-- estimated by the table's size, all models', because the owner, whom row level security binds, sees none.
create function devora.ensure_embedding_index(
  model integer, kind text default 'halfvec', m integer default null, ef_construction integer default null) returns boolean
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
  model_dimensions integer;
  index_name name := format('embeddings_model_%s_%s_idx', model, case kind when 'bit' then 'bit' else 'hnsw' end);
  present regclass := to_regclass(format('devora.%I', index_name));
  memory_before text := current_setting('maintenance_work_mem');
  workers_before text := current_setting('max_parallel_maintenance_workers');
  vector_bytes numeric;
  needed numeric;
  statement text;
begin
  select dimensions into model_dimensions from devora.embedding_models where id = model;
  if not found then
    raise exception 'ensure_embedding_index: no model %', model using errcode = '22023';
  end if;
  if kind is null or kind not in ('halfvec', 'bit') then
    raise exception 'ensure_embedding_index: kind must be halfvec or bit' using errcode = '22023';
  end if;
  if present is not null then
    if (select i.indisvalid
          and (ensure_embedding_index.m is null or coalesce(given.m, 16) = ensure_embedding_index.m)
          and (ensure_embedding_index.ef_construction is null
               or coalesce(given.ef_construction, 64) = ensure_embedding_index.ef_construction)
        from pg_index i
        join pg_class c on c.oid = i.indexrelid
        cross join lateral (
          select max(option_value::integer) filter (where option_name = 'm') as m,
            max(option_value::integer) filter (where option_name = 'ef_construction') as ef_construction
          from pg_options_to_table(c.reloptions)
        ) as given
        where i.indexrelid = present) then
      return false;
    end if;
    -- Of a build that was cut off, or with other figures.
    execute format('drop index %s', present);
  end if;
  vector_bytes := case kind when 'bit' then model_dimensions / 8 else model_dimensions * 2 end;
  needed := pg_table_size('devora.embeddings') / (model_dimensions * 2 + 120.0)
    * (vector_bytes * 1.15 + 45 * coalesce(ensure_embedding_index.m, 16));
  needed := greatest(needed, (workers_before::integer + 1) * 32 * 1024 * 1024);
  if needed > pg_size_bytes(memory_before) then
    perform set_config('maintenance_work_mem',
      greatest(pg_size_bytes(memory_before) / 1024, least(needed / 1024, 1024 * 1024)::bigint) || 'kB', true);
  end if;
  statement := format(
    'create index %I on devora.embeddings using hnsw (%s) with (m = %s, ef_construction = %s) where model_id = %s',
    index_name,
    case kind
      when 'bit' then format('((binary_quantize(embedding::halfvec(%1$s)))::bit(%1$s)) bit_hamming_ops', model_dimensions)
      else format('(embedding::halfvec(%s)) halfvec_cosine_ops', model_dimensions)
    end,
    coalesce(ensure_embedding_index.m, 16), coalesce(ensure_embedding_index.ef_construction, 64), model);
  begin
    execute statement;
  exception when disk_full or out_of_memory or insufficient_resources then
    -- Parallel workers share the memory by /dev/shm, of which a container has 64 MB; one alone has no need of it.
    perform set_config('max_parallel_maintenance_workers', '0', true);
    execute statement;
    perform set_config('max_parallel_maintenance_workers', workers_before, true);
  end;
  perform set_config('maintenance_work_mem', memory_before, true);
  execute format('comment on index devora.%I is %L', index_name,
                 case kind when 'bit' then 'Serves the search for the nearest vectors of one model, by their signs.'
                 else 'Serves the search for the nearest vectors of one model, by cosine.' end);
  return true;
end $$;
revoke all on function devora.ensure_embedding_index(integer, text, integer, integer) from public;
grant execute on function devora.ensure_embedding_index(integer, text, integer, integer) to devora_service;
comment on function devora.ensure_embedding_index(integer, text, integer, integer) is
  'Builds the HNSW index of one model unless a valid one is there, and answers whether it did; writers wait meanwhile.';

create function devora.drop_embedding_index(model integer) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from devora.embedding_models where id = model and state = 'active') then
    raise exception 'drop_embedding_index: model % is active', model using errcode = '22023';
  end if;
  execute format('drop index if exists devora.%I, devora.%I',
                 format('embeddings_model_%s_hnsw_idx', model), format('embeddings_model_%s_bit_idx', model));
end $$;
revoke all on function devora.drop_embedding_index(integer) from public;
grant execute on function devora.drop_embedding_index(integer) to devora_service;
comment on function devora.drop_embedding_index(integer) is 'Drops the indexes of a model that searches do not use.';

-- The owner reads the models in both; FORCE would hide them from it.
create policy embedding_models_maintenance on devora.embedding_models for select to current_user using (true);
