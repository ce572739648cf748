import { rowsOf, withService } from "@devora/db-schema";
import { seedPopulation } from "@devora/db-schema/seed";
import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { useTestHost } from "./test-host.ts";

const database = useTestDatabase();
const host = useTestHost(database);
let admin = "";
beforeAll(async () => {
  admin = (await seedPopulation(database.db, { size: 0.2 })).demoUserId;
});

interface Dashboard {
  asOf: string;
  userMetrics: Record<string, { value: number | null }>;
  revenueMetrics: Record<string, { value: number | null; currency: string }>;
  engagementMetrics: Record<string, { value: number | null }>;
  performanceMetrics: Record<string, { value: number | null }>;
}

test("the dashboard's figures are those that plain SQL counts", async () => {
  const response = await host.call("GET", "/api/dashboard", { user: admin });
  expect(response.status).toBe(200);
  const dashboard = (await response.json()) as Dashboard;
  const [counted] = await withService(database.db, (tx) =>
    rowsOf(
      tx,
      sql`
        with counted as (
          select * from users where deleted_at is null and id::text not in (select owner_id from devora.excluded_users)
        ), priced as (
          select c.currency, c.quantity * c.amount_minor - c.discount_minor as amount,
                 case c.billing_interval when 'year' then 12 when 'month' then 1 end * c.interval_count as months
          from subscription_changes c
          where c.user_id::text not in (select owner_id from devora.excluded_users)
            and c.effective_from <= ${dashboard.asOf}::timestamptz
            and (c.effective_to is null or c.effective_to > ${dashboard.asOf}::timestamptz)
            and c.status in ('active', 'past_due')
        )
        select (select count(*)::int from counted) as users,
               (select count(*)::int from projects p join counted u on u.id = p.user_id where p.deleted_at is null) as projects,
               (select count(*)::int from messages m join counted u on u.id = m.user_id where m.deleted_at is null) as messages,
               (select count(distinct owner_id)::int from devora.analytics_events
                where counts_as_activity and occurred_at > ${dashboard.asOf}::timestamptz - interval '1 hour' * 24 * 40
                  and occurred_at >= (date_trunc('day', ${dashboard.asOf}::timestamptz at time zone 'UTC') - interval '29 days') at time zone 'UTC'
                  and occurred_at < ${dashboard.asOf}::timestamptz
                  and owner_id not in (select owner_id from devora.excluded_users)) as active,
               (select round(sum(amount::numeric / months * coalesce(
                  (select r.rate from devora.currency_rates r where r.currency = priced.currency and r.base_currency = 'EUR' order by r.day desc limit 1), 1)))::int
                from priced) as mrr,
               (select count(*) filter (where status = 'succeeded')::float8 / nullif(count(*) filter (where status in ('succeeded', 'failed')), 0)
                from deployments) as deployed`,
    ),
  );
  expect({
    users: dashboard.userMetrics.totalUsers?.value,
    projects: dashboard.engagementMetrics.totalProjects?.value,
    messages: dashboard.engagementMetrics.totalMessages?.value,
    active: dashboard.userMetrics.activeUsersMonth?.value,
    mrr: dashboard.revenueMetrics.mrr?.value,
  }).toEqual({
    users: counted?.users,
    projects: counted?.projects,
    messages: counted?.messages,
    active: counted?.active,
    mrr: counted?.mrr,
  });
  expect(counted?.users).toBeGreaterThan(20);
  expect(counted?.active).toBeGreaterThan(5);
  expect(counted?.mrr).toBeGreaterThan(0);
});

test("the page shows the same figures, and the charts have their days", async () => {
  const { userMetrics } = (await (
    await host.call("GET", "/api/dashboard", { user: admin })
  ).json()) as Dashboard;
  const page = await (await host.call("GET", "/dashboard", { user: admin })).text();
  expect(page).toMatch(
    new RegExp(`Users</span>\\s*<span class="value">${userMetrics.totalUsers?.value}</span>`),
  );
  const trends = (await (
    await host.call("GET", "/api/dashboard/trends?days=30", { user: admin })
  ).json()) as { days: { date: string; activeUsers: number }[] };
  expect(trends.days).toHaveLength(30);
  expect(trends.days.some((day) => day.activeUsers > 0)).toBe(true);
  expect((await host.call("GET", "/api/cohorts?date=2026-10-01&days=14", { user: admin })).status).toBe(200);
});
