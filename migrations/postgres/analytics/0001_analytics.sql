-- Product events: kept here first, delivered after.

-- Idempotency by event id alone cannot live on a key of a table partitioned by time.
create table devora.event_ids (
  id uuid not null,
  occurred_at timestamptz not null,
  constraint event_ids_pkey primary key (id)
);
comment on table devora.event_ids is 'Ids of all events accepted, with the first accepted time; they outlive their events until they are pruned.';
comment on column devora.event_ids.id is 'The event''s id, chosen by whoever captured it first.';
comment on column devora.event_ids.occurred_at is 'The time under which it was accepted first, and is kept.';
select devora.protect_internal_table('devora.event_ids');

create table devora.analytics_events (
  id uuid not null,
  event text not null,
  distinct_id text not null,
  owner_id text,
  actor_id text,
  session_id text,
  occurred_at timestamptz not null,
  claimed_at timestamptz,
  received_at timestamptz not null default now(),
  counts_as_activity boolean not null default false,
  retention_class text not null default 'standard',
  properties jsonb not null default '{}',
  context jsonb not null default '{}',
  constraint analytics_events_pkey primary key (id, occurred_at),
  constraint analytics_events_event_check check (char_length(event) between 1 and 200),
  constraint analytics_events_distinct_id_check check (char_length(distinct_id) between 1 and 400)
) partition by range (occurred_at);
comment on table devora.analytics_events is 'Append-only product events, one partition a month.';
comment on column devora.analytics_events.id is 'Chosen by whoever captures, a UUID of version 7: the same id again is the same event, and kept once.';
comment on column devora.analytics_events.event is 'Its name, by the host''s catalogue, such as project_created.';
comment on column devora.analytics_events.distinct_id is 'Who did it, as delivered to the destinations: a user''s id, or an anonymous one.';
comment on column devora.analytics_events.owner_id is 'The principal whose data it is; null for anonymous and system events. Row level security compares it.';
comment on column devora.analytics_events.actor_id is 'Who acted in the owner''s place, such as support; null where it was the owner.';
comment on column devora.analytics_events.session_id is 'The visit it belongs to, by the client; null where it knows none.';
comment on column devora.analytics_events.occurred_at is 'When it happened; clamped to received_at when the client''s clock was beyond tolerance.';
comment on column devora.analytics_events.claimed_at is 'The time that the client claimed, where it was clamped; null where it was believed.';
comment on column devora.analytics_events.received_at is 'When it was written here.';
comment on column devora.analytics_events.counts_as_activity is 'Whether it makes its person active, by the catalogue.';
comment on column devora.analytics_events.retention_class is 'How long to keep it, by the catalogue: short, standard or long.';
comment on column devora.analytics_events.properties is 'What the catalogue says of this kind of event; personal data already treated as it says.';
comment on column devora.analytics_events.context is 'Where it came from: library, version, page, request.';
create index analytics_events_occurred_at_idx on devora.analytics_events using brin (occurred_at) with (autosummarize = on);
comment on index devora.analytics_events_occurred_at_idx is 'Serves what all people did in a time range: the table is written in order of time.';
comment on index devora.analytics_events_occurred_at_idx is 'Serves what all people did in a time range: the table is written in order of time.';
create index analytics_events_owner_id_occurred_at_idx on devora.analytics_events (owner_id, occurred_at);
comment on index devora.analytics_events_owner_id_occurred_at_idx is 'Serves one person''s history: sessions, funnels, export.';
comment on index devora.analytics_events_owner_id_occurred_at_idx is 'Serves one person''s history: sessions, funnels, export.';
create index analytics_events_event_occurred_at_idx on devora.analytics_events (event, occurred_at);
comment on index devora.analytics_events_event_occurred_at_idx is 'Serves one kind of event over a period: funnels, failed requests.';
comment on index devora.analytics_events_event_occurred_at_idx is 'Serves one kind of event over a period: funnels, failed requests.';
-- Events of signed-in people, whose distinct_id is their owner's, are not in it: it costs them nothing.
create index analytics_events_other_ids_idx on devora.analytics_events (distinct_id, occurred_at)
  where owner_id is distinct from distinct_id;
