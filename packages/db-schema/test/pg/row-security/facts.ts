import type { ModuleName } from "@devora/db-schema";
import { installedModules, type RowSecurityFacts, type TableFacts, type Verb } from "@devora/testing";

const all: readonly Verb[] = ["select", "insert", "update", "delete"];
const read: readonly Verb[] = ["select"];
const append: readonly Verb[] = ["select", "insert"];
const price = { currency: "EUR", billing_interval: "month", status: "active" };

/** What each table is meant to be, module by module: the one place to declare a new table's security. */
const tables: Record<ModuleName, Record<string, TableFacts>> = {
  core: {
    "devora.config_keys": { owner: null },
    "devora.system_config": { owner: null, values: { value_encrypted: "\\x00" } },
  },
  app: {
    "public.users": {
      owner: "id",
      app: read,
      appUpdates: ["email", "display_name", "locale", "country", "last_seen_at", "updated_at", "deleted_at"],
    },
    "public.projects": { owner: "user_id", app: all, definer: read },
    "public.project_files": { owner: "user_id", app: all, definer: read },
    "public.conversations": { owner: "user_id", app: all, definer: read },
    "public.messages": { owner: "user_id", app: all, definer: read, values: { role: "user" } },
    "public.subscriptions": { owner: "user_id", app: read, values: price },
    "public.subscription_changes": { owner: "user_id", app: read, values: price },
    "public.invoices": {
      owner: "user_id",
      app: read,
      values: { status: "open", currency: "EUR", subtotal_minor: 5, total_minor: 5 },
    },
    "public.deployments": { owner: "user_id", app: all, values: { status: "queued" } },
    "public.answer_feedback": { owner: "user_id", app: all, values: { rating: 1 } },
  },
  analytics: {
    "devora.event_ids": { owner: null, definer: append },
    "devora.analytics_events": { owner: "owner_id", definer: append },
    "devora.analytics_outbox": { owner: null, definer: append },
    "devora.user_aliases": { owner: null, definer: ["select", "insert", "update"] },
    "devora.flag_definitions": { owner: null },
    "devora.feature_flags": { owner: null, app: read },
    "devora.consents": { owner: null, definer: ["select", "insert", "update"] },
  },
  metrics: {
    "devora.user_days": { owner: "owner_id", values: { active_quarters: "0".repeat(96) } },
    "devora.metric_days": { owner: null },
    "devora.cohort_cells": {
      owner: null,
      values: { granularity: "day", period: 0, cohort_size: 1, retained: 1 },
    },
    "devora.mrr_movements": { owner: "owner_id", values: { currency: "EUR", kind: "new", delta_minor: 1 } },
    "devora.dirty_marks": { owner: null, definer: ["insert"] },
    "devora.currency_rates": { owner: null, values: { currency: "EUR", base_currency: "USD" } },
    "devora.excluded_users": { owner: null },
  },
  search: {
    "devora.search_queries": { owner: "owner_id", app: read, definer: append },
    "devora.search_vocabulary": { owner: "owner_id", app: read, definer: read },
    "devora.search_words": { owner: null, definer: read },
    "devora.search_vocabulary_deltas": { owner: "owner_id", definer: ["insert"], values: { delta: 1 } },
    "devora.search_collections": { owner: "owner_id", app: read, definer: read },
    "devora.search_statistics": { owner: null, definer: read },
    "devora.search_statistics_deltas": { owner: null, definer: ["insert"], values: { delta: 1 } },
    "devora.search_synonyms": { owner: null, app: read },
  },
  embeddings: {
    "devora.embedding_models": { owner: null, app: read, values: { dimensions: 3 } },
    "devora.documents": { owner: "owner_id", app: all, definer: read },
    "devora.chunks": {
      owner: "owner_id",
      app: read,
      definer: ["select", "delete"],
      values: { start_offset: 0, end_offset: 1 },
    },
    "devora.embeddings": {
      owner: "owner_id",
      app: read,
      definer: read,
      keysWithoutOwner: ["embeddings_chunk_id_fkey"],
    },
    "devora.embedding_jobs": { owner: "owner_id", definer: ["select", "insert", "update"] },
  },
};

const views: Partial<Record<ModuleName, RowSecurityFacts["views"]>> = {
  app: { "public.user_usage": { owner: "user_id", app: true } },
  metrics: { "devora.mv_daily_user_activity": { owner: "owner_id", app: false } },
  search: { "devora.slow_queries": { owner: null, app: false } },
};

