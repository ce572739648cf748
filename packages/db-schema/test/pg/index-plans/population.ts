import { type Database, type ModuleName, rowsOf, withService } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

// Rows enough that the planner has a choice: 15,000 users over two years with their projects, three months of events,
// queues that are nearly done. Made of series, without chance, so that every run plans over the same rows.

/** The end of what has happened. */
const today = sql`timestamptz '2026-04-01 00:00Z'`;
const id = (kind: string, number: SQL) => sql`md5(${sql.raw(`'${kind}'`)} || ${number})::uuid`;
const user = (number: SQL) => id("user", number);
const project = (number: SQL) => id("project", number);
/** Every 17th project is the first user's: 2,000. The others are spread over all. */
const ownerNumber = sql`case when n % 17 = 0 then 1 else n * 7919 % 15000 + 1 end`;
/** Words of a vocabulary of 3,000, common ones more often. */
const words = (count: number) =>
  sql`(select string_agg('word' || (n * w * w) % (100 * w), ' ') from generate_series(1, ${sql.raw(String(count))}) as w)`;

const app: SQL[] = [
  sql`
    insert into users (id, email, plan, created_at, deleted_at)
    select ${user(sql`n`)}, 'user' || n || '@example.com', 'free', ${today} - (15000 - n) * interval '70 minutes',
           case when n % 50 = 0 then ${today} end
    from generate_series(1, 15000) as n`,
  sql`
    insert into projects (id, user_id, name, description, created_at, deleted_at)
    select ${project(sql`n`)}, ${user(ownerNumber)}, 'Project ' || md5(n::text), ${words(8)},
           ${today} - (34000 - n) * interval '30 minutes', case when n % 19 = 0 then ${today} end
    from generate_series(1, 34000) as n`,
  sql`
    insert into project_files (id, user_id, project_id, path, content, size_bytes, content_hash, deleted_at)
    select ${id("file", sql`n`)}, p.user_id, p.id, 'src/' || md5(n::text) || '/part' || n || '.ts',
           'export const value' || n || ' = load' || n % 700 || '(); ' || ${words(8)}, 100, md5(n::text),
           case when n % 23 = 0 then ${today} end
    from generate_series(1, 12000) as n
    join projects p on p.id = ${project(sql`case when n % 5 = 0 then 17 * (n / 5 % 2000 + 1) else n * 31 % 34000 + 1 end`)}`,
  sql`
    insert into conversations (id, user_id, project_id, title, created_at, deleted_at)
    select ${id("conversation", sql`n`)}, p.user_id, case when n % 3 > 0 then p.id end, 'Chat ' || md5(n::text),
           ${today} - (12000 - n) * interval '80 minutes', case when n % 19 = 0 then ${today} end
    from generate_series(1, 12000) as n
    join projects p on p.id = ${project(sql`case when n % 6 = 0 then 17 * (n / 6) else n * 31 % 34000 + 1 end`)}`,
  sql`
    insert into messages (id, user_id, conversation_id, role, content, created_at)
    select ${id("message", sql`n`)}, c.user_id, c.id, case when n % 2 = 0 then 'user' else 'assistant' end, ${words(10)},
           ${today} - (25000 - n) * interval '30 minutes'
    from generate_series(1, 25000) as n
    join conversations c on c.id = ${id("conversation", sql`case when n % 25 = 0 then 120 else n * 13 % 12000 + 1 end`)}`,
  sql`
    insert into subscriptions (id, user_id, plan, status, currency, amount_minor, billing_interval, started_at)
    select ${id("subscription", sql`n`)}, ${user(sql`n`)}, 'pro', case when n % 4 = 0 then 'canceled' else 'active' end, 'EUR', 2000, 'month',
           ${today} - (15000 - n) * interval '70 minutes'
    from generate_series(1, 5000) as n`,
  sql`
    insert into subscription_changes (id, user_id, subscription_id, effective_from, effective_to, status, plan, currency, amount_minor, billing_interval)
    select gen_random_uuid(), s.user_id, s.id, s.started_at + k * interval '100 days',
           case when k < 2 then s.started_at + (k + 1) * interval '100 days' end,
           case when k < 2 then 'active' else s.status end, 'pro', 'EUR', 2000 + k * 500, 'month'
    from subscriptions s cross join generate_series(0, 2) as k`,
  sql`
    insert into invoices (id, user_id, subscription_id, number, status, currency, subtotal_minor, total_minor, issued_at)
    select gen_random_uuid(), s.user_id, case when k > 0 then s.id end, 'F-' || k, 'paid', 'EUR', 2000, 2000, s.started_at + k * interval '30 days'
    from subscriptions s cross join generate_series(0, case when s.user_id = ${user(sql`1`)} then 600 else 7 end) as k`,
  sql`
    insert into deployments (id, user_id, project_id, provider, status, started_at, finished_at)
    select ${id("deployment", sql`n`)}, p.user_id, p.id, 'vercel', case when n % 9 = 0 then 'failed' else 'succeeded' end, at, at + interval '1 minute'
    from generate_series(1, 30000) as n
    cross join lateral (select ${today} - (30000 - n) * interval '30 minutes' as at) as t
    join projects p on p.id = ${project(sql`case when n % 30 = 0 then 17 else n * 31 % 34000 + 1 end`)}`,
];

