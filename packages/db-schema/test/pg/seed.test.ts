import {
  messages,
  migrate,
  projects,
  type Row,
  rowsOf,
  users,
  withService,
  withUser,
} from "@devora/db-schema";
import { type PopulationSummary, type SeedProgress, seedPopulation } from "@devora/db-schema/seed";
import { createTestDatabase, openEmptyEmbedded, seedUser, useTestDatabase } from "@devora/testing";
import { type SQL, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";

const now = new Date("2026-03-15T14:20:00.000Z");
const options = { size: 0.2, seed: 3, now };

describe("a population", () => {
  const database = useTestDatabase();
  const progress: SeedProgress[] = [];
  let summary: PopulationSummary;
  let stranger: string;

  /** What the service sees. */
  const select = <T extends Row = Row>(query: SQL): Promise<T[]> =>
    withService(database.db, (tx) => rowsOf<T>(tx, query));
  /** The rows that break a rule, at most a few. */
  const violations = (query: SQL) => select(sql`select * from (${query}) as broken limit 3`);

  beforeAll(async () => {
    stranger = await seedUser(database.db);
    summary = await seedPopulation(database.db, { ...options, onProgress: (step) => progress.push(step) });
  });

  test("has the rows that its size asks for, and says so", async () => {
    expect(summary).toMatchObject({
      size: 0.2,
      seed: 3,
      to: now,
      from: new Date("2025-02-15T00:00:00.000Z"),
      counts: {
        users: 30,
        projects: 68,
        projectFiles: 200,
        conversations: 18,
        messages: 250,
        deployments: 68,
        excludedUsers: 1,
        currencyRates: 14,
        analyticsEvents: 10_000,
      },
    });
    const [counted] = await select(sql`
      select (select count(*)::int - 1 from users) as users,
             (select count(*)::int from subscriptions) as subscriptions,
             (select count(*)::int from subscription_changes) as "subscriptionChanges",
             (select count(*)::int from invoices) as invoices,
             (select count(*)::int from projects) as projects,
             (select count(*)::int from project_files) as "projectFiles",
             (select count(*)::int from conversations) as conversations,
             (select count(*)::int from messages) as messages,
             (select count(*)::int from deployments) as deployments,
             (select count(*)::int from devora.excluded_users) as "excludedUsers",
             (select count(*)::int from devora.currency_rates) as "currencyRates",
             (select count(*)::int from devora.analytics_events) as "analyticsEvents"`);
    expect(counted).toEqual(summary.counts);
    expect(summary.counts.invoices).toBeGreaterThan(5);
  });

  test("tells its progress after each batch, up to the whole", () => {
    const last = new Map(progress.map((step) => [step.table, step]));
    expect(last.get("analytics_events")).toEqual({ table: "analytics_events", done: 10_000, total: 10_000 });
    expect(progress.filter((step) => step.table === "analytics_events")).toHaveLength(10);
    for (const { table, done, total } of last.values()) expect([table, done]).toEqual([table, total]);
  });

  test("begins with the demo user, an administrator on the pro plan with projects and conversations", async () => {
    const [demo] = await withService(database.db, (tx) =>
      tx.select().from(users).where(sql`email_normalized = 'demo@example.com'`),
    );
    expect(demo).toMatchObject({
      id: summary.demoUserId,
      displayName: "Demo",
      role: "admin",
      locale: "en",
      plan: "pro",
      subscriptionStatus: "active",
    });
    const [own] = await select(sql`
      select (select count(*)::int from projects where user_id = u.id) as projects,
             (select count(*)::int from conversations where user_id = u.id) as conversations
      from users u where u.id = ${summary.demoUserId}::uuid`);
    expect(own?.projects).toBeGreaterThanOrEqual(5);
    expect(own?.conversations).toBeGreaterThanOrEqual(1);
  });

  test("leaves other users alone", async () => {
    const [row] = await select(sql`
      select email, (select count(*)::int from projects where user_id = u.id) as projects
      from users u where id = ${stranger}::uuid`);
    expect(row).toEqual({ email: `${stranger}@example.com`, projects: 0 });
  });

  test("shows each user the own rows alone", async () => {
    const { db } = database;
    const owners = await select<{ user_id: string; count: number }>(sql`
      select p.user_id::text, count(distinct p.id)::int as count
      from projects p join messages m on m.user_id = p.user_id group by 1 order by 1 limit 3`);
    expect(owners.length).toBe(3);
    for (const { user_id, count } of owners) {
      const seen = await withUser(db, user_id, (tx) => tx.select({ userId: projects.userId }).from(projects));
      expect(seen).toHaveLength(count);
      expect(new Set(seen.map((row) => row.userId))).toEqual(new Set([user_id]));
      const turns = await withUser(db, user_id, (tx) =>
        tx.selectDistinct({ userId: messages.userId }).from(messages),
      );
      expect(turns).toEqual([{ userId: user_id }]);
    }
    expect(await withUser(db, stranger, (tx) => tx.select().from(projects))).toEqual([]);
  });

  test("the priced intervals of a subscription never overlap, and join as long as it lives", async () => {
    expect(
      await violations(sql`
        select c.subscription_id
        from (
          select *, lead(effective_from) over (partition by subscription_id order by effective_from) as next_from
          from subscription_changes
        ) c
        join subscriptions s on s.id = c.subscription_id
        where (c.next_from is not null and c.effective_to is distinct from c.next_from)
           or (c.next_from is null and c.effective_to is distinct from s.ended_at)`),
    ).toEqual([]);
  });

  test("a user's billing columns say what the open interval says, and what the subscription says", async () => {
    expect(
      await violations(sql`
        select u.id
        from users u
        left join subscriptions s on s.user_id = u.id and s.ended_at is null
        left join subscription_changes c on c.subscription_id = s.id and c.effective_to is null
        where u.id <> ${stranger}::uuid
          and ((u.plan, u.current_period_end) is distinct from (coalesce(c.plan, 'free'), s.current_period_end)
            or u.subscription_status is distinct from coalesce(c.status, case
                 when exists (select from subscriptions e where e.user_id = u.id) then 'canceled' else 'none' end)
            or (s.plan, s.status, s.amount_minor, s.quantity, s.currency, s.billing_interval)
               is distinct from (c.plan, c.status, c.amount_minor, c.quantity, c.currency, c.billing_interval))`),
    ).toEqual([]);
    const plans = await select(sql`select distinct plan from users order by plan`);
    expect(plans.length).toBeGreaterThanOrEqual(3);
  });

  test("an invoice bills the price in force at its period's start, and the tax of the country", async () => {
    expect(
      await violations(sql`
        select i.id
        from invoices i
        join users u on u.id = i.user_id
        left join subscription_changes c
          on c.subscription_id = i.subscription_id
         and c.effective_from <= i.period_start
         and (c.effective_to is null or c.effective_to > i.period_start)
        where i.subtotal_minor is distinct from c.amount_minor * c.quantity
           or i.currency is distinct from c.currency
           or i.total_minor <> i.subtotal_minor + i.tax_minor
           or (u.country = 'FR' and i.tax_minor <> round(i.subtotal_minor * 0.2))
           or (u.country = 'US' and i.tax_minor <> 0)
           or (i.status = 'paid') <> (i.paid_at is not null)`),
    ).toEqual([]);
    expect(
      await violations(sql`
        select a.id from invoices a join invoices b on b.subscription_id = a.subscription_id and b.id <> a.id
        where tstzrange(a.period_start, a.period_end) && tstzrange(b.period_start, b.period_end)`),
    ).toEqual([]);
  });

  test("nothing comes before its parent, and nothing after now", async () => {
    expect(
      await violations(sql`
        select 'project' as child from projects p join users u on u.id = p.user_id where p.created_at < u.created_at
        union all
        select 'file' from project_files f join projects p on p.id = f.project_id where f.created_at < p.created_at
        union all
        select 'conversation' from conversations c join projects p on p.id = c.project_id
        where c.created_at < p.created_at or c.user_id <> p.user_id
        union all
        select 'message' from messages m join conversations c on c.id = m.conversation_id where m.created_at < c.created_at
        union all
        select 'deployment' from deployments d join projects p on p.id = d.project_id where d.started_at < p.created_at
        union all
        select 'subscription' from subscriptions s join users u on u.id = s.user_id where s.started_at < u.created_at
        union all
        select 'deleted project' from projects p join messages m on true join conversations c
          on c.id = m.conversation_id and c.project_id = p.id where m.created_at > p.deleted_at
        union all
        select 'event' from devora.analytics_events e join users u on u.id::text = e.owner_id
        where e.occurred_at < u.created_at`),
    ).toEqual([]);
    const present = sql`${now.toISOString()}::timestamptz`;
    expect(
      await violations(sql`
        select 'users' as "in" from users where id <> ${stranger}::uuid
          and greatest(created_at, updated_at, last_seen_at) > ${present}
        union all select 'projects' from projects where greatest(created_at, updated_at, deleted_at) > ${present}
        union all select 'files' from project_files where greatest(created_at, updated_at, deleted_at) > ${present}
        union all select 'conversations' from conversations where greatest(created_at, updated_at) > ${present}
        union all select 'messages' from messages where greatest(created_at, updated_at) > ${present}
        union all select 'deployments' from deployments where greatest(started_at, finished_at, updated_at) > ${present}
        union all select 'changes' from subscription_changes where greatest(effective_from, effective_to) > ${present}
        union all select 'invoices' from invoices where greatest(issued_at, paid_at, updated_at) > ${present}
        union all select 'events' from devora.analytics_events where greatest(occurred_at, received_at) > ${present}`),
    ).toEqual([]);
  });

  test("a conversation is in its user's language, column and text, its turns alternate", async () => {
    expect(
      await violations(sql`
        select c.id
        from conversations c join users u on u.id = c.user_id join messages m on m.conversation_id = c.id
        where c.language <> u.locale or m.language <> c.language`),
    ).toEqual([]);
    const answers = await select<{ language: string; content: string }>(
      sql`select language, content from messages where role = 'assistant' order by id`,
    );
    expect(new Set(answers.map(({ language }) => language))).toEqual(new Set(["fr", "en"]));
    for (const { language, content } of answers) {
      const french = content.match(/\b(le|la|les|une|des|pour|et|que|dans|avec|vous)\b/gi)?.length ?? 0;
      const english = content.match(/\b(the|a|of|and|for|with|is|to|you|that|it)\b/gi)?.length ?? 0;
      expect(french > english ? "fr" : "en", content).toBe(language);
    }
    expect(
      await violations(sql`
        select conversation_id
        from (
          select *, row_number() over (partition by conversation_id order by created_at, id) as turn from messages
        ) m
        where role <> case when turn % 2 = 1 then 'user' else 'assistant' end
           or (role = 'assistant') <> (model is not null and prompt_tokens > 0 and completion_tokens > 0)`),
    ).toEqual([]);
  });

  test("a file's hash and size are those of its content, and search finds it", async () => {
    expect(
      await violations(sql`
        select path from project_files
        where content_hash <> encode(sha256(convert_to(content, 'UTF8')), 'hex') or size_bytes <> octet_length(content)`),
    ).toEqual([]);
    const [found] = await select(sql`
      select count(*)::int as count from project_files
      where search_vector @@ websearch_to_tsquery('devora.devora_fr', 'développement') and language = 'fr'`);
    expect(found?.count).toBeGreaterThan(0);
  });

  test("each row has its event, at its time and with its owner", async () => {
    const eventOf = (event: string, key: string, rows: SQL) => sql`
      select ${event}::text as event
      from (${rows}) r (id, user_id, at)
      left join devora.analytics_events e
        on e.event = ${event}::text and e.properties ->> ${key}::text = r.id::text
       and e.owner_id = r.user_id::text and e.occurred_at = r.at
      where e.id is null`;
    expect(
      await violations(sql`
        ${eventOf("project_created", "project_id", sql`select id, user_id, created_at from projects`)}
        union all
        ${eventOf("conversation_started", "conversation_id", sql`select id, user_id, created_at from conversations`)}
        union all
        ${eventOf("message_sent", "message_id", sql`select id, user_id, created_at from messages where role = 'user'`)}
        union all
        ${eventOf("deployment_started", "deployment_id", sql`select id, user_id, started_at from deployments`)}
        union all
        ${eventOf("deployment_succeeded", "deployment_id", sql`select id, user_id, finished_at from deployments where status = 'succeeded'`)}
        union all
        ${eventOf("deployment_failed", "deployment_id", sql`select id, user_id, finished_at from deployments where status = 'failed'`)}
        union all
        ${eventOf("invoice_paid", "invoice_id", sql`select id, user_id, paid_at from invoices where status = 'paid'`)}
        union all
        ${eventOf("trial_started", "subscription_id", sql`select id, user_id, started_at from subscriptions where trial_end is not null`)}`),
    ).toEqual([]);
    expect(
      await violations(sql`
        select u.id from users u
        where u.id <> ${stranger}::uuid and (
          select count(*) from devora.analytics_events e
          where e.event = 'user_signed_up' and e.owner_id = u.id::text and e.occurred_at = u.created_at) <> 1`),
    ).toEqual([]);
  });

  test("events belong to users of the population, have known ids, and wait for no delivery", async () => {
    expect(
      await violations(sql`
        select e.id
        from devora.analytics_events e
        left join users u on u.id::text = e.owner_id
        left join devora.event_ids i on i.id = e.id and i.occurred_at = e.occurred_at
        where u.id is null or i.id is null or e.distinct_id <> e.owner_id
           or e.counts_as_activity <> (e.session_id is not null)`),
    ).toEqual([]);
    const [kept] = await select(sql`
      select (select count(*)::int from devora.event_ids) as ids,
             (select count(*)::int from devora.analytics_outbox) as queued,
             (select count(*)::int from devora.analytics_events
              where tableoid = 'devora.analytics_events_default'::regclass) as stray`);
    expect(kept).toEqual({ ids: 10_000, queued: 0, stray: 0 });
  });

  test("a user was last seen at the last activity", async () => {
    expect(
      await violations(sql`
        select u.id from users u
        where u.id <> ${stranger}::uuid and u.last_seen_at is distinct from (
          select max(occurred_at) from devora.analytics_events e
          where e.owner_id = u.id::text and e.counts_as_activity)`),
    ).toEqual([]);
  });

  test("marks few days as stale: no more than the days and the batches there are", async () => {
    const [marks] = await select(
      sql`select count(*)::int as count, count(distinct day)::int as days from devora.dirty_marks`,
    );
    expect(marks?.days).toBeGreaterThan(300);
    expect(marks?.count).toBeLessThanOrEqual(Number(marks?.days) + 10);
  });

  test("is refused a second time, whatever its seed, and nothing changes", async () => {
    for (const seed of [3, 4]) {
      await expect(seedPopulation(database.db, { ...options, seed })).rejects.toMatchObject({
        code: "POPULATION_EXISTS",
        message: expect.stringContaining("already"),
      });
    }
    expect(await select(sql`select count(*)::int as count from users`)).toEqual([{ count: 31 }]);
  });
});

test("the same call makes the same rows in another database", async () => {
  const digestOf = async () => {
    const database = await createTestDatabase();
    try {
      await seedPopulation(database.db, { size: 0.02, seed: 11, now });
      return await withService(database.db, (tx) =>
        rowsOf(
          tx,
          sql`
            select md5(string_agg(r::text, '|' order by r::text)) as digest
            from (
              select to_jsonb(u) r from users u
              union all select to_jsonb(p) from projects p
              union all select to_jsonb(f) from project_files f
              union all select to_jsonb(m) from messages m
              union all select to_jsonb(i) from invoices i
              union all select to_jsonb(e) from devora.analytics_events e
            ) as rows`,
        ),
      );
    } finally {
      await database.close();
    }
  };
  expect(await digestOf()).toEqual(await digestOf());
});

test("an aborted call stops between batches; in a transaction it leaves nothing", async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const usersNow = () => withService(db, (tx) => tx.$count(users));
  try {
    await expect(seedPopulation(db, { ...options, signal: AbortSignal.abort() })).rejects.toThrow();
    expect(await usersNow()).toBe(0);

    const abortAt = (table: string) => {
      const controller = new AbortController();
      const onProgress = (step: SeedProgress) => {
        if (step.table === table) controller.abort(new Error("enough"));
      };
      return { ...options, signal: controller.signal, onProgress };
    };
    const inside = db.transaction((tx) => seedPopulation(tx, abortAt("messages")));
    await expect(inside).rejects.toThrow("enough");
    expect(await usersNow()).toBe(0);

    await expect(seedPopulation(db, abortAt("projects"))).rejects.toThrow("enough");
    expect(await usersNow()).toBe(30);
    expect(await withService(db, (tx) => tx.$count(messages))).toBe(0);
  } finally {
    await database.close();
  }
});

test("a transaction around it commits as a whole, and its own scope is back afterwards", async () => {
  const database = await createTestDatabase();
  try {
    const role = await database.db.transaction(async (tx) => {
      await seedPopulation(tx, { size: 0.02, now });
      const [row] = await rowsOf(tx, sql`select current_setting('role') as role`);
      return row?.role;
    });
    expect(role).toBe("none");
    expect(await withService(database.db, (tx) => tx.$count(users))).toBe(3);
  } finally {
    await database.close();
  }
});

test("modules that are not installed get no rows; without module app there is a clear error", async () => {
  await using embedded = await openEmptyEmbedded();
  await expect(seedPopulation(embedded.db, { size: 0.02, now })).rejects.toMatchObject({
    code: "INVALID_OPTION",
    message: expect.stringContaining("module app"),
  });
  await migrate({ client: embedded.client, modules: ["app"] });
  const { counts } = await seedPopulation(embedded.db, { size: 0.02, now });
  expect(counts).toMatchObject({ users: 3, projects: 7, excludedUsers: 0, analyticsEvents: 0 });
});