const functions: Partial<Record<ModuleName, RowSecurityFacts["functions"]>> = {
  core: {
    "devora.protect_table(regclass,name,text,boolean)": { execute: [] },
    "devora.protect_internal_table(regclass)": { execute: [] },
    "devora.hand_over(regprocedure,name[])": { execute: [] },
    // Whoever writes a row runs these: they compute its columns with the writer's rights.
    "devora.set_updated_at()": { execute: ["public"] },
    "devora.touch_updated_at()": { execute: ["public"] },
    "devora.cascade_soft_delete()": { execute: ["public"] },
    "devora.text_config(text)": { execute: ["public"] },
    "devora.search_vector(text,text,text)": { execute: ["public"] },
    "devora.identifier_vector(text)": { execute: ["public"] },
    // Reads with the caller's rights.
    "devora.synonyms_of(text[],text[])": { execute: ["public"] },
  },
  analytics: {
    "devora.ensure_event_partitions(date,date)": { definer: true, execute: ["devora_service"] },
    "devora.detach_event_partition(text)": { definer: true, execute: ["devora_service"] },
    "devora.attach_event_partition(text)": { definer: true, execute: ["devora_service"] },
    "devora.drop_detached_events(text)": { definer: true, execute: ["devora_service"] },
    "devora.ids_of_person(text[])": { execute: ["devora_service"] },
    "devora.ids_of_others(text[],text)": { execute: [] },
    "devora.share_opt_out()": { definer: true, execute: [] },
    "devora.capture_events(jsonb,text[])": { definer: true, execute: ["devora_app", "devora_service"] },
    "devora.capture_with_aliases(jsonb,text[])": { definer: true, execute: ["devora_app", "devora_service"] },
  },
  metrics: {
    "devora.mark_event_days()": { definer: true, execute: [] },
    "devora.mark_alias_days()": { definer: true, execute: [] },
  },
  search: {
    "devora.log_search_queries(jsonb)": { definer: true, execute: ["devora_app", "devora_service"] },
    "devora.query_statistics()": { execute: ["devora_service"] },
    // Whoever writes a row of the vocabulary runs it.
    "devora.fold_word(text)": { execute: ["public"] },
    "devora.search_words_of(text)": { execute: ["devora_service"] },
    "devora.searched_rows(text,text[])": { execute: ["devora_service"] },
    "devora.record_search_changes()": { definer: true, execute: [] },
    "devora.recount_search_source(regclass,text[])": { execute: [] },
    "devora.track_search_source(regclass,text[])": { execute: [] },
    "devora.tracks_search_source(regclass,text[])": { execute: [] },
    "devora.sees_all_owners()": { execute: [] },
    "devora.search_frequencies_v1(text[],text[])": {
      definer: true,
      execute: ["devora_app", "devora_service"],
    },
    "devora.search_collection_v1(text[],text)": { definer: true, execute: ["devora_app", "devora_service"] },
    "devora.search_corrections_v1(text[],text[])": {
      definer: true,
      execute: ["devora_app", "devora_service"],
    },
    "devora.search_completions_v1(text,text,text[],integer)": {
      definer: true,
      execute: ["devora_app", "devora_service"],
    },
  },
  embeddings: {
    "devora.queue_embeddings(text,text[],text[])": { definer: true, execute: [] },
    "devora.enqueue_embeddings(text,text[],text)": {
      definer: true,
      execute: ["devora_app", "devora_service"],
    },
    "devora.ensure_embedding_index(integer,text,integer,integer)": {
      definer: true,
      execute: ["devora_service"],
    },
    "devora.drop_embedding_index(integer)": { definer: true, execute: ["devora_service"] },
  },
};

const extraPolicies: Partial<Record<ModuleName, readonly string[]>> = {
  // The function that builds a model's index looks it up as the login that migrated.
  embeddings: ["devora.embedding_models.embedding_models_maintenance"],
};

/** The facts of the modules that the test database has. */
export function installedFacts(): RowSecurityFacts {
  const modules = installedModules();
  const merge = <T>(parts: Partial<Record<ModuleName, Readonly<Record<string, T>>>>): Record<string, T> =>
    Object.assign({}, ...modules.map((module) => parts[module] ?? {}));
  return {
    tables: merge(tables),
    views: merge(views),
    functions: merge(functions),
    extraPolicies: modules.flatMap((module) => extraPolicies[module] ?? []),
  };
}
