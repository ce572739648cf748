-- The domain of an AI app builder: users, their projects and files, conversations and messages, billing.
-- A child row names its owner and its parent together, so it can never hang under another user's parent.

create table public.users (
  id uuid not null,
  email text not null,
  email_normalized text not null generated always as (lower(email)) stored,
  display_name text not null default '',
  role text not null default 'user',
  locale text not null default 'en',
  country text,
  signup_source text,
  plan text not null default 'free',
  subscription_status text not null default 'none',
  stripe_customer_id text,
  current_period_end timestamptz,
  last_seen_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint users_pkey primary key (id),
  constraint users_stripe_customer_id_key unique (stripe_customer_id),
  constraint users_email_check check (char_length(email) between 3 and 320),
  constraint users_role_check check (role in ('user', 'admin')),
  constraint users_locale_check check (locale in ('fr', 'en')),
  constraint users_country_check check (country ~ '^[A-Z]{2}$'),
  constraint users_subscription_status_check check (subscription_status in
    ('none', 'trialing', 'active', 'past_due', 'paused', 'unpaid', 'canceled'))
);
comment on table public.users is 'People with an account; the billing columns are a snapshot, history is in subscription_changes.';
-- Sign-in by e-mail, one live account each.
create unique index users_email_normalized_live_idx on public.users (email_normalized) where deleted_at is null;
-- New users per day.
create index users_created_at_idx on public.users (created_at);
create trigger users_set_updated_at before update on public.users
  for each row execute function devora.set_updated_at();
select devora.protect_table('public.users', 'id', 'select');
-- What a person may change of the own account: not the role, not the plan.
grant update (email, display_name, locale, country, last_seen_at, updated_at, deleted_at) on public.users to devora_app;

create table public.projects (
  id uuid not null,
  user_id uuid not null,
  name text not null,
  description text not null default '',
  project_type text not null default 'web',
  status text not null default 'active',
  language text not null default 'en',
  tags text[] not null default '{}',
  search_vector tsvector not null generated always as (devora.search_vector(language, name, description)) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint projects_pkey primary key (id),
  constraint projects_user_id_id_key unique (user_id, id),
  constraint projects_user_id_fkey foreign key (user_id) references public.users (id) on delete cascade,
  constraint projects_name_check check (char_length(name) between 1 and 200),
  constraint projects_status_check check (status in ('active', 'archived')),
  constraint projects_language_check check (language in ('fr', 'en', 'simple'))
);
comment on table public.projects is 'What a user builds.';
-- A user's projects page, newest first.
create index projects_user_id_created_at_idx on public.projects (user_id, created_at desc, id desc) where deleted_at is null;
-- Projects created per day.
create index projects_created_at_idx on public.projects (created_at);
-- Full-text search within one owner, and over all.
create index projects_search_idx on public.projects using gin (user_id, search_vector) where deleted_at is null;
-- Fuzzy match and completion of names.
create index projects_name_trgm_idx on public.projects using gin (name public.gin_trgm_ops) where deleted_at is null;
create trigger projects_touch_updated_at after update on public.projects
  for each row when (
    new.updated_at = old.updated_at and new.updated_at <> now() and new.deleted_at is not distinct from old.deleted_at)
  execute function devora.touch_updated_at();
select devora.protect_table('public.projects', 'user_id', definer_reads => true);

create table public.project_files (
  id uuid not null,
  user_id uuid not null,
  project_id uuid not null,
  path text not null,
  programming_language text not null default 'text',
  language text not null default 'simple',
  content text not null,
  size_bytes integer not null,
  content_hash text not null,
  search_vector tsvector not null generated always as (devora.search_vector(language, path, content)) stored,
  identifier_vector tsvector not null generated always as (devora.identifier_vector(path || ' ' || content)) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint project_files_pkey primary key (id),
  constraint project_files_user_id_id_key unique (user_id, id),
  constraint project_files_project_fkey foreign key (user_id, project_id)
    references public.projects (user_id, id) on delete cascade,
  -- Bytes, because the unique index holds the path.
  constraint project_files_path_check check (octet_length(path) between 1 and 1024),
  constraint project_files_size_bytes_check check (size_bytes >= 0),
  constraint project_files_language_check check (language in ('fr', 'en', 'simple'))
);
comment on table public.project_files is 'Text files of a project, one row each.';
-- One live file per path, and the files of a project in order. With the owner: otherwise the error for a path that is
-- taken would tell anybody who knows a project's id what files it has.
create unique index project_files_user_id_project_id_path_live_idx on public.project_files (user_id, project_id, path) where deleted_at is null;
-- The parent's delete, and the user's newest files.
create index project_files_user_id_project_id_idx on public.project_files (user_id, project_id);
-- Full-text search within one owner, and over all.
create index project_files_search_idx on public.project_files using gin (user_id, search_vector) where deleted_at is null;
-- Identifiers, whole and in parts.
create index project_files_identifier_idx on public.project_files using gin (user_id, identifier_vector) where deleted_at is null;
-- Substrings of paths.
create index project_files_path_trgm_idx on public.project_files using gin (path public.gin_trgm_ops) where deleted_at is null;
create trigger project_files_touch_updated_at after update on public.project_files
  for each row when (
    new.updated_at = old.updated_at and new.updated_at <> now() and new.deleted_at is not distinct from old.deleted_at)
  execute function devora.touch_updated_at();
