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
comment on column devora.user_days.active_quarters is 'One bit per quarter hour of the UTC day, so that any zone''s day can be cut from it.';
-- One person's days: retention, resurrection.
create index user_days_owner_id_day_idx on devora.user_days (owner_id, day);
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
comment on column devora.mrr_movements.delta_minor is 'Change of MRR in minor units; fractional, because a yearly price divided by 12 is.';
create index mrr_movements_day_idx on devora.mrr_movements (day, currency);
create index mrr_movements_owner_id_occurred_at_idx on devora.mrr_movements (owner_id, occurred_at);
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
create index dirty_marks_day_idx on devora.dirty_marks (day);
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
select devora.protect_internal_table('devora.currency_rates');

create table devora.excluded_users (
  owner_id text not null,
  reason text not null default '',
  created_at timestamptz not null default now(),
  constraint excluded_users_pkey primary key (owner_id)
);
comment on table devora.excluded_users is 'Staff, tests and bots: left out of every metric.';
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

create view devora.mv_daily_user_activity with (security_invoker = true) as
  select day, owner_id, events, first_at, last_at from devora.user_days;
comment on view devora.mv_daily_user_activity is 'Activity per user and UTC day; a plain view, as fresh as user_days.';
grant select on devora.mv_daily_user_activity to devora_service;
