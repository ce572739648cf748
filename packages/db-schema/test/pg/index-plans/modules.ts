import { sql } from "drizzle-orm";
import type { IndexPlan } from "./facts.ts";

const from = sql`timestamptz '2026-03-02 00:00Z'`;
const day = sql`timestamptz '2026-03-17 00:00Z'`;
const dayAfter = sql`timestamptz '2026-03-18 00:00Z'`;
const until = sql`timestamptz '2026-04-01 00:00Z'`;

export const corePlans: IndexPlan[] = [
  {
    index: "system_config_key_id_idx",
    query: "secrets that wait for a key's rotation, and the key's delete (foreign key)",
    as: "service",
    sql: () => sql`select name, value_encrypted from devora.system_config where key_id = 'old' for update`,
  },
];

export const analyticsPlans: IndexPlan[] = [
  {
    index: "analytics_events_occurred_at_idx",
    query: "who was active on a day (metrics: activity)",
    as: "service",
    sql: () =>
      sql`select owner_id, distinct_id, max(occurred_at) from devora.analytics_events where counts_as_activity and occurred_at >= ${day} and occurred_at < ${dayAfter} group by 1, 2`,
  },
  {
    index: "analytics_events_owner_id_occurred_at_idx",
    query: "one person's history, for support, export and churn (planned)",
    as: "service",
    sql: ({ user }) =>
      sql`select event, occurred_at from devora.analytics_events where owner_id = ${user} and occurred_at < ${until} order by occurred_at desc limit 100`,
  },
  {
    index: "analytics_events_other_ids_idx",
    query: "a person's events under other ids than their owner's: erasePerson",
    as: "service",
    sql: ({ user }) =>
      sql`select id, occurred_at from devora.analytics_events where distinct_id = ${user} and owner_id is distinct from distinct_id limit 5000`,
  },
  {
    index: "analytics_events_event_occurred_at_idx",
    query: "one kind of event over a period: funnels (planned), failed requests (metrics: daily-events)",
    as: "service",
    sql: () =>
      sql`select owner_id, min(occurred_at) from devora.analytics_events where event = 'project_created' and occurred_at >= ${from} and occurred_at < ${until} group by owner_id`,
  },
  {
    index: "analytics_events_other_ids_idx",
    query: "the days of an anonymous id that became a person's: mark_alias_days",
    as: "service",
    sql: () =>
      sql`select distinct (occurred_at at time zone 'UTC')::date from devora.analytics_events where distinct_id = 'anonymous7' and owner_id is distinct from distinct_id and counts_as_activity`,
  },
  {
    index: "analytics_outbox_due_idx",
    query: "the delivery worker's next batch",
    as: "service",
    sql: () =>
      sql`select event_id from devora.analytics_outbox where destination = 'posthog' and state in ('pending', 'leased') and next_attempt_at <= now() and (leased_until is null or leased_until < now()) order by next_attempt_at limit 500 for update skip locked`,
  },
  {
    index: "analytics_outbox_parked_idx",
    query: "events that wait for a person: parkedEvents",
    as: "service",
    sql: () =>
      sql`select event_id, last_error from devora.analytics_outbox where destination = 'posthog' and state = 'parked' order by created_at, event_id limit 50`,
  },
  {
    index: "analytics_outbox_sent_idx",
    query: "the end of old rows: purgeSent",
    as: "service",
    sql: () =>
      sql`select event_id from devora.analytics_outbox where destination = 'posthog' and state = 'sent' and sent_at < ${from} order by sent_at limit 5000 for update skip locked`,
  },
  {
    index: "user_aliases_distinct_id_idx",
    query: "all ids of a person: ids_of_person, for consent and erasure",
    as: "service",
    sql: ({ user }) => sql`select alias from devora.user_aliases where distinct_id = ${user}`,
  },
];

export const metricsPlans: IndexPlan[] = [
  {
    index: "user_days_owner_id_day_idx",
    query: "the days on which a person was active: churn, resurrection (planned)",
    as: "service",
    sql: ({ user }) =>
      sql`select day from devora.user_days where owner_id = ${user} and day >= date '2026-03-02' order by day`,
  },
  {
    index: "mrr_movements_day_idx",
    query: "movements of a period by currency and kind (planned: getMrrMovements)",
    as: "service",
    sql: () =>
      sql`select currency, kind, sum(delta_minor) from devora.mrr_movements where day >= date '2026-03-01' and day < date '2026-04-01' group by 1, 2`,
  },
  {
    index: "mrr_movements_owner_id_occurred_at_idx",
    query: "a customer's movements in order: is a new one a reactivation? (planned)",
    as: "service",
    sql: ({ user }) =>
      sql`select kind from devora.mrr_movements where owner_id = ${user} order by occurred_at desc limit 1`,
  },
  {
    index: "dirty_marks_day_idx",
    query: "the marks of the day that a refresh recomputes (planned)",
    as: "service",
    sql: () => sql`delete from devora.dirty_marks where day = date '2026-03-17' returning id`,
  },
];

