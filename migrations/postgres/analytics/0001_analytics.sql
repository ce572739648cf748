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
  constraint user_aliases_distinct_check check (alias <> distinct_id)
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
  definitions jsonb not null,
  etag text,
  fetched_at timestamptz not null default now(),
  constraint flag_definitions_pkey primary key (project)
);
comment on table devora.flag_definitions is 'Last known feature flag definitions, so that a restart during an outage keeps its flags.';
comment on column devora.flag_definitions.project is 'The PostHog project, by its token.';
comment on column devora.flag_definitions.definitions is 'As PostHog sent them.';
comment on column devora.flag_definitions.etag is 'Their version, to ask whether there are newer ones; null where none was sent.';
comment on column devora.flag_definitions.fetched_at is 'When they were last fetched, or found unchanged.';
select devora.protect_internal_table('devora.flag_definitions');

create table devora.consents (
  distinct_id text not null,
  opted_out boolean not null,
  changed_at timestamptz not null default now(),
  constraint consents_pkey primary key (distinct_id)
);
comment on table devora.consents is 'Who opted out of analytics.';
comment on column devora.consents.distinct_id is 'The person, known or anonymous.';
comment on column devora.consents.opted_out is 'True: no events of this person are kept. A person without a row is kept.';
comment on column devora.consents.changed_at is 'When the choice last changed.';
select devora.protect_internal_table('devora.consents');

-- The one way in for events. Under a user's scope (app.user_id set) an event may name that owner or none;
-- others are refused row by row and reported, so that a foreign owner never aborts the caller's transaction.
create function devora.capture_events(events jsonb, destinations text[])
returns table (id uuid, outcome text)
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
  with incoming as materialized (
    select distinct on (e.id) e.*
    from jsonb_to_recordset(events) as e (
      id uuid, event text, distinct_id text, owner_id text, actor_id text, session_id text,
      occurred_at timestamptz, claimed_at timestamptz, counts_as_activity boolean, retention_class text,
      properties jsonb, context jsonb
    )
    order by e.id
  ),
  judged as materialized (
    select i.*,
           exists (select from devora.consents c where c.distinct_id = i.distinct_id and c.opted_out) as opted_out,
           (i.owner_id is not null
            and i.owner_id <> coalesce(nullif(current_setting('app.user_id', true), ''), i.owner_id)) as foreign_owner
    from incoming i
  ),
  accepted as (
    insert into devora.event_ids (id, occurred_at)
    select j.id, j.occurred_at from judged j where not j.opted_out and not j.foreign_owner
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
  select j.id,
         case
           when j.opted_out then 'opted_out'
           when j.foreign_owner then 'foreign_owner'
           when a.id is null then 'duplicate'
           else 'accepted'
         end
  from judged j left join accepted a on a.id = j.id
$$;
comment on function devora.capture_events(jsonb, text[]) is
  'Keeps events and queues them for the destinations. Outcome per event: accepted, duplicate, opted_out or foreign_owner.';

create policy event_ids_definer on devora.event_ids for all to devora_definer using (true) with check (true);
create policy analytics_events_definer_write on devora.analytics_events for all to devora_definer using (true) with check (true);
create policy analytics_outbox_definer on devora.analytics_outbox for all to devora_definer using (true) with check (true);
create policy consents_definer_read on devora.consents for select to devora_definer using (true);
grant select, insert on devora.event_ids, devora.analytics_events, devora.analytics_outbox to devora_definer;
grant select on devora.consents to devora_definer;
select devora.hand_over('devora.capture_events(jsonb, text[])', 'devora_app', 'devora_service');
