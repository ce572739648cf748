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
comment on column public.users.id is 'Made by the application: a UUID of version 7, so that ids sort by the time they were made. Row level security compares it: a user is its own owner.';
comment on column public.users.email is 'As the person wrote it.';
comment on column public.users.email_normalized is 'The address in lower case, to compare and to be unique among live accounts; made by PostgreSQL.';
comment on column public.users.display_name is 'What others see; empty where none was given.';
comment on column public.users.role is 'user, or admin for those who may see the dashboard of all users.';
comment on column public.users.locale is 'Language of the interface: fr or en.';
comment on column public.users.country is 'ISO 3166 code, two capital letters; null where unknown.';
comment on column public.users.signup_source is 'Where the person came from, by the host''s own names; null where unknown.';
comment on column public.users.plan is 'Snapshot of the plan now paid for; free without one. History is in subscription_changes.';
comment on column public.users.subscription_status is 'Snapshot of the subscription''s status; none without one.';
comment on column public.users.stripe_customer_id is 'The customer at Stripe; null before the first payment.';
comment on column public.users.current_period_end is 'Until when the current period is paid; null without a subscription.';
comment on column public.users.last_seen_at is 'When the person last did something; null if never.';
comment on column public.users.created_at is 'When the person signed up.';
comment on column public.users.updated_at is 'When the row last changed; kept by a trigger.';
comment on column public.users.deleted_at is 'When the account was deleted; null while it lives. Its projects and conversations are deleted with it.';
create unique index users_email_normalized_live_idx on public.users (email_normalized) where deleted_at is null;
comment on index public.users_email_normalized_live_idx is 'Serves sign-in by e-mail, and keeps live accounts unique by it; a deleted account frees its address.';
create index users_created_at_idx on public.users (created_at);
comment on index public.users_created_at_idx is 'Serves new users per day and the cohort of a day.';
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
comment on column public.projects.id is 'Made by the application: a UUID of version 7, so that ids sort by the time they were made.';
comment on column public.projects.user_id is 'The user who owns the row; row level security compares it.';
comment on column public.projects.name is '1 to 200 characters.';
comment on column public.projects.description is 'What it is about; empty where none was given.';
comment on column public.projects.project_type is 'Kind of application, by the host''s own names, such as web or mobile.';
comment on column public.projects.status is 'active, or archived by its owner.';
comment on column public.projects.language is 'Language of the text, which decides how its words are stemmed: fr, en, or simple for none.';
comment on column public.projects.tags is 'Labels in no order; empty without any.';
comment on column public.projects.search_vector is 'Search vector of name (weight A) and description (weight B) in the row''s language; made by PostgreSQL.';
comment on column public.projects.created_at is 'When the row was made.';
comment on column public.projects.updated_at is 'When the row last changed; kept by a trigger.';
comment on column public.projects.deleted_at is 'When it was deleted; null while it lives. A deleted row stays, and is left out of every page and search. Its files are deleted with it.';
create index projects_user_id_created_at_idx on public.projects (user_id, created_at desc, id desc) where deleted_at is null;
comment on index public.projects_user_id_created_at_idx is 'Serves a user''s projects page, newest first.';
-- BRIN, which cannot be read in order: with a B-tree PostgreSQL may prefer it to projects_user_id_created_at_idx for a large
-- user's page, and read all that is newer than that user's rows (22 ms instead of .05 ms).
create index projects_created_at_idx on public.projects using brin (created_at) with (autosummarize = on);
comment on index public.projects_created_at_idx is 'Serves projects created per day.';
create index projects_search_idx on public.projects using gin (user_id, search_vector) where deleted_at is null;
comment on index public.projects_search_idx is 'Serves full-text search within one owner, and over all.';
create index projects_name_trgm_idx on public.projects using gin (name public.gin_trgm_ops) where deleted_at is null;
comment on index public.projects_name_trgm_idx is 'Serves completion of names: those that contain or resemble what was typed.';
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
  identifier_vector tsvector not null generated always as (devora.identifier_vector(path || chr(10) || content)) stored,
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
comment on column public.project_files.id is 'Made by the application: a UUID of version 7, so that ids sort by the time they were made.';
comment on column public.project_files.user_id is 'The user who owns the row; row level security compares it.';
comment on column public.project_files.project_id is 'The project it belongs to, which has the same owner.';
comment on column public.project_files.path is 'Path within the project, 1 to 1024 bytes, with slashes.';
comment on column public.project_files.programming_language is 'Language of the code by its file name, such as typescript; text where unknown.';
comment on column public.project_files.language is 'Language of the prose in it: fr or en; simple for code, whose words are not stemmed.';
comment on column public.project_files.content is 'The file''s text.';
comment on column public.project_files.size_bytes is 'Size of the content in UTF-8 bytes.';
comment on column public.project_files.content_hash is 'SHA-256 of the content in hexadecimal: equal hashes, equal files.';
comment on column public.project_files.search_vector is 'Search vector of path (weight A) and content (weight B, its first 100,000 characters); made by PostgreSQL.';
comment on column public.project_files.identifier_vector is 'Identifiers of path and content, whole and in parts, in lower case; made by PostgreSQL.';
comment on column public.project_files.created_at is 'When the row was made.';
comment on column public.project_files.updated_at is 'When the row last changed; kept by a trigger.';
comment on column public.project_files.deleted_at is 'When it was deleted; null while it lives. A deleted row stays, and is left out of every page and search.';
-- With the owner: otherwise the error for a path that is taken would tell anybody who knows a project's id what files
-- it has.
create unique index project_files_user_id_project_id_path_live_idx on public.project_files (user_id, project_id, path) where deleted_at is null;
comment on index public.project_files_user_id_project_id_path_live_idx is 'Serves the files of a project in order of path, and keeps one live file per path.';
create index project_files_user_id_project_id_idx on public.project_files (user_id, project_id);
comment on index public.project_files_user_id_project_id_idx is 'Serves the delete of a project, which takes its files along.';
create index project_files_search_idx on public.project_files using gin (user_id, search_vector) where deleted_at is null;
comment on index public.project_files_search_idx is 'Serves full-text search within one owner, and over all.';
create index project_files_identifier_idx on public.project_files using gin (user_id, identifier_vector) where deleted_at is null;
comment on index public.project_files_identifier_idx is 'Serves search for identifiers, whole and in parts, within one owner.';
create index project_files_path_trgm_idx on public.project_files using gin (path public.gin_trgm_ops) where deleted_at is null;
comment on index public.project_files_path_trgm_idx is 'Serves search for parts of paths.';
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
comment on column public.conversations.id is 'Made by the application: a UUID of version 7, so that ids sort by the time they were made.';
comment on column public.conversations.user_id is 'The user who owns the row; row level security compares it.';
comment on column public.conversations.project_id is 'The project it is about, which has the same owner; null for a general one, or when the project is gone.';
comment on column public.conversations.title is '1 to 300 characters.';
comment on column public.conversations.language is 'Language of the text, which decides how its words are stemmed: fr, en, or simple for none.';
comment on column public.conversations.search_vector is 'Search vector of the title (weight A) in the row''s language; made by PostgreSQL.';
comment on column public.conversations.created_at is 'When it was begun.';
comment on column public.conversations.updated_at is 'When the row last changed; kept by a trigger.';
comment on column public.conversations.deleted_at is 'When it was deleted; null while it lives. A deleted row stays, and is left out of every page and search. Its messages are deleted with it.';
create index conversations_user_id_created_at_idx on public.conversations (user_id, created_at desc, id desc) where deleted_at is null;
comment on index public.conversations_user_id_created_at_idx is 'Serves a user''s conversations page, newest first.';
create index conversations_user_id_project_id_idx on public.conversations (user_id, project_id) where project_id is not null;
comment on index public.conversations_user_id_project_id_idx is 'Serves the delete of a project, whose conversations lose it, and the conversations of a project.';
-- BRIN for the reason given at projects_created_at_idx.
create index conversations_created_at_idx on public.conversations using brin (created_at) with (autosummarize = on);
comment on index public.conversations_created_at_idx is 'Serves conversations started per day.';
create index conversations_search_idx on public.conversations using gin (user_id, search_vector) where deleted_at is null;
comment on index public.conversations_search_idx is 'Serves full-text search of titles within one owner, and over all.';
create index conversations_title_trgm_idx on public.conversations using gin (title public.gin_trgm_ops) where deleted_at is null;
comment on index public.conversations_title_trgm_idx is 'Serves completion of titles: those that contain or resemble what was typed.';
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
comment on column public.messages.id is 'Made by the application: a UUID of version 7, so that ids sort by the time they were made.';
comment on column public.messages.user_id is 'The user whose conversation it is, also of the answers; row level security compares it.';
comment on column public.messages.conversation_id is 'The conversation it belongs to, which has the same owner.';
comment on column public.messages.role is 'Who speaks: user, assistant, or system for instructions.';
comment on column public.messages.content is 'What was said.';
comment on column public.messages.language is 'Language of the text, which decides how its words are stemmed: fr, en, or simple for none.';
comment on column public.messages.model is 'The model that answered; null for what it did not write.';
comment on column public.messages.prompt_tokens is 'Tokens of the prompt that led to the answer; null where not counted.';
comment on column public.messages.completion_tokens is 'Tokens of the answer; null where not counted.';
comment on column public.messages.search_vector is 'Search vector of the content (weight B) in the row''s language; made by PostgreSQL.';
comment on column public.messages.created_at is 'When it was said; turns are in this order.';
comment on column public.messages.updated_at is 'When the row last changed; kept by a trigger.';
comment on column public.messages.deleted_at is 'When it was deleted; null while it lives. A deleted row stays, and is left out of every page and search.';
create index messages_user_id_conversation_id_created_at_idx on public.messages (user_id, conversation_id, created_at, id);
comment on index public.messages_user_id_conversation_id_created_at_idx is 'Serves a conversation''s turns in order and its last ones, and the delete of a conversation.';
create index messages_created_at_idx on public.messages (created_at);
comment on index public.messages_created_at_idx is 'Serves messages per day.';
create index messages_search_idx on public.messages using gin (user_id, search_vector) where deleted_at is null;
comment on index public.messages_search_idx is 'Serves full-text search within one owner, and over all.';
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
comment on column public.subscriptions.id is 'Made by the application: a UUID of version 7, so that ids sort by the time they were made.';
comment on column public.subscriptions.user_id is 'The user who owns the row; row level security compares it.';
comment on column public.subscriptions.stripe_subscription_id is 'The subscription at Stripe; null for one that was agreed otherwise.';
comment on column public.subscriptions.plan is 'Name of the plan.';
comment on column public.subscriptions.status is 'As at Stripe; active and past_due count as revenue.';
comment on column public.subscriptions.currency is 'ISO 4217 code, three capital letters.';
comment on column public.subscriptions.amount_minor is 'Price of one unit for one billing interval, in minor units of the currency (cents).';
comment on column public.subscriptions.billing_interval is 'Unit of the interval that is paid at once: day, week, month or year.';
comment on column public.subscriptions.interval_count is 'How many of these units one payment covers: 3 with month is a quarter.';
comment on column public.subscriptions.quantity is 'Units subscribed to, such as seats.';
comment on column public.subscriptions.started_at is 'When it began.';
comment on column public.subscriptions.trial_end is 'When the trial ends or ended; null without one.';
comment on column public.subscriptions.current_period_start is 'Start of the period paid for; null before the first.';
comment on column public.subscriptions.current_period_end is 'End of the period paid for, exclusive; null before the first.';
comment on column public.subscriptions.cancel_at_period_end is 'True when it ends with the current period.';
comment on column public.subscriptions.canceled_at is 'When it was cancelled, though it may run on to the period''s end; null if it was not.';
comment on column public.subscriptions.ended_at is 'When it ended; null while it runs.';
comment on column public.subscriptions.created_at is 'When the row was made.';
comment on column public.subscriptions.updated_at is 'When the row last changed; kept by a trigger.';
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
comment on column public.subscription_changes.id is 'Made by the application: a UUID of version 7, so that ids sort by the time they were made.';
comment on column public.subscription_changes.user_id is 'The user who owns the row; row level security compares it.';
comment on column public.subscription_changes.subscription_id is 'The subscription, which has the same owner.';
comment on column public.subscription_changes.effective_from is 'From when this price and status held, inclusive.';
comment on column public.subscription_changes.effective_to is 'Until when, exclusive; null while they hold.';
comment on column public.subscription_changes.status is 'Status in this interval, as at Stripe; active and past_due count as revenue.';
comment on column public.subscription_changes.plan is 'Name of the plan in this interval.';
comment on column public.subscription_changes.currency is 'ISO 4217 code, three capital letters.';
comment on column public.subscription_changes.amount_minor is 'Price of one unit for one billing interval, in minor units of the currency (cents).';
comment on column public.subscription_changes.billing_interval is 'Unit of the interval that is paid at once: day, week, month or year.';
comment on column public.subscription_changes.interval_count is 'How many of these units one payment covers: 3 with month is a quarter.';
comment on column public.subscription_changes.quantity is 'Units subscribed to, such as seats.';
comment on column public.subscription_changes.discount_minor is 'Taken off the whole payment, in minor units of the currency; 0 for none.';
comment on column public.subscription_changes.created_at is 'When the row was made; an interval may be learned of long after it began.';
create index subscription_changes_user_id_subscription_id_idx on public.subscription_changes (user_id, subscription_id);
comment on index public.subscription_changes_user_id_subscription_id_idx is 'Serves the delete of a subscription, and a user''s price history.';
create index subscription_changes_effective_to_idx on public.subscription_changes (effective_to);
comment on index public.subscription_changes_effective_to_idx is 'Serves recurring revenue at an instant: the prices that had not ended by then.';
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
comment on column public.invoices.id is 'Made by the application: a UUID of version 7, so that ids sort by the time they were made.';
comment on column public.invoices.user_id is 'The user who owns the row; row level security compares it.';
comment on column public.invoices.subscription_id is 'The subscription it bills, which has the same owner; null for anything else, or when that is gone.';
comment on column public.invoices.stripe_invoice_id is 'The invoice at Stripe; null for one that was issued otherwise.';
comment on column public.invoices.number is 'As printed on it; no customer has the same number twice.';
comment on column public.invoices.status is 'draft, open, paid, void, or uncollectible when given up.';
comment on column public.invoices.currency is 'ISO 4217 code, three capital letters.';
comment on column public.invoices.subtotal_minor is 'Sum before tax, in minor units of the currency (cents); negative for a credit.';
comment on column public.invoices.tax_minor is 'Tax, in minor units of the currency.';
comment on column public.invoices.total_minor is 'What is to be paid: subtotal and tax, in minor units of the currency.';
comment on column public.invoices.period_start is 'Start of the period that it bills; null where it bills none.';
comment on column public.invoices.period_end is 'End of that period, exclusive; null where it bills none.';
comment on column public.invoices.issued_at is 'When it was issued.';
comment on column public.invoices.paid_at is 'When it was paid; null until then.';
comment on column public.invoices.created_at is 'When the row was made.';
comment on column public.invoices.updated_at is 'When the row last changed; kept by a trigger.';
create index invoices_user_id_issued_at_idx on public.invoices (user_id, issued_at desc, id desc);
comment on index public.invoices_user_id_issued_at_idx is 'Serves a user''s invoices page, newest first.';
create index invoices_user_id_subscription_id_idx on public.invoices (user_id, subscription_id) where subscription_id is not null;
comment on index public.invoices_user_id_subscription_id_idx is 'Serves the delete of a subscription, whose invoices lose it, and the invoices of a subscription.';
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
comment on column public.deployments.id is 'Made by the application: a UUID of version 7, so that ids sort by the time they were made.';
comment on column public.deployments.user_id is 'The user who owns the row; row level security compares it.';
comment on column public.deployments.project_id is 'The project put on line, which has the same owner.';
comment on column public.deployments.provider is 'Who hosts it, by the host''s own names.';
comment on column public.deployments.status is 'queued, building, or how it ended: succeeded, failed, canceled.';
comment on column public.deployments.url is 'Where it is to be seen; null until it succeeded.';
comment on column public.deployments.error is 'Why it failed, for its owner to read; null otherwise.';
comment on column public.deployments.started_at is 'When it was asked for.';
comment on column public.deployments.finished_at is 'When it ended; null while it is queued or building.';
comment on column public.deployments.created_at is 'When the row was made.';
comment on column public.deployments.updated_at is 'When the row last changed; kept by a trigger.';
create index deployments_user_id_project_id_started_at_idx on public.deployments (user_id, project_id, started_at desc, id desc);
comment on index public.deployments_user_id_project_id_started_at_idx is 'Serves a project''s deployments, newest first, and the delete of a project.';
create index deployments_started_at_idx on public.deployments (started_at);
comment on index public.deployments_started_at_idx is 'Serves the success rate of a period.';
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
comment on column public.answer_feedback.id is 'Made by the application: a UUID of version 7, so that ids sort by the time they were made.';
comment on column public.answer_feedback.user_id is 'The user who owns the row; row level security compares it.';
comment on column public.answer_feedback.message_id is 'The answer judged, which has the same owner.';
comment on column public.answer_feedback.rating is '1 useful, -1 not.';
comment on column public.answer_feedback.comment is 'Why, up to 4,000 characters; empty where nothing was said.';
comment on column public.answer_feedback.created_at is 'When it was judged.';
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
comment on column public.user_usage.user_id is 'The live user.';
comment on column public.user_usage.projects is 'Live projects.';
comment on column public.user_usage.files is 'Live files of all projects.';
comment on column public.user_usage.file_bytes is 'Sum of the sizes of the live files, in bytes.';
comment on column public.user_usage.conversations is 'Live conversations.';
comment on column public.user_usage.messages is 'Live messages, answers included.';
comment on column public.user_usage.prompt_tokens is 'Sum over the live messages, of those counted.';
comment on column public.user_usage.completion_tokens is 'Sum over the live messages, of those counted.';
comment on column public.user_usage.deployments is 'Attempts, whatever became of them.';
grant select on public.user_usage to devora_app, devora_service;
