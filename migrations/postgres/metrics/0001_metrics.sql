-- Rollups: small tables that a dashboard reads, rebuilt from events and priced intervals.

create table devora.user_days (
  day date not null,
  owner_id text not null,
  active_quarters bit(96) not null,
  events integer not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  constraint user_days_pkey primary key (day, owner_id),
  constraint user_days_events_check check (events > 0)
);
comment on table devora.user_days is 'Who was active on which UTC day.';
comment on column devora.user_days.day is 'UTC day.';
comment on column devora.user_days.owner_id is 'The person. Row level security compares it.';
comment on column devora.user_days.active_quarters is 'One bit per quarter hour of the UTC day, so that any zone''s day can be cut from it.';
comment on column devora.user_days.events is 'How many events of that day count as activity; above 0.';
comment on column devora.user_days.first_at is 'The first of them.';
comment on column devora.user_days.last_at is 'The last of them.';
create index user_days_owner_id_day_idx on devora.user_days (owner_id, day);
comment on index devora.user_days_owner_id_day_idx is 'Serves one person''s days: churn, resurrection.';
comment on index devora.user_days_owner_id_day_idx is 'Serves one person''s days: churn, resurrection.';
select devora.protect_table('devora.user_days', 'owner_id', '');

create table devora.metric_days (
  metric text not null,
  time_zone text not null,
  day date not null,
  numerator numeric,
  denominator numeric,
  computed_at timestamptz not null default now(),
  restated_at timestamptz,
  constraint metric_days_pkey primary key (metric, time_zone, day)
);
comment on table devora.metric_days is 'One figure per metric, zone and closed local day.';
comment on column devora.metric_days.metric is 'Name of the figure.';
comment on column devora.metric_days.time_zone is 'IANA name of the zone that the day is cut in.';
comment on column devora.metric_days.day is 'Local day, closed when this was computed.';
comment on column devora.metric_days.numerator is 'What was counted or summed; null where nothing could be.';
comment on column devora.metric_days.denominator is 'What it is divided by; null for a plain count.';
comment on column devora.metric_days.computed_at is 'When it was last computed.';
comment on column devora.metric_days.restated_at is 'When a late event last changed it after it had been closed; null if none did.';
select devora.protect_internal_table('devora.metric_days');

create table devora.cohort_cells (
  granularity text not null,
  time_zone text not null,
  cohort date not null,
  period integer not null,
  cohort_size integer not null,
  retained integer not null,
  computed_at timestamptz not null default now(),
  constraint cohort_cells_pkey primary key (granularity, time_zone, cohort, period),
  constraint cohort_cells_granularity_check check (granularity in ('day', 'week', 'month')),
  constraint cohort_cells_counts_check check (period >= 0 and retained between 0 and cohort_size)
);
comment on table devora.cohort_cells is 'Retention triangle: how many of a cohort came back in its n-th period.';
comment on column devora.cohort_cells.granularity is 'Length of a period: day, week or month.';
comment on column devora.cohort_cells.time_zone is 'IANA name of the zone that periods are cut in.';
comment on column devora.cohort_cells.cohort is 'First local day of the period in which these people signed up.';
comment on column devora.cohort_cells.period is 'How many periods later; 0 is the one of the sign-up.';
comment on column devora.cohort_cells.cohort_size is 'People who signed up in the cohort''s period.';
comment on column devora.cohort_cells.retained is 'Of these, how many were active in the n-th period.';
comment on column devora.cohort_cells.computed_at is 'When it was last computed.';
select devora.protect_internal_table('devora.cohort_cells');

create table devora.mrr_movements (
  id uuid not null,
  occurred_at timestamptz not null,
  day date not null,
  owner_id text not null,
  currency text not null,
  kind text not null,
  delta_minor numeric(24, 6) not null,
  reconstructed boolean not null default false,
  details jsonb not null default '{}',
  created_at timestamptz not null default now(),
  constraint mrr_movements_pkey primary key (id),
  constraint mrr_movements_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint mrr_movements_kind_check check (kind in ('new', 'expansion', 'contraction', 'churn', 'reactivation', 'fx')),
  constraint mrr_movements_sign_check check (
    kind = 'fx'
    or (kind in ('new', 'expansion', 'reactivation') and delta_minor > 0)
    or (kind in ('contraction', 'churn') and delta_minor < 0))
);
comment on table devora.mrr_movements is 'Append-only ledger of changes of monthly recurring revenue, per customer and currency.';
comment on column devora.mrr_movements.id is 'Made by the application: a UUID of version 7, so that ids sort by the time they were made.';
comment on column devora.mrr_movements.occurred_at is 'When the price changed.';
comment on column devora.mrr_movements.day is 'UTC day of occurred_at.';
comment on column devora.mrr_movements.owner_id is 'The customer. Row level security compares it.';
comment on column devora.mrr_movements.currency is 'ISO 4217 code, three capital letters.';
comment on column devora.mrr_movements.kind is 'new, expansion, contraction, churn, reactivation, or fx where only a rate moved.';
comment on column devora.mrr_movements.delta_minor is 'Change of monthly recurring revenue in minor units of the currency; fractional, because a yearly price divided by 12 is.';
comment on column devora.mrr_movements.reconstructed is 'True when worked out afterwards from old data, not seen as it happened.';
comment on column devora.mrr_movements.details is 'What the change was made of, such as plans before and after.';
comment on column devora.mrr_movements.created_at is 'When it was entered.';
create index mrr_movements_day_idx on devora.mrr_movements (day, currency);
comment on index devora.mrr_movements_day_idx is 'Serves the movements of a period by currency.';
comment on index devora.mrr_movements_day_idx is 'Serves the movements of a period by currency.';
create index mrr_movements_owner_id_occurred_at_idx on devora.mrr_movements (owner_id, occurred_at);
comment on index devora.mrr_movements_owner_id_occurred_at_idx is 'Serves a customer''s movements in order: whether a new one is a reactivation.';
comment on index devora.mrr_movements_owner_id_occurred_at_idx is 'Serves a customer''s movements in order: whether a new one is a reactivation.';
select devora.protect_table('devora.mrr_movements', 'owner_id', '');