comment on index devora.analytics_events_other_ids_idx is 'Serves what was done under an id that is not its owner''s, such as an anonymous one: aliases, erasure.';
select devora.protect_table('devora.analytics_events', 'owner_id', '');

-- Catches events of months that have no partition yet. Children carry neither grant nor policy: nobody reads or
-- writes them but by way of their parent.
create table devora.analytics_events_default partition of devora.analytics_events default;
comment on table devora.analytics_events_default is 'Events of months without a partition; emptied when the month gets one.';
alter table devora.analytics_events_default enable row level security;
alter table devora.analytics_events_default force row level security;

-- Locks the parent against writers for the few milliseconds that it takes: a writer that had already chosen the
-- default partition would fail when the month leaves it. FORCE hides the default partition's rows from its owner too,
-- so it is lifted while they move, which nobody else can see. Behind a long transaction it gives up after 2 s rather
-- than queue, because every capture would queue behind it.
create function devora.ensure_event_partitions(from_month date, to_month date) returns text[]
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
  month date := date_trunc('month', from_month)::date;
  lower_bound timestamptz;
  upper_bound timestamptz;
  child text;
  made text[] := '{}';
begin
  if from_month is null or to_month is null or to_month < from_month or to_month > from_month + interval '50 years' then
    raise exception 'ensure_event_partitions: to_month must lie within 50 years after from_month' using errcode = '22023';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('devora.event_partitions', 0));
  while month <= to_month loop
    child := format('analytics_events_y%sm%s', to_char(month, 'YYYY'), to_char(month, 'MM'));
    if to_regclass(format('devora.%I', child)) is null then
      lower_bound := month::timestamp at time zone 'UTC';
      upper_bound := (month + interval '1 month')::timestamp at time zone 'UTC';
      lock table devora.analytics_events in share row exclusive mode;
      execute format('create table devora.%I (like devora.analytics_events including defaults including constraints)', child);
      execute format('comment on table devora.%I is %L', child, 'Events of ' || to_char(month, 'YYYY-MM') || ' (UTC).');
      if pg_relation_size('devora.analytics_events_default') > 0 then
        alter table devora.analytics_events_default no force row level security;
        execute format(
          'with moved as (delete from devora.analytics_events_default where occurred_at >= %L and occurred_at < %L returning *)
           insert into devora.%I select * from moved', lower_bound, upper_bound, child);
        alter table devora.analytics_events_default force row level security;
      end if;
      execute format('alter table devora.%I enable row level security', child);
      execute format('alter table devora.%I force row level security', child);
      execute format('alter table devora.analytics_events attach partition devora.%I for values from (%L) to (%L)',
                     child, lower_bound, upper_bound);
      made := made || child;
    end if;
    month := (month + interval '1 month')::date;
  end loop;
  return made;
end $$;
revoke all on function devora.ensure_event_partitions(date, date) from public;
grant execute on function devora.ensure_event_partitions(date, date) to devora_service;
comment on function devora.ensure_event_partitions(date, date) is
  'Makes the monthly partitions between two dates, moves their rows out of the default partition, and answers the names of those that it made.';

-- Old months leave in two steps. A detached month takes no more events, so it can be archived at leisure, and after a
-- crash it is still there under its new name.
create function devora.detach_event_partition(partition_name text) returns text
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
  detached text := partition_name || '_detached';
begin
  perform pg_advisory_xact_lock(hashtextextended('devora.event_partitions', 0));
  if partition_name !~ '^analytics_events_y\d{4}m\d{2}$' or not exists (
    select from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'devora.analytics_events'::regclass and c.relname = partition_name
  ) then
    raise exception 'detach_event_partition: analytics_events has no monthly partition of this name' using errcode = '22023';
  end if;
  execute format('alter table devora.analytics_events detach partition devora.%I', partition_name);
  execute format('alter table devora.%I rename to %I', partition_name, detached);
  execute format('create policy %I on devora.%I for select to devora_service using (true)', detached || '_service', detached);
  execute format('grant select on devora.%I to devora_service', detached);
  return detached;
end $$;
revoke all on function devora.detach_event_partition(text) from public;
grant execute on function devora.detach_event_partition(text) to devora_service;
comment on function devora.detach_event_partition(text) is
  'Takes a month out of analytics_events and answers its new name; devora_service may read it until it is dropped.';

-- The way back, for a month that deliveries were queued for after it was detached. Its rows are checked against its
-- bounds before the parent is locked: attaching alone would scan them behind locks that every reader waits for.
create function devora.attach_event_partition(detached text) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
  child text := left(detached, 25);
  lower_bound timestamptz;
  upper_bound timestamptz;
begin
  perform pg_advisory_xact_lock(hashtextextended('devora.event_partitions', 0));
  if detached !~ '^analytics_events_y\d{4}m\d{2}_detached$' then
    raise exception 'attach_event_partition: not the name of a detached month of analytics_events' using errcode = '22023';
  end if;
  if to_regclass(format('devora.%I', child)) is not null or to_regclass(format('devora.%I', detached)) is null then
    return false;
  end if;
  lower_bound := make_timestamptz(substr(child, 19, 4)::int, substr(child, 24, 2)::int, 1, 0, 0, 0, 'UTC');
  upper_bound := (lower_bound at time zone 'UTC' + interval '1 month') at time zone 'UTC';
  execute format('drop policy %I on devora.%I', detached || '_service', detached);
  execute format('revoke all on devora.%I from devora_service', detached);
  execute format('alter table devora.%I rename to %I', detached, child);
  execute format('alter table devora.%I add constraint within_month check (occurred_at >= %L and occurred_at < %L)',
                 child, lower_bound, upper_bound);
  execute format('alter table devora.analytics_events attach partition devora.%I for values from (%L) to (%L)',
                 child, lower_bound, upper_bound);
  execute format('alter table devora.%I drop constraint within_month', child);
  return true;
end $$;
revoke all on function devora.attach_event_partition(text) from public;
grant execute on function devora.attach_event_partition(text) to devora_service;
comment on function devora.attach_event_partition(text) is
  'Puts a month that detach_event_partition took out back into analytics_events; false where it is gone, or the month has a new partition.';

create function devora.drop_detached_events(detached text) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
begin
  if detached !~ '^analytics_events_y\d{4}m\d{2}_detached$' then
    raise exception 'drop_detached_events: not the name of a detached month of analytics_events' using errcode = '22023';
  end if;
  execute format('drop table if exists devora.%I', detached);
end $$;
revoke all on function devora.drop_detached_events(text) from public;
grant execute on function devora.drop_detached_events(text) to devora_service;
comment on function devora.drop_detached_events(text) is 'Drops a month that detach_event_partition took out, with its events.';

create table devora.analytics_outbox (
  event_id uuid not null,
  destination text not null,
  occurred_at timestamptz not null,
  state text not null default 'pending',
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  lease_token uuid,
  leased_until timestamptz,
  last_error text,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  constraint analytics_outbox_pkey primary key (event_id, destination),
  constraint analytics_outbox_state_check check (state in ('pending', 'leased', 'sent', 'parked')),
  constraint analytics_outbox_lease_check check ((state = 'leased') = (lease_token is not null and leased_until is not null))
);
comment on table devora.analytics_outbox is 'Delivery state of an event per destination; a row is sent only after the destination answered 2xx.';
comment on column devora.analytics_outbox.event_id is 'The event to deliver.';
comment on column devora.analytics_outbox.destination is 'Where to, by the host''s names, such as posthog.';
comment on column devora.analytics_outbox.occurred_at is 'The event''s time, with which its row is found in its partition.';
comment on column devora.analytics_outbox.state is 'pending, leased by a worker, sent, or parked until a person looks at it.';
comment on column devora.analytics_outbox.attempts is 'Deliveries that the destination refused so far; its outages do not count.';
comment on column devora.analytics_outbox.next_attempt_at is 'Not to be tried before.';
comment on column devora.analytics_outbox.lease_token is 'The claim that it belongs to; null when it belongs to none.';
comment on column devora.analytics_outbox.leased_until is 'When its lease ends and others may take it; null when nobody has it.';
comment on column devora.analytics_outbox.last_error is 'Code of what the last attempt failed with, such as HTTP 400; null if none did. Never a value.';
comment on column devora.analytics_outbox.created_at is 'When it was queued.';
comment on column devora.analytics_outbox.sent_at is 'When the destination answered 2xx; null until then.';
create index analytics_outbox_due_idx on devora.analytics_outbox (destination, next_attempt_at) where state in ('pending', 'leased');
comment on index devora.analytics_outbox_due_idx is 'Serves the delivery worker''s next batch.';
comment on index devora.analytics_outbox_due_idx is 'Serves the delivery worker''s next batch.';
create index analytics_outbox_parked_idx on devora.analytics_outbox (destination, created_at) where state = 'parked';
comment on index devora.analytics_outbox_parked_idx is 'Serves the list of what waits for a person, oldest first.';
comment on index devora.analytics_outbox_parked_idx is 'Serves the list of what waits for a person, oldest first.';
create index analytics_outbox_sent_idx on devora.analytics_outbox (destination, sent_at) where state = 'sent';
comment on index devora.analytics_outbox_sent_idx is 'Serves what was sent in a period: counts of a day, and the end of old rows.';
select devora.protect_internal_table('devora.analytics_outbox');

create table devora.user_aliases (
  alias text not null,
  distinct_id text not null,
  created_at timestamptz not null default now(),
  constraint user_aliases_pkey primary key (alias),
  constraint user_aliases_distinct_check check (alias <> distinct_id),
  constraint user_aliases_ids_check check (alias <> '' and distinct_id <> '')
);
comment on table devora.user_aliases is 'Ids of one person: events of alias count for distinct_id.';
comment on column devora.user_aliases.alias is 'An id under which the person was seen, such as the anonymous one before sign-up.';
comment on column devora.user_aliases.distinct_id is 'The id that its events count for.';
comment on column devora.user_aliases.created_at is 'When the two were found to be one.';
create index user_aliases_distinct_id_idx on devora.user_aliases (distinct_id);
comment on index devora.user_aliases_distinct_id_idx is 'Serves all ids of one person, for export and erasure.';
comment on index devora.user_aliases_distinct_id_idx is 'Serves all ids of one person, for export and erasure.';
select devora.protect_internal_table('devora.user_aliases');

create table devora.flag_definitions (
  project text not null,
  definitions jsonb,
  fetched_at timestamptz,
  lease_token uuid,
  leased_until timestamptz,
  constraint flag_definitions_pkey primary key (project)
);
comment on table devora.flag_definitions is 'Last known feature flag definitions of PostHog, so that a restart during an outage keeps its flags.';
comment on column devora.flag_definitions.project is 'The PostHog project, by its token.';
comment on column devora.flag_definitions.definitions is 'As posthog-node hands them over; null until they were fetched first.';
comment on column devora.flag_definitions.fetched_at is 'When PostHog last sent others than before; null until they were fetched first.';
comment on column devora.flag_definitions.lease_token is 'The process that fetches them for all; null when none does.';
comment on column devora.flag_definitions.leased_until is 'When another process may take over; null when none fetches.';
select devora.protect_internal_table('devora.flag_definitions');

create table devora.feature_flags (
  key text not null,
  definition jsonb not null,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  archived_at timestamptz,
  constraint feature_flags_pkey primary key (key),
  constraint feature_flags_key_check check (char_length(key) between 1 and 200)
);
comment on table devora.feature_flags is 'Feature flags of the host''s own, for use without PostHog. Every login of the app reads them.';
comment on column devora.feature_flags.key is 'The name that the code asks for. People are put into buckets by it, so it never changes.';
comment on column devora.feature_flags.definition is 'Who gets which value: a part of what PostHog''s definitions hold, in the same shape.';
comment on column devora.feature_flags.version is 'Counts up with each change.';
comment on column devora.feature_flags.created_at is 'When it was first defined.';
comment on column devora.feature_flags.changed_at is 'When it was last changed or archived.';
comment on column devora.feature_flags.archived_at is 'Since when it is not evaluated any more; null while it is.';
select devora.protect_internal_table('devora.feature_flags');
create policy feature_flags_read on devora.feature_flags for select to devora_app using (true);
grant select on devora.feature_flags to devora_app;

create table devora.consents (
  distinct_id text not null,
  opted_out boolean not null,
  changed_at timestamptz not null default now(),
  constraint consents_pkey primary key (distinct_id)
);
comment on table devora.consents is 'Who opted out of analytics: one row per id of a person, and one of the empty id for everybody.';
comment on column devora.consents.distinct_id is 'The person, known or anonymous; empty, which no person is, for everybody.';
comment on column devora.consents.opted_out is 'True: no events of this person are kept or delivered. A person without a row is kept.';
comment on column devora.consents.changed_at is 'When the choice last changed.';
select devora.protect_internal_table('devora.consents');

create function devora.ids_of_person(ids text[]) returns text[]
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with recursive person (id) as (
    select unnest(ids)
    union
    select linked.id
    from person p
    cross join lateral (
      select a.distinct_id from devora.user_aliases a where a.alias = p.id
      union all
      select a.alias from devora.user_aliases a where a.distinct_id = p.id
    ) as linked (id)
  )
  select coalesce(array_agg(p.id order by p.id), '{}') from person p
$$;
comment on function devora.ids_of_person(text[]) is 'The given ids with all others that are aliases of the same person, sorted.';

-- What a user may not write under: an id that has events of its own, or belongs to a person by its aliases. An
-- anonymous id that nobody was found to be is neither.
create function devora.ids_of_others(ids text[], scope text) returns text[]
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(i.id), '{}')
  from (select distinct unnest(ids) except select unnest(devora.ids_of_person(array[scope]))) as i (id)
  where exists (select from devora.analytics_events e where e.owner_id = i.id)
     or exists (select from devora.user_aliases a where a.alias = i.id)
     or exists (select from devora.user_aliases a where a.distinct_id = i.id)