select devora.protect_table('public.project_files', 'user_id', definer_reads => true);

create table public.conversations (
  id uuid not null,
  user_id uuid not null,
  project_id uuid,
  title text not null,
  language text not null default 'en',
  search_vector tsvector not null generated always as (devora.search_vector(language, title, '')) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint conversations_pkey primary key (id),
  constraint conversations_user_id_id_key unique (user_id, id),
  constraint conversations_user_id_fkey foreign key (user_id) references public.users (id) on delete cascade,
  constraint conversations_project_fkey foreign key (user_id, project_id)
    references public.projects (user_id, id) on delete set null (project_id),
  constraint conversations_title_check check (char_length(title) between 1 and 300),
  constraint conversations_language_check check (language in ('fr', 'en', 'simple'))
);
comment on table public.conversations is 'Chats of a user, about a project or in general.';
-- A user's conversations, newest first.
create index conversations_user_id_created_at_idx on public.conversations (user_id, created_at desc, id desc) where deleted_at is null;
-- The parent's delete, and the conversations of a project.
create index conversations_user_id_project_id_idx on public.conversations (user_id, project_id) where project_id is not null;
-- Conversations started per day.
create index conversations_created_at_idx on public.conversations (created_at);
create index conversations_search_idx on public.conversations using gin (user_id, search_vector) where deleted_at is null;
create index conversations_title_trgm_idx on public.conversations using gin (title public.gin_trgm_ops) where deleted_at is null;
create trigger conversations_touch_updated_at after update on public.conversations
  for each row when (
    new.updated_at = old.updated_at and new.updated_at <> now() and new.deleted_at is not distinct from old.deleted_at)
  execute function devora.touch_updated_at();
select devora.protect_table('public.conversations', 'user_id', definer_reads => true);

create table public.messages (
  id uuid not null,
  user_id uuid not null,
  conversation_id uuid not null,
  role text not null,
  content text not null,
  language text not null default 'en',
  model text,
  prompt_tokens integer,
  completion_tokens integer,
  search_vector tsvector not null generated always as (devora.search_vector(language, '', content)) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint messages_pkey primary key (id),
  constraint messages_user_id_id_key unique (user_id, id),
  constraint messages_conversation_fkey foreign key (user_id, conversation_id)
    references public.conversations (user_id, id) on delete cascade,
  constraint messages_role_check check (role in ('user', 'assistant', 'system')),
  constraint messages_language_check check (language in ('fr', 'en', 'simple')),
  constraint messages_tokens_check check (prompt_tokens >= 0 and completion_tokens >= 0)
);
comment on table public.messages is 'Turns of a conversation, in order of created_at, then id.';
-- A conversation's turns in order, and the parent's delete.
create index messages_user_id_conversation_id_created_at_idx on public.messages (user_id, conversation_id, created_at, id);
-- Messages per day.
create index messages_created_at_idx on public.messages (created_at);
create index messages_search_idx on public.messages using gin (user_id, search_vector) where deleted_at is null;
create trigger messages_touch_updated_at after update on public.messages
  for each row when (
    new.updated_at = old.updated_at and new.updated_at <> now() and new.deleted_at is not distinct from old.deleted_at)
  execute function devora.touch_updated_at();
select devora.protect_table('public.messages', 'user_id', definer_reads => true);