const analytics: SQL[] = [
  sql`select devora.ensure_event_partitions('2026-01-01', '2026-03-01')`,
  sql`
    insert into devora.analytics_events (id, event, distinct_id, owner_id, occurred_at, received_at, counts_as_activity, properties)
    select ${id("event", sql`n`)},
           case when n % 100 = 0 then 'project_created' when n % 10 = 1 then 'request_completed' else 'page_viewed_' || n % 7 end,
           owner, owner, at, at, n % 3 = 0, jsonb_build_object('duration_ms', n % 900, 'status', 200)
    from generate_series(1, 90000) as n
    cross join lateral (
      select ${user(sql`(n::bigint * 7919 % 15000 + 1)`)}::text as owner, ${today} - (90000 - n) * interval '85 seconds' as at
    ) as t`,
  sql`
    insert into devora.analytics_outbox (event_id, destination, occurred_at, state, next_attempt_at, lease_token, leased_until, created_at, sent_at)
    select ${id("event", sql`n`)}, 'posthog', at, state, at, case when state = 'leased' then ${id("lease", sql`n`)} end,
           case when state = 'leased' then at + interval '1 minute' end, at, case when state = 'sent' then at end
    from generate_series(1, 40000) as n
    cross join lateral (
      select case when n % 3000 = 0 then 'parked' when n > 39900 then 'leased' when n > 38000 then 'pending' else 'sent' end as state,
             ${today} - (40000 - n) * interval '64 seconds' as at
    ) as t`,
  sql`
    insert into devora.user_aliases (alias, distinct_id)
    select 'anonymous' || n, ${user(sql`n`)}::text from generate_series(1, 12000) as n`,
];

const metrics: SQL[] = [
  sql`
    insert into devora.user_days (day, owner_id, active_quarters, events, first_at, last_at)
    select day, ${user(sql`(extract(doy from day)::int * 37 + n * 19) % 15000 + 1`)}::text, repeat('0', 96)::bit(96), 3, day, day
    from generate_series(${today} - interval '90 days', ${today}, interval '1 day') as day, generate_series(1, 700) as n`,
  sql`
    insert into devora.mrr_movements (id, occurred_at, day, owner_id, currency, kind, delta_minor)
    select gen_random_uuid(), at, at::date, ${user(sql`(n % 5000 + 1)`)}::text, 'EUR', 'expansion', 100
    from generate_series(1, 20000) as n
    cross join lateral (select ${today} - (20000 - n) * interval '50 minutes' as at) as t`,
  sql`
    insert into devora.dirty_marks (day, reason)
    select date '2026-04-01' - (n % 40), 'events' from generate_series(1, 8000) as n`,
];