$$;
comment on function devora.ids_of_others(text[], text) is 'Those of the ids that are known as another person''s than the scope''s.';

-- An id is looked up by itself when events come in, so each id of a person has a consent of its own.
create function devora.share_opt_out() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  ids text[] := devora.ids_of_person(array[new.alias, new.distinct_id]);
begin
  if exists (select from devora.consents c where c.distinct_id = any(ids) and c.opted_out) then
    insert into devora.consents (distinct_id, opted_out)
    select i.id, true from unnest(ids) as i (id)
    on conflict on constraint consents_pkey do update set opted_out = true, changed_at = now()
      where not consents.opted_out;
  end if;
  return null;
end $$;
comment on function devora.share_opt_out() is
  'Row trigger: when two ids are found to be one person who opted out under one of them, all its ids are opted out.';
create trigger user_aliases_share_opt_out after insert or update on devora.user_aliases
  for each row execute function devora.share_opt_out();

-- The one way in for events. Under a user's scope (app.user_id set) an event may name that owner or none, and the
-- person's own ids or unknown ones; others are refused row by row and reported, so that a foreign owner never aborts
-- the caller's transaction. One event alone takes a path of its own, with the same rules: half the time of the
-- statement for many. Both are PL/pgSQL, because a body in SQL is planned at each call before version 18.
create function devora.capture_events(events jsonb, destinations text[])
returns table (id uuid, outcome text)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  scope text := nullif(current_setting('app.user_id', true), '');
  e devora.analytics_events;
  others text[] := '{}';