create table public.subscriptions (
  id uuid not null,
  user_id uuid not null,
  stripe_subscription_id text,
  plan text not null,
  status text not null,
  currency text not null,
  amount_minor bigint not null,
  billing_interval text not null,
  interval_count integer not null default 1,
  quantity integer not null default 1,
  started_at timestamptz not null,
  trial_end timestamptz,
  current_period_start timestamptz,
  current_period_end timestamptz,
  cancel_at_period_end boolean not null default false,
  canceled_at timestamptz,
  ended_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint subscriptions_pkey primary key (id),
  constraint subscriptions_user_id_id_key unique (user_id, id),
  constraint subscriptions_stripe_subscription_id_key unique (stripe_subscription_id),
  constraint subscriptions_user_id_fkey foreign key (user_id) references public.users (id) on delete cascade,
  constraint subscriptions_status_check check (status in
    ('incomplete', 'trialing', 'active', 'past_due', 'paused', 'unpaid', 'canceled')),
  constraint subscriptions_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint subscriptions_amount_minor_check check (amount_minor >= 0),
  constraint subscriptions_billing_interval_check check (billing_interval in ('day', 'week', 'month', 'year')),
  constraint subscriptions_interval_count_check check (interval_count > 0),
  constraint subscriptions_quantity_check check (quantity >= 0)
);
comment on table public.subscriptions is 'Subscriptions as they are now; amount_minor per unit and billing interval.';
create index subscriptions_user_id_status_idx on public.subscriptions (user_id, status);
create trigger subscriptions_set_updated_at before update on public.subscriptions
  for each row execute function devora.set_updated_at();
select devora.protect_table('public.subscriptions', 'user_id', 'select');

create table public.subscription_changes (
  id uuid not null,
  user_id uuid not null,
  subscription_id uuid not null,
  effective_from timestamptz not null,
  effective_to timestamptz,
  status text not null,
  plan text not null,
  currency text not null,
  amount_minor bigint not null,
  billing_interval text not null,
  interval_count integer not null default 1,
  quantity integer not null default 1,
  discount_minor bigint not null default 0,
  created_at timestamptz not null default now(),
  constraint subscription_changes_pkey primary key (id),
  constraint subscription_changes_subscription_fkey foreign key (user_id, subscription_id)
    references public.subscriptions (user_id, id) on delete cascade,
  constraint subscription_changes_subscription_id_effective_from_key unique (subscription_id, effective_from),
  constraint subscription_changes_interval_check check (effective_to > effective_from),
  constraint subscription_changes_status_check check (status in
    ('incomplete', 'trialing', 'active', 'past_due', 'paused', 'unpaid', 'canceled')),
  constraint subscription_changes_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint subscription_changes_amount_minor_check check (amount_minor >= 0 and discount_minor >= 0),
  constraint subscription_changes_billing_interval_check check (billing_interval in ('day', 'week', 'month', 'year')),
  constraint subscription_changes_interval_count_check check (interval_count > 0),
  constraint subscription_changes_quantity_check check (quantity >= 0)
);
comment on table public.subscription_changes is
  'What a subscription cost when: half-open intervals [effective_from, effective_to). Without them no past MRR can be computed.';
-- The parent's delete, and one subscription's history.
create index subscription_changes_user_id_subscription_id_idx on public.subscription_changes (user_id, subscription_id);
-- Recurring revenue at an instant.
create index subscription_changes_effective_idx on public.subscription_changes (effective_from, effective_to);
select devora.protect_table('public.subscription_changes', 'user_id', 'select');

create table public.invoices (
  id uuid not null,
  user_id uuid not null,
  subscription_id uuid,
  stripe_invoice_id text,
  number text not null,
  status text not null,
  currency text not null,
  subtotal_minor bigint not null,
  tax_minor bigint not null default 0,
  total_minor bigint not null,
  period_start timestamptz,
  period_end timestamptz,
  issued_at timestamptz not null,
  paid_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint invoices_pkey primary key (id),
  constraint invoices_stripe_invoice_id_key unique (stripe_invoice_id),
  constraint invoices_user_id_number_key unique (user_id, number),
  constraint invoices_user_id_fkey foreign key (user_id) references public.users (id) on delete cascade,
  constraint invoices_subscription_fkey foreign key (user_id, subscription_id)
    references public.subscriptions (user_id, id) on delete set null (subscription_id),
  constraint invoices_status_check check (status in ('draft', 'open', 'paid', 'void', 'uncollectible')),
  constraint invoices_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint invoices_total_check check (total_minor = subtotal_minor + tax_minor)
);
comment on table public.invoices is 'Bills as issued, in minor units of their currency.';
create index invoices_user_id_issued_at_idx on public.invoices (user_id, issued_at desc, id desc);
create index invoices_user_id_subscription_id_idx on public.invoices (user_id, subscription_id) where subscription_id is not null;
create trigger invoices_set_updated_at before update on public.invoices
  for each row execute function devora.set_updated_at();