create table devora.dirty_marks (
  id bigint generated always as identity,
  day date not null,
  reason text not null,
  marked_at timestamptz not null default clock_timestamp(),
  constraint dirty_marks_pkey primary key (id)
);
comment on table devora.dirty_marks is
  'UTC days whose rollups are stale. Append-only: each writing statement adds its own, a refresh deletes exactly those that its snapshot saw.';
comment on column devora.dirty_marks.id is 'Number by PostgreSQL; a refresh deletes by it exactly what it saw.';
comment on column devora.dirty_marks.day is 'The UTC day whose rollups are stale.';
comment on column devora.dirty_marks.reason is 'What was written, such as events.';
comment on column devora.dirty_marks.marked_at is 'When, by the clock, not by the transaction.';
create index dirty_marks_day_idx on devora.dirty_marks (day);
comment on index devora.dirty_marks_day_idx is 'Serves the refresh of a day, which takes the day''s marks.';
comment on index devora.dirty_marks_day_idx is 'Serves the refresh of a day, which takes the day''s marks.';
select devora.protect_internal_table('devora.dirty_marks');

create table devora.currency_rates (
  day date not null,
  currency text not null,
  base_currency text not null,
  rate numeric(24, 12) not null,
  constraint currency_rates_pkey primary key (base_currency, currency, day),
  constraint currency_rates_rate_check check (rate > 0),
  constraint currency_rates_codes_check check (currency ~ '^[A-Z]{3}$' and base_currency ~ '^[A-Z]{3}$')
);
comment on table devora.currency_rates is 'What one unit of currency was worth in base_currency on a day.';
comment on column devora.currency_rates.day is 'The day of the rate; the newest one up to a day holds for it.';
comment on column devora.currency_rates.currency is 'ISO 4217 code, three capital letters.';
comment on column devora.currency_rates.base_currency is 'ISO 4217 code of the currency that rate is in.';
comment on column devora.currency_rates.rate is 'What one major unit of currency (1 EUR, not 1 cent) was worth in base_currency.';
select devora.protect_internal_table('devora.currency_rates');

create table devora.excluded_users (
  owner_id text not null,
  reason text not null default '',
  created_at timestamptz not null default now(),
  constraint excluded_users_pkey primary key (owner_id)
);
comment on table devora.excluded_users is 'Staff, tests and bots: left out of every metric.';
comment on column devora.excluded_users.owner_id is 'Who is left out.';
comment on column devora.excluded_users.reason is 'Why; empty where nobody said.';
comment on column devora.excluded_users.created_at is 'When the person was first left out; the past is counted without it as well.';
select devora.protect_internal_table('devora.excluded_users');

create function devora.mark_event_days() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into devora.dirty_marks (day, reason)
  select distinct (i.occurred_at at time zone 'UTC')::date, 'events' from inserted i;
  return null;
end $$;
comment on function devora.mark_event_days() is 'Statement trigger: marks the UTC days that an insert of events touched.';

create policy dirty_marks_definer on devora.dirty_marks for insert to devora_definer with check (true);
grant insert on devora.dirty_marks to devora_definer;
create trigger analytics_events_mark_days after insert on devora.analytics_events
  referencing new table as inserted for each statement execute function devora.mark_event_days();
select devora.hand_over('devora.mark_event_days()', variadic '{}');

create function devora.mark_alias_days() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into devora.dirty_marks (day, reason)
  select distinct (e.occurred_at at time zone 'UTC')::date, 'aliases'
  from changed c
  cross join lateral (
    select o.occurred_at from devora.analytics_events o
    where o.distinct_id = c.alias and o.owner_id is distinct from o.distinct_id and o.counts_as_activity
    union all
    select o.occurred_at from devora.analytics_events o
    where o.owner_id = c.alias and o.distinct_id = c.alias and o.counts_as_activity
  ) as e;
  return null;
end $$;
comment on function devora.mark_alias_days() is
  'Statement trigger: marks the UTC days on which ids were active that now count for another person.';
create trigger user_aliases_mark_new_days after insert on devora.user_aliases
  referencing new table as changed for each statement execute function devora.mark_alias_days();
create trigger user_aliases_mark_changed_days after update on devora.user_aliases
  referencing new table as changed for each statement execute function devora.mark_alias_days();
select devora.hand_over('devora.mark_alias_days()', variadic '{}');

create view devora.mv_daily_user_activity with (security_invoker = true) as
  select day, owner_id, events, first_at, last_at from devora.user_days;
comment on view devora.mv_daily_user_activity is 'Activity per user and UTC day; a plain view, as fresh as user_days.';
comment on column devora.mv_daily_user_activity.day is 'UTC day.';
comment on column devora.mv_daily_user_activity.owner_id is 'The person.';
comment on column devora.mv_daily_user_activity.events is 'How many events of that day count as activity.';
comment on column devora.mv_daily_user_activity.first_at is 'The first of them.';
comment on column devora.mv_daily_user_activity.last_at is 'The last of them.';
grant select on devora.mv_daily_user_activity to devora_service;