begin
  if jsonb_array_length(events) = 1 then
    e := jsonb_populate_record(null::devora.analytics_events, events -> 0);
    id := e.id;
    outcome := (
      select case when bool_or(c.distinct_id = '') then 'disabled' else 'opted_out' end
      from devora.consents c where c.distinct_id in ('', e.distinct_id, e.owner_id) and c.opted_out
      having count(*) > 0);
    if outcome is null and scope is not null then
      if e.distinct_id <> scope then
        others := devora.ids_of_others(array[e.distinct_id], scope);
      end if;
      if coalesce(e.owner_id, e.actor_id) <> scope or e.distinct_id = any(others) then
        outcome := 'foreign_owner';
      end if;
    end if;
    if outcome is null then
      insert into devora.event_ids (id, occurred_at) values (e.id, e.occurred_at)
      on conflict on constraint event_ids_pkey do nothing;
      if not found then
        outcome := 'duplicate';
      else
        insert into devora.analytics_events
          (id, event, distinct_id, owner_id, actor_id, session_id, occurred_at, claimed_at,
           counts_as_activity, retention_class, properties, context)
        values
          (e.id, e.event, e.distinct_id, e.owner_id, e.actor_id, e.session_id, e.occurred_at, e.claimed_at,
           coalesce(e.counts_as_activity, false), coalesce(e.retention_class, 'standard'),
           coalesce(e.properties, '{}'), coalesce(e.context, '{}'));
        if destinations <> '{}' then
          insert into devora.analytics_outbox (event_id, destination, occurred_at)
          select e.id, d.destination, e.occurred_at from unnest(destinations) as d (destination);
        end if;
        outcome := 'accepted';
      end if;
    end if;
    return next;
    return;
  end if;

  if scope is not null then
    others := devora.ids_of_others(
      array(select i ->> 'distinct_id' from jsonb_array_elements(events) as i where i ->> 'distinct_id' <> scope), scope);
  end if;
  return query
    with incoming as materialized (
      select distinct on (i.id) i.*
      from jsonb_populate_recordset(null::devora.analytics_events, events) as i
      order by i.id
    ),
    judged as materialized (
      select i.*,
             case
               when switch.is_off then 'disabled'
               when exists (select from devora.consents c where c.distinct_id = i.distinct_id and c.opted_out)
                 or i.owner_id is distinct from i.distinct_id
                    and exists (select from devora.consents c where c.distinct_id = i.owner_id and c.opted_out)
               then 'opted_out'
               when coalesce(i.owner_id, i.actor_id) <> scope or i.distinct_id = any(others) then 'foreign_owner'
             end as refused
      from incoming i
      cross join (
        select exists (select from devora.consents c where c.distinct_id = '' and c.opted_out)
      ) as switch (is_off)
    ),
    accepted as (
      insert into devora.event_ids (id, occurred_at)
      select j.id, j.occurred_at from judged j where j.refused is null
      on conflict on constraint event_ids_pkey do nothing
      returning event_ids.id, event_ids.occurred_at
    ),
    kept as (
      insert into devora.analytics_events
        (id, event, distinct_id, owner_id, actor_id, session_id, occurred_at, claimed_at,
         counts_as_activity, retention_class, properties, context)
      select j.id, j.event, j.distinct_id, j.owner_id, j.actor_id, j.session_id, j.occurred_at, j.claimed_at,
             coalesce(j.counts_as_activity, false), coalesce(j.retention_class, 'standard'),
             coalesce(j.properties, '{}'), coalesce(j.context, '{}')
      from judged j join accepted a on a.id = j.id
      returning analytics_events.id
    ),
    queued as (
      insert into devora.analytics_outbox (event_id, destination, occurred_at)
      select a.id, d.destination, a.occurred_at from accepted a cross join unnest(destinations) as d (destination)
      returning event_id
    )
    select j.id, coalesce(j.refused, case when a.id is null then 'duplicate' else 'accepted' end)
    from judged j left join accepted a on a.id = j.id;