const search: SQL[] = [
  sql`
    insert into devora.search_queries (id, owner_id, query, query_hash, sources, result_count, duration_ms, occurred_at)
    select ${id("query", sql`n`)}, ${user(sql`(n * 7919 % 15000 + 1)`)}::text, 'word' || n % 500, md5((n % 500)::text), '{projects}', n % 20,
           case when n % 200 = 0 then 150 + n % 50 else n % 90 end, ${today} - (30000 - n) * interval '3 minutes'
    from generate_series(1, 30000) as n`,
  sql`
    insert into devora.search_vocabulary (owner_id, source, language, word, documents)
    select ${user(sql`case when n % 6 = 0 then 1 else n % 15000 + 1 end`)}::text, 'projects', 'en', substr(md5(n::text), 1, 4 + n % 6), 1
    from generate_series(1, 40000) as n
    on conflict do nothing`,
  sql`
    insert into devora.search_words (source, word, owners, documents)
    select source, word, count(*), sum(documents) from devora.search_vocabulary group by source, word`,
];

const embeddings: SQL[] = [
  sql`
    insert into devora.documents (id, owner_id, uri, content, content_hash)
    select ${id("document", sql`n`)}, case when n % 10 > 0 then ${user(sql`(n % 500 + 1)`)}::text end, 'https://example.com/' || n, 'text', 'hash'
    from generate_series(1, 8000) as n`,
  sql`
    insert into devora.chunks (id, owner_id, source, entity_id, ordinal, start_offset, end_offset, text, text_hash, tokens)
    select ${id("chunk", sql`n`)}, ${user(sql`(n % 400 + 1)`)}::text, (array['projects', 'files', 'messages', 'documents'])[n % 4 + 1],
           ${id("entity", sql`n / 4`)}::text, n % 4, 0, 10, ${words(10)}, 'hash', 10
    from generate_series(1, 12000) as n`,
  sql`insert into devora.embedding_models (name, dimensions, state) values ('test', 64, 'active')`,
  sql`
    insert into devora.embeddings (chunk_id, model_id, owner_id, source, embedding)
    select ${id("chunk", sql`n`)}, m.id, ${user(sql`(n % 400 + 1)`)}::text, (array['projects', 'files', 'messages', 'documents'])[n % 4 + 1],
           (select array_agg(sin(n * d)) from generate_series(1, 64) as d)::real[]::public.vector::public.halfvec
    from devora.embedding_models m, generate_series(1, 5000) as n`,
  sql`select devora.ensure_embedding_index(id) from devora.embedding_models`,
  sql`
    insert into devora.embedding_jobs (source, entity_id, owner_id, available_at, parked_at)
    select 'files', n::text, ${user(sql`(n % 400 + 1)`)}::text, ${today} - n * interval '1 second', case when n % 500 = 0 then ${today} end
    from generate_series(1, 8000) as n`,
];

const core: SQL[] = [
  sql`insert into devora.config_keys (id, canary) values ('old', ''), ('new', '')`,
  // A host that keeps its customers' own keys here; with a few dozen settings the table is one page, and any plan reads it.
  sql`
    insert into devora.system_config (name, value_encrypted, key_id)
    select 'customer' || n || '.token', '', case when n % 100 = 0 then 'old' else 'new' end from generate_series(1, 5000) as n`,
];

export interface Known {
  /** Owns much: 2,000 projects, 600 invoices, a conversation of 1,000 turns. */
  user: string;
  project: string;
  conversation: string;
  subscription: string;
  /** Of the vectors. */
  model: number;
}

/** Fills an empty migrated database and lets PostgreSQL look at it. */
export async function populate(db: Database, modules: readonly ModuleName[]): Promise<Known> {
  const fills = { core, app, analytics, metrics, search, embeddings };
  for (const module of modules) {
    await withService(db, async (tx) => {
      for (const statement of fills[module]) await tx.execute(statement);
    });
  }
  // Statistics, the visibility map, summaries of BRIN, and no pending lists of GIN, which the planner would shun.
  await db.execute(sql`vacuum analyze`);
  const [known] = await withService(db, (tx) =>
    rowsOf(
      tx,
      sql`
        select ${user(sql`1`)}::text as user, ${project(sql`17`)}::text as project, ${id("conversation", sql`120`)}::text as conversation,
               ${id("subscription", sql`1`)}::text as subscription`,
    ),
  );
  return {
    user: String(known?.user),
    project: String(known?.project),
    conversation: String(known?.conversation),
    subscription: String(known?.subscription),
    model: 1,
  };
}