export const searchPlans: IndexPlan[] = [
  {
    index: "search_queries_occurred_at_idx",
    query: "popular and fruitless queries of a day, and retention (planned)",
    as: "service",
    sql: () =>
      sql`select query, count(*) from devora.search_queries where occurred_at >= ${day} and occurred_at < ${dayAfter} group by query`,
  },
  {
    index: "search_queries_owner_id_occurred_at_idx",
    query: "a person's last queries, for completion (planned)",
    as: "user",
    sql: ({ user }) =>
      sql`select query from devora.search_queries where owner_id = ${user} order by occurred_at desc limit 20`,
  },
  {
    index: "search_vocabulary_owner_id_reverse_idx",
    query: "an owner's words that end with some letters (search_corrections_v1)",
    as: "kernel",
    sql: ({ user }) =>
      sql`select word from devora.search_vocabulary where owner_id = ${user} and reverse(folded) ~>=~ 'c4' and reverse(folded) ~<~ 'c5'`,
  },
  {
    index: "search_vocabulary_owner_id_folded_idx",
    query: "an owner's words that begin with some letters (search_completions_v1)",
    as: "kernel",
    sql: ({ user }) =>
      sql`select word from devora.search_vocabulary where owner_id = ${user} and folded ~>=~ 'c4c' and folded ~<~ 'c4d'`,
  },
  {
    index: "search_words_reverse_idx",
    query: "shared words that end with some letters (search_corrections_v1)",
    as: "kernel",
    sql: () =>
      sql`select word from devora.search_words where reverse(folded) ~>=~ 'c4c' and reverse(folded) ~<~ 'c4d'`,
  },
  {
    index: "search_words_folded_idx",
    query: "shared words that begin with some letters (search_completions_v1)",
    as: "kernel",
    sql: () => sql`select word from devora.search_words where folded ~>=~ 'c4c' and folded ~<~ 'c4d'`,
  },
];

export const embeddingsPlans: IndexPlan[] = [
  {
    index: "documents_owner_id_uri_live_idx",
    query: "the document of an address (planned: documents upsert)",
    as: "user",
    sql: ({ user }) =>
      sql`select id, content_hash from devora.documents where owner_id = ${user} and uri = 'https://example.com/500' and deleted_at is null`,
  },
  {
    index: "chunks_owner_id_source_idx",
    query: "an owner's passages of a source, swept for orphans (embeddings: remove-orphans)",
    as: "service",
    sql: ({ user }) =>
      sql`delete from devora.chunks where source = 'files' and owner_id = ${user} returning id`,
  },
  {
    index: "chunks_search_idx",
    query: "words in an owner's passages (search: retrieve)",
    as: "kernel",
    sql: ({ user }) =>
      sql`select id from devora.chunks where owner_id = ${user} and search_vector @@ 'word81'::tsquery`,
  },
  {
    index: "embeddings_model_id_owner_id_idx",
    query: "an owner's vectors, compared one by one (embeddings: nearest, exact)",
    as: "user",
    sql: ({ user, model }) =>
      sql`select chunk_id from devora.embeddings where model_id = ${model}::int and owner_id = ${user} and source = any(array['files', 'projects'])`,
  },
  {
    index: "embeddings_model_1_hnsw_idx",
    query: "the nearest vectors of a model (embeddings: nearest)",
    as: "service",
    sql: () =>
      sql`select chunk_id from devora.embeddings where model_id = 1 order by embedding::public.halfvec(64) operator(public.<=>) (select array_agg(d)::real[]::public.vector::public.halfvec(64) from generate_series(1, 64) as d) limit 10`,
  },
  {
    index: "embedding_jobs_due_idx",
    query: "the worker's next jobs (embeddings: jobs)",
    as: "service",
    sql: () =>
      sql`select id from devora.embedding_jobs where parked_at is null and available_at <= now() and (leased_until is null or leased_until < now()) and source = any(array['files', 'projects']) order by available_at, id limit 100 for update skip locked`,
  },
  {
    index: "embedding_jobs_lease_token_idx",
    query: "the jobs that a worker holds, to fail or give back (embeddings: jobs)",
    as: "service",
    sql: () =>
      sql`select id from devora.embedding_jobs where lease_token = '2db95e8e-1a92-67b7-a118-8556b2013b33'::uuid order by id for update skip locked`,
  },
  {
    index: "embedding_jobs_parked_idx",
    query: "jobs that wait for a person, newest first (embeddings: queue-reports)",
    as: "service",
    sql: () =>
      sql`select source, entity_id, last_error from devora.embedding_jobs where parked_at is not null order by parked_at desc, id desc limit 50`,
  },
];