end $$;
comment on function devora.capture_events(jsonb, text[]) is
  'Keeps events and queues them for the destinations. Outcome per event: accepted, duplicate, disabled, opted_out or foreign_owner.';

create policy event_ids_definer on devora.event_ids for all to devora_definer using (true) with check (true);
create policy analytics_events_definer_write on devora.analytics_events for all to devora_definer using (true) with check (true);
create policy analytics_outbox_definer on devora.analytics_outbox for all to devora_definer using (true) with check (true);
create policy consents_definer on devora.consents for all to devora_definer using (true) with check (true);
grant select, insert on devora.event_ids, devora.analytics_events, devora.analytics_outbox to devora_definer;
grant select, insert, update on devora.consents to devora_definer;
select devora.hand_over('devora.ids_of_person(text[])', 'devora_service');
select devora.hand_over('devora.ids_of_others(text[], text)', variadic '{}');
select devora.hand_over('devora.share_opt_out()', variadic '{}');
select devora.hand_over('devora.capture_events(jsonb, text[])', 'devora_app', 'devora_service');

-- Captures like capture_events, and notes for each accepted $create_alias whose id it says the alias is. Refused is what
-- would take an id from somebody: an alias has one person for ever, and within a user's scope it is nobody else's yet.
-- Aliases of aliases are kept in one step, so that readers need not follow chains. Ids are locked by one of 1,024 numbers,
-- in order, until the transaction ends: two writers never make a chain, and an import does not run out of locks.
create function devora.capture_with_aliases(events jsonb, destinations text[])
returns table (id uuid, outcome text)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  scope text := nullif(current_setting('app.user_id', true), '');
  claim record;
  person text;
  next_person text;
  captured text;