select devora.protect_table('public.invoices', 'user_id', 'select');

create table public.deployments (
  id uuid not null,
  user_id uuid not null,
  project_id uuid not null,
  provider text not null,
  status text not null,
  url text,
  error text,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint deployments_pkey primary key (id),
  constraint deployments_project_fkey foreign key (user_id, project_id)
    references public.projects (user_id, id) on delete cascade,
  constraint deployments_status_check check (status in ('queued', 'building', 'succeeded', 'failed', 'canceled')),
  constraint deployments_finished_at_check check (finished_at >= started_at)
);
comment on table public.deployments is 'Attempts to put a project on line.';
-- The parent's delete, and a project's deployments, newest first.
create index deployments_user_id_project_id_started_at_idx on public.deployments (user_id, project_id, started_at desc, id desc);
-- Success rate of a period.
create index deployments_started_at_idx on public.deployments (started_at);
create trigger deployments_set_updated_at before update on public.deployments
  for each row execute function devora.set_updated_at();
select devora.protect_table('public.deployments', 'user_id');

create table public.answer_feedback (
  id uuid not null,
  user_id uuid not null,
  message_id uuid not null,
  rating smallint not null,
  comment text not null default '',
  created_at timestamptz not null default now(),
  constraint answer_feedback_pkey primary key (id),
  constraint answer_feedback_user_id_message_id_key unique (user_id, message_id),
  constraint answer_feedback_message_fkey foreign key (user_id, message_id)
    references public.messages (user_id, id) on delete cascade,
  constraint answer_feedback_rating_check check (rating in (-1, 1)),
  constraint answer_feedback_comment_check check (char_length(comment) <= 4000)
);
comment on table public.answer_feedback is 'A user''s judgement of one answer: 1 useful, -1 not.';
select devora.protect_table('public.answer_feedback', 'user_id');

-- A conversation outlives its project, as it does when the project is deleted for good.
create trigger users_delete_projects after update of deleted_at on public.users
  for each row when (old.deleted_at is distinct from new.deleted_at)
  execute function devora.cascade_soft_delete('public.projects', 'user_id', 'id');
create trigger users_delete_conversations after update of deleted_at on public.users
  for each row when (old.deleted_at is distinct from new.deleted_at)
  execute function devora.cascade_soft_delete('public.conversations', 'user_id', 'id');
create trigger projects_delete_files after update of deleted_at on public.projects
  for each row when (old.deleted_at is distinct from new.deleted_at)
  execute function devora.cascade_soft_delete('public.project_files', 'user_id', 'user_id', 'project_id', 'id');
create trigger conversations_delete_messages after update of deleted_at on public.conversations
  for each row when (old.deleted_at is distinct from new.deleted_at)
  execute function devora.cascade_soft_delete('public.messages', 'user_id', 'user_id', 'conversation_id', 'id');

create view public.user_usage with (security_invoker = true) as
  select u.id as user_id, p.projects, f.files, f.file_bytes, c.conversations,
         m.messages, m.prompt_tokens, m.completion_tokens, d.deployments
  from public.users u
  cross join lateral (
    select count(*) as projects from public.projects where user_id = u.id and deleted_at is null) p
  cross join lateral (
    select count(*) as files, coalesce(sum(size_bytes), 0)::bigint as file_bytes
    from public.project_files where user_id = u.id and deleted_at is null) f
  cross join lateral (
    select count(*) as conversations from public.conversations where user_id = u.id and deleted_at is null) c
  cross join lateral (
    select count(*) as messages, coalesce(sum(prompt_tokens), 0)::bigint as prompt_tokens,
           coalesce(sum(completion_tokens), 0)::bigint as completion_tokens
    from public.messages where user_id = u.id and deleted_at is null) m
  cross join lateral (select count(*) as deployments from public.deployments where user_id = u.id) d
  where u.deleted_at is null;
comment on view public.user_usage is 'What each live user has: totals of live rows, bytes and tokens, counted when read.';
grant select on public.user_usage to devora_app, devora_service;
