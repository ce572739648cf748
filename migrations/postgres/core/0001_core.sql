-- Roles, text search, and the helpers that every other module builds on.

create schema if not exists devora;
comment on schema devora is 'Devora Data: everything but the domain tables of module app.';

create extension if not exists pg_trgm with schema public;
create extension if not exists unaccent with schema public;
create extension if not exists btree_gin with schema public;

-- Three roles, none of which may log in or bypass policies. They belong to the cluster, so a second
-- database on the same server finds them there already. The migrating login becomes a member: it hands
-- functions over to devora_definer, and a host with one login switches to the other two.
do $$
declare
  role_name text;
  may_switch text := case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end;
begin
  foreach role_name in array array['devora_app', 'devora_service', 'devora_definer'] loop
    if not exists (select from pg_roles where rolname = role_name) then
      begin
        execute format('create role %I nologin nosuperuser nobypassrls nocreatedb nocreaterole', role_name);
      exception when duplicate_object or unique_violation then
        null;
      end;
    end if;
    if not pg_has_role(current_user, role_name, may_switch) then
      if role_name <> 'devora_app' and may_switch = 'set' then
        -- Without inheritance the login sees what the service sees only after it switched to it.
        execute format('grant %I to %I with inherit false, set true', role_name, current_user);
      else
        execute format('grant %I to %I', role_name, current_user);
      end if;
    end if;
  end loop;
end $$;

grant usage on schema devora to devora_app, devora_service, devora_definer;
revoke create on schema devora from public;

-- The row level security contract, in one place. Every policy of a module is made by this function, and
-- rows without a scope are seen by nobody but the service.
create function devora.protect_table(
  target regclass,
  owner_column name default 'owner_id',
  app_privileges text default 'select, insert, update, delete',
  definer_reads boolean default false
) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  table_name name;
  scope text;