begin
  return query
    select c.id, c.outcome
    from devora.capture_events(
      (select coalesce(jsonb_agg(e), '[]') from jsonb_array_elements(events) as e where e ->> 'event' <> '$create_alias'),
      destinations) as c;

  perform pg_advisory_xact_lock(hashtext('devora.user_aliases'), bucket)
  from (
    select distinct abs(hashtext(name) % 1024) as bucket
    from jsonb_array_elements(events) as e
    left join devora.user_aliases u on u.alias = e ->> 'distinct_id'
    cross join unnest(array[e ->> 'distinct_id', e #>> '{properties,alias}', u.distinct_id]) as name
    where e ->> 'event' = '$create_alias' and name is not null
    order by bucket
  ) as buckets;

  for claim in
    select e as event, (e ->> 'id')::uuid as id, e ->> 'distinct_id' as distinct_id, e #>> '{properties,alias}' as alias
    from jsonb_array_elements(events) with ordinality as t (e, place)
    where e ->> 'event' = '$create_alias'
    order by place
  loop
    person := claim.distinct_id;
    loop
      select u.distinct_id into next_person from devora.user_aliases u where u.alias = person;
      exit when not found;
      person := next_person;
      perform pg_advisory_xact_lock(hashtext('devora.user_aliases'), abs(hashtext(person) % 1024));
    end loop;

    captured := case
      when claim.distinct_id <> scope then 'foreign_owner'
      when claim.alias is null or char_length(claim.alias) not between 1 and 400 or claim.alias in (claim.distinct_id, person)
        or exists (select from devora.user_aliases u where u.alias = claim.alias and u.distinct_id <> person)
        or scope is not null and (
          exists (select from devora.user_aliases u where u.distinct_id = claim.alias)
          or exists (select from devora.analytics_events k where k.owner_id = claim.alias)
          or exists (
            select from devora.analytics_events k
            where k.distinct_id = claim.alias and k.owner_id is distinct from k.distinct_id
              and k.owner_id not in (scope, person)))
      then 'alias_taken'
    end;
    if captured is null then
      select c.outcome into captured from devora.capture_events(jsonb_build_array(claim.event), destinations) as c;
    end if;
    if captured = 'accepted' then
      insert into devora.user_aliases (alias, distinct_id) values (claim.alias, person)
      on conflict on constraint user_aliases_pkey do nothing;
      update devora.user_aliases u set distinct_id = person where u.distinct_id = claim.alias;
    end if;
    return query select claim.id, captured;
  end loop;
end $$;
comment on function devora.capture_with_aliases(jsonb, text[]) is
  'capture_events for arrays with $create_alias: keeps their aliases in user_aliases as well. A further outcome: alias_taken.';

create policy user_aliases_definer on devora.user_aliases for all to devora_definer using (true) with check (true);
grant select, insert, update on devora.user_aliases to devora_definer;
select devora.hand_over('devora.capture_with_aliases(jsonb, text[])', 'devora_app', 'devora_service');
