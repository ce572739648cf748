import { sql } from "drizzle-orm";
import type { IndexPlan } from "./facts.ts";

const from = sql`timestamptz '2026-03-02 00:00Z'`;
const until = sql`timestamptz '2026-04-01 00:00Z'`;
const counted = sql`not exists (select from devora.excluded_users x where x.owner_id = user_id::text)`;

export const appPlans: IndexPlan[] = [
  {
    index: "users_email_normalized_live_idx",
    query: "sign-in by e-mail (hosts)",
    as: "service",
    sql: () =>
      sql`select id, role from users where email_normalized = lower('User7@example.com') and deleted_at is null`,
  },
  {
    index: "users_created_at_idx",
    query: "sign-ups of a period (metrics: daily-rows, cohort)",
    as: "service",
    sql: () => sql`select count(*) from users where created_at >= ${from} and created_at < ${until}`,
  },
  {
    index: "projects_user_id_created_at_idx",
    query: "a user's projects page, newest first (GET /projects)",
    as: "user",
    sql: ({ user }) =>
      sql`select id, name, created_at from projects where user_id = ${user}::uuid and deleted_at is null order by created_at desc, id desc limit 20`,
  },
  {
    index: "projects_user_id_created_at_idx",
    query: "the next projects page by keyset (planned)",
    as: "user",
    sql: ({ user }) =>
      sql`select id, name from projects where user_id = ${user}::uuid and deleted_at is null and (created_at, id) < (${from}, ${user}::uuid) order by created_at desc, id desc limit 20`,
  },
  {
    index: "projects_created_at_idx",
    query: "projects made in a period (metrics: daily-rows)",
    as: "service",
    sql: () =>
      sql`select created_at from projects where created_at >= ${from} and created_at < ${until} and ${counted}`,
  },
  {
    index: "projects_search_idx",
    query: "words in an owner's projects (search: rank)",
    as: "kernel",
    sql: ({ user }) =>
      sql`select id from projects where user_id = ${user}::uuid and deleted_at is null and search_vector @@ 'word81'::tsquery`,
  },
  {
    index: "projects_search_idx",
    query: "words in everybody's projects (search: rank, allOwners)",
    as: "service",
    sql: () => sql`select id from projects where deleted_at is null and search_vector @@ 'word643'::tsquery`,
  },
  {
    index: "projects_name_trgm_idx",
    query: "names that contain what was typed (search: suggestions)",
    as: "kernel",
    sql: ({ user }) =>
      sql`select id from projects where user_id = ${user}::uuid and deleted_at is null and name ilike '%a1b2c%'`,
  },
  {
    index: "project_files_user_id_project_id_path_live_idx",
    query: "a project's files by path (GET /projects/:id/files)",
    as: "user",
    sql: ({ user, project }) =>
      sql`select id, path from project_files where user_id = ${user}::uuid and project_id = ${project}::uuid and deleted_at is null order by path, id limit 200`,
  },
  {
    index: "project_files_user_id_project_id_idx",
    query: "the files that go with a deleted project (foreign key)",
    as: "service",
    sql: ({ user, project }) =>
      sql`delete from only project_files where user_id = ${user}::uuid and project_id = ${project}::uuid`,
  },
  {
    index: "project_files_user_id_project_id_idx",
    query: "the files that a project's soft delete takes along (devora.cascade_soft_delete)",
    as: "user",
    sql: ({ user, project }) =>
      sql`update project_files set deleted_at = now() where deleted_at is not distinct from null::timestamptz and user_id = ${user}::uuid and project_id = ${project}::uuid`,
  },
  {
    index: "project_files_search_idx",
    query: "words in an owner's files (search: rank)",
    as: "kernel",
    sql: ({ user }) =>
      sql`select id from project_files where user_id = ${user}::uuid and deleted_at is null and search_vector @@ 'word81'::tsquery`,
  },
  {
    index: "project_files_identifier_idx",
    query: "identifiers in an owner's files (search: rank)",
    as: "kernel",
    sql: ({ user }) =>
      sql`select id from project_files where user_id = ${user}::uuid and deleted_at is null and identifier_vector @@ 'load7'::tsquery`,
  },
  {
    index: "project_files_path_trgm_idx",
    query: "paths that contain a part (search: rank)",
    as: "kernel",
    sql: ({ user }) =>
      sql`select id from project_files where user_id = ${user}::uuid and deleted_at is null and path ilike '%part1205%'`,
  },
  {
    index: "conversations_user_id_created_at_idx",
    query: "a user's conversations, newest first (GET /conversations)",
    as: "user",
    sql: ({ user }) =>
      sql`select id, title from conversations where user_id = ${user}::uuid and deleted_at is null order by created_at desc, id desc limit 20`,
  },
  {
    index: "conversations_user_id_project_id_idx",
    query: "the conversations that lose a deleted project (foreign key)",
    as: "service",
    sql: ({ user, project }) =>
      sql`update only conversations set project_id = null where user_id = ${user}::uuid and project_id = ${project}::uuid`,
  },
  {
    index: "conversations_created_at_idx",
    query: "conversations begun in a period (metrics: content)",
    as: "service",
    sql: () =>
      sql`select created_at from conversations where created_at >= ${from} and created_at < ${until} and ${counted}`,
  },
  {
    index: "conversations_search_idx",
    query: "words in an owner's titles (search: rank)",
    as: "kernel",
    sql: ({ user }) =>
      sql`select id from conversations where user_id = ${user}::uuid and deleted_at is null and search_vector @@ 'c4ca4238a0b923820dcc509a6f75849b'::tsquery`,
  },
  {
    index: "conversations_title_trgm_idx",
    query: "titles that contain what was typed (search: suggestions)",
    as: "kernel",
    sql: ({ user }) =>
      sql`select id from conversations where user_id = ${user}::uuid and deleted_at is null and title ilike '%a1b2c%'`,
  },
  {
    index: "messages_user_id_conversation_id_created_at_idx",
    query: "a conversation's turns in order (GET /conversations/:id/messages)",
    as: "user",
    sql: ({ user, conversation }) =>
      sql`select id, content from messages where user_id = ${user}::uuid and conversation_id = ${conversation}::uuid and deleted_at is null order by created_at, id limit 100`,
  },
  {
    index: "messages_user_id_conversation_id_created_at_idx",
    query: "a conversation's last turns (history of the express-app)",
    as: "user",
    sql: ({ user, conversation }) =>
      sql`select role, content from messages where user_id = ${user}::uuid and conversation_id = ${conversation}::uuid and deleted_at is null order by created_at desc, id desc limit 12`,
  },
  {
    index: "messages_user_id_conversation_id_created_at_idx",
    query: "the messages that a conversation's soft delete takes along (devora.cascade_soft_delete)",
    as: "user",
    sql: ({ user, conversation }) =>
      sql`update messages set deleted_at = now() where deleted_at is not distinct from null::timestamptz and user_id = ${user}::uuid and conversation_id = ${conversation}::uuid`,
  },
  {
    index: "messages_created_at_idx",
    query: "messages of a period (metrics: daily-rows)",
    as: "service",
    sql: () =>
      sql`select created_at from messages where created_at >= ${from} and created_at < ${until} and ${counted}`,
  },
  {
    index: "messages_search_idx",
    query: "words in an owner's messages (search: rank)",
    as: "kernel",
    sql: ({ user }) =>
      sql`select id from messages where user_id = ${user}::uuid and deleted_at is null and search_vector @@ 'word81'::tsquery`,
  },
  {
    index: "subscription_changes_user_id_subscription_id_idx",
    query: "a user's price history (planned)",
    as: "user",
    sql: ({ user }) =>
      sql`select plan, amount_minor from subscription_changes where user_id = ${user}::uuid order by effective_from`,
  },
  {
    index: "subscription_changes_effective_to_idx",
    query: "prices in force at an instant (metrics: recurring-amounts)",
    as: "service",
    sql: () =>
      sql`select currency, interval_count, sum(amount_minor) from subscription_changes where status in ('active', 'past_due') and (effective_from < ${until} and (effective_to is null or effective_to >= ${until})) group by 1, 2`,
  },
  {
    index: "invoices_user_id_issued_at_idx",
    query: "a user's invoices, newest first (planned)",
    as: "user",
    sql: ({ user }) =>
      sql`select id, number from invoices where user_id = ${user}::uuid order by issued_at desc, id desc limit 20`,
  },
  {
    index: "invoices_user_id_subscription_id_idx",
    query: "the invoices that lose a deleted subscription (foreign key)",
    as: "service",
    sql: ({ user, subscription }) =>
      sql`update only invoices set subscription_id = null where user_id = ${user}::uuid and subscription_id = ${subscription}::uuid`,
  },
  {
    index: "deployments_user_id_project_id_started_at_idx",
    query: "a project's deployments, newest first (planned)",
    as: "user",
    sql: ({ user, project }) =>
      sql`select id, status from deployments where user_id = ${user}::uuid and project_id = ${project}::uuid order by started_at desc, id desc limit 10`,
  },
  {
    index: "deployments_started_at_idx",
    query: "outcomes of a period (metrics: deployments)",
    as: "service",
    sql: () =>
      sql`select count(*) filter (where status = 'succeeded') from deployments where started_at >= ${from} and started_at < ${until} and (finished_at is null or finished_at < ${until}) and ${counted}`,
  },
];