begin
  select relname into strict table_name from pg_class where oid = target;
  -- Without the length of varchar(n): the cast would shorten a longer id to another user's.
  select format('%I = (select nullif(current_setting(''app.user_id'', true), '''')::%s)',
                attname, format_type(atttypid, -1))
    into strict scope
    from pg_attribute
   where attrelid = target and attname = owner_column and not attisdropped;

  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy %I on %s for all to public using (%s) with check (%s)',
                 table_name || '_owner_isolation', target, scope, scope);
  execute format('create policy %I on %s for all to devora_service using (true) with check (true)',
                 table_name || '_service', target);
  execute format('grant select, insert, update, delete on %s to devora_service', target);
  if app_privileges <> '' then
    execute format('grant %s on %s to devora_app', app_privileges, target);
  end if;
  if definer_reads then
    execute format('create policy %I on %s for select to devora_definer using (true)',
                   table_name || '_definer_read', target);
    execute format('grant select on %s to devora_definer', target);
  end if;
end $$;
revoke all on function devora.protect_table(regclass, name, text, boolean) from public;
comment on function devora.protect_table(regclass, name, text, boolean) is
  'Enables and forces row level security: the owner''s rows by app.user_id, all rows for devora_service. Empty app_privileges: devora_app gets no grant.';

-- Tables without an owner: the service alone.
create function devora.protect_internal_table(target regclass) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  table_name name;
begin
  select relname into strict table_name from pg_class where oid = target;
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy %I on %s for all to devora_service using (true) with check (true)',
                 table_name || '_service', target);
  execute format('grant select, insert, update, delete on %s to devora_service', target);
end $$;
revoke all on function devora.protect_internal_table(regclass) from public;
comment on function devora.protect_internal_table(regclass) is
  'Enables and forces row level security on a table that only devora_service may read or write.';

-- A function that must see more than its caller belongs to devora_definer, whom the policies name where they let
-- it read or write. That role may create in the schema for no longer than this takes. Privileges are given before:
-- the migrating login is a member of devora_definer, but does not inherit what it may do.
create function devora.hand_over(target regprocedure, variadic callers name[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  target_schema name;
  caller name;
begin
  select n.nspname into strict target_schema
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.oid = target;
  execute format('revoke all on function %s from public', target);
  foreach caller in array callers loop
    execute format('grant execute on function %s to %I', target, caller);
  end loop;
  execute format('grant create on schema %I to devora_definer', target_schema);
  execute format('alter function %s owner to devora_definer', target);
  execute format('revoke create on schema %I from devora_definer', target_schema);
end $$;
revoke all on function devora.hand_over(regprocedure, name[]) from public;
comment on function devora.hand_over(regprocedure, name[]) is
  'Makes devora_definer the owner of a security definer function, which only the given roles may call.';

create function devora.set_updated_at() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  new.updated_at := now();
  return new;
end $$;
comment on function devora.set_updated_at() is
  'BEFORE row trigger: updated_at is the time of the transaction that changed the row. For tables without generated search vectors.';

-- With any BEFORE UPDATE row trigger PostgreSQL computes all generated columns at each update: 5 ms for a file of 5 kB,
-- whatever changed. An AFTER trigger costs nothing to a writer who sets updated_at, as Drizzle's tables do.
create function devora.touch_updated_at() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  execute format('update %s set updated_at = now() where id = $1', tg_relid::regclass) using new.id;
  return null;
end $$;
comment on function devora.touch_updated_at() is
  'AFTER row trigger for tables with generated search vectors: sets updated_at where the statement did not.';

-- Arguments: the child table, then pairs of child and parent columns. Children deleted before their parent stay
-- deleted when it is restored, because their time differs.
create function devora.cascade_soft_delete() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  is_child text := '';
begin
  for i in 1 .. tg_nargs - 2 by 2 loop
    is_child := is_child || format(' and %I = ($3).%I', tg_argv[i], tg_argv[i + 1]);
  end loop;
  execute format('update %s set deleted_at = $1 where deleted_at is not distinct from $2%s', tg_argv[0]::regclass, is_child)
    using new.deleted_at, old.deleted_at, new;
  return null;
end $$;
comment on function devora.cascade_soft_delete() is
  'Row trigger on deleted_at: a deleted row takes its live children along; restored, it brings back those that it took.';

-- Text search configurations that fold accents, then stem: "sécurité" and "securite" meet.
-- Extensions may live in any schema, so the dictionary is looked up, not assumed.
do $$
declare
  dictionary text;
begin
  select format('%I.%I', n.nspname, d.dictname) into strict dictionary
    from pg_ts_dict d
    join pg_namespace n on n.oid = d.dictnamespace
    join pg_depend p on p.classid = 'pg_ts_dict'::regclass and p.objid = d.oid and p.deptype = 'e'
    join pg_extension e on e.oid = p.refobjid and e.extname = 'unaccent'
   where d.dictname = 'unaccent';

  create text search configuration devora.devora_fr (copy = pg_catalog.french);
  execute format('alter text search configuration devora.devora_fr alter mapping for hword, hword_part, word with %s, pg_catalog.french_stem', dictionary);
  create text search configuration devora.devora_en (copy = pg_catalog.english);
  execute format('alter text search configuration devora.devora_en alter mapping for hword, hword_part, word with %s, pg_catalog.english_stem', dictionary);
  create text search configuration devora.devora_simple (copy = pg_catalog.simple);
  execute format('alter text search configuration devora.devora_simple alter mapping for hword, hword_part, word with %s, pg_catalog.simple', dictionary);
end $$;
comment on text search configuration devora.devora_fr is 'French: accents folded, then stemmed.';
comment on text search configuration devora.devora_en is 'English: accents folded, then stemmed.';
comment on text search configuration devora.devora_simple is 'Any other language, and code: accents folded, words left whole.';

create function devora.text_config(language text) returns regconfig
language sql immutable parallel safe
return case language
  when 'fr' then 'devora.devora_fr'::regconfig
  when 'en' then 'devora.devora_en'::regconfig
  else 'devora.devora_simple'::regconfig
end;
comment on function devora.text_config(text) is 'Text search configuration of a row''s language column: fr, en, anything else simple.';

-- 100,000 characters: no text of that length, whatever its words and their width, exceeds the megabyte
-- that a tsvector may hold. What lies beyond is not indexed, and the row is stored all the same.
-- The parser drops what looks like a tag, and makes one token of words with a slash between them: without these, the
-- words of Promise<User>, of JSX and of "et/ou" are found.
create function devora.search_vector(language text, title text, body text) returns tsvector
language sql immutable parallel safe
return setweight(to_tsvector(devora.text_config(language), translate(left(coalesce(title, ''), 2000), '<>/', '   ')), 'A')
    || setweight(to_tsvector(devora.text_config(language), translate(left(coalesce(body, ''), 100000), '<>/', '   ')), 'B');
comment on function devora.search_vector(text, text, text) is 'Search vector of a row: title at weight A, body at weight B, in the row''s language.';

-- Identifiers whole (getUserById, user_by_id, src/lib/user.ts) and in parts (get, user, by, id); and those that a line
-- declares, marked and without underscores (=getuserbyid, and ==getuserbyid where others may use it), so that a name
-- finds its definition before its uses.
create function devora.identifier_vector(source text) returns tsvector
language sql immutable parallel safe
return (
  select array_to_tsvector(coalesce(array_agg(distinct left(word, 200)) filter (where word <> ''), '{}'))
  from (
    select lower(whole[1])
    from regexp_matches(left(coalesce(source, ''), 60000), '([[:alnum:]_$]+(?:[-./][[:alnum:]_$]+)*)', 'g') as whole
    union all
    select lower(name)
    from regexp_split_to_table(left(coalesce(source, ''), 60000), '[^[:alnum:]_$]+') as name
    union all
    select lower(part)
    from regexp_split_to_table(
      regexp_replace(
        regexp_replace(left(coalesce(source, ''), 60000), '([[:lower:][:digit:]])([[:upper:]])', '\1 \2', 'g'),
        '([[:upper:]])([[:upper:]][[:lower:]])', '\1 \2', 'g'),
      '[^[:alnum:]]+') as part
    union all
    select unnest(array[
      '=' || lower(regexp_replace(declared[2], '[_$]', '', 'g')),
      case when declared[1] is not null then '==' || lower(regexp_replace(declared[2], '[_$]', '', 'g')) end
    ])
    from regexp_matches(
      left(coalesce(source, ''), 60000),
      '(?:^|\n)[[:blank:]]*((?:export|public|pub)[[:blank:]]+)?(?:(?:default|declare|abstract|async|private|protected|static|final)[[:blank:]]+)*(?:function\*?|class|interface|type|enum|struct|trait|def|func|fn|module|const|let|var)[[:blank:]]+([[:alpha:]_$][[:alnum:]_$]*)',
      'g') as declared
  ) as words (word)
);
comment on function devora.identifier_vector(text) is 'Lower-case identifiers of source code, whole and split at camelCase, snake_case, kebab-case, dots and slashes; declared ones also as =name, exported ones as ==name too.';

-- The module search may be absent, or closed to the caller: then there are no synonyms. Plain SQL would fail there,
-- because it looks its tables up before it runs.
create function devora.synonyms_of(sources text[], words text[])
returns table (source text, language text, word text, synonym text)
language plpgsql stable rows 10
set search_path = pg_catalog, pg_temp
as $$
begin
  if has_table_privilege(to_regclass('devora.search_synonyms'), 'select') then
    return query
      select s.source, s.language, s.word, unnest(s.synonyms)
      from devora.search_synonyms s
      where s.source = any (sources) and s.word = any (words);
  end if;
end $$;
comment on function devora.synonyms_of(text[], text[]) is
  'Synonyms of words in some sources; none where the module search is not installed or the caller may not read it.';

create table devora.config_keys (
  id text not null,
  canary bytea not null,
  created_at timestamptz not null default now(),
  retired_at timestamptz,
  constraint config_keys_pkey primary key (id)
);
comment on table devora.config_keys is 'Encryption keys known by name, each with a ciphertext that tells a wrong key at start. Never a key.';
comment on column devora.config_keys.id is 'Name by which settings refer to the key.';
comment on column devora.config_keys.canary is 'A known text encrypted under the key: one that decrypts to something else is the wrong key.';
comment on column devora.config_keys.created_at is 'When the key was first used here.';
comment on column devora.config_keys.retired_at is 'When the key stopped being used for new values; null while it is in use. It still decrypts the old ones.';
select devora.protect_internal_table('devora.config_keys');

create table devora.system_config (
  name text not null,
  value jsonb,
  value_encrypted bytea,
  key_id text,
  updated_at timestamptz not null default now(),
  constraint system_config_pkey primary key (name),
  constraint system_config_key_id_fkey foreign key (key_id) references devora.config_keys (id),
  constraint system_config_one_value_check check (num_nonnulls(value, value_encrypted) = 1),
  constraint system_config_encrypted_key_check check ((value_encrypted is null) = (key_id is null))
);
comment on table devora.system_config is 'Settings of the installation: plain in value, secret in value_encrypted under key_id.';
comment on column devora.system_config.name is 'Name of the setting, the same in code and here.';
comment on column devora.system_config.value is 'The plain value; null where it is a secret.';
comment on column devora.system_config.value_encrypted is 'The secret, encrypted by the application; null where the value is plain. The database never sees the key.';
comment on column devora.system_config.key_id is 'The key that value_encrypted is encrypted under; null where the value is plain.';
comment on column devora.system_config.updated_at is 'When the row last changed; kept by a trigger.';
create index system_config_key_id_idx on devora.system_config (key_id) where key_id is not null;
comment on index devora.system_config_key_id_idx is 'Serves the rotation of a key (the settings still encrypted under it), and the check when a key is deleted.';
comment on index devora.system_config_key_id_idx is 'Serves the rotation of a key (the settings still encrypted under it), and the check when a key is deleted.';
create trigger system_config_set_updated_at before update on devora.system_config
  for each row execute function devora.set_updated_at();
select devora.protect_internal_table('devora.system_config');
