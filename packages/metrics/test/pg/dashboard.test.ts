import { rowsOf, withUser } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { createMetrics, type Figure } from "../../src/index.ts";
import {
  addActivity,
  addConversation,
  addDeployment,
  addEvents,
  addProject,
  addSubscription,
  addUser,
  clearTables,
} from "../rows.ts";

const database = useTestDatabase();
beforeEach(() => clearTables(database.db));

const asOf = new Date("2025-06-15T12:00:00Z");

const figuresOf = (group: object): [string, Figure][] =>
  Object.entries(group).filter(
    ([, value]) => typeof value === "object" && value !== null && "definition" in value,
  );

/** Rows in every table, spread over 100 days before asOf. */
async function addBusyMonths(): Promise<void> {
  const { db } = database;
  const at = (daysAgo: number, hours = 0) =>
    new Date(asOf.getTime() - daysAgo * 86_400_000 - hours * 3_600_000).toISOString();
  for (let i = 0; i < 12; i++) {
    const user = await addUser(db, at(i * 9, 1));
    const project = await addProject(db, user, at(i * 8, 1));
    await addConversation(db, user, at(i * 7, 1), at(i * 6, 1), at(i * 5, 2));
    await addActivity(db, user, at(i * 2, 1), at(i * 2, 1.2), at(i * 5, 3), at(i * 7, 4), at(31 + i, 1));
    await addSubscription(db, user, {
      from: at(i * 9, 1),
      ...(i > 0 && i % 3 === 0 ? { to: at(i, 2) } : {}),
    });
    await addDeployment(db, user, project, {
      status: i % 4 ? "succeeded" : "failed",
      startedAt: at(i * 8, 0.5),
      finishedAt: at(i * 8, 0.4),
    });
    const properties = { duration_ms: 10 * i, status: i % 5 ? 200 : 500 };
    const names = ["search_performed", "request_completed", "code_generated", "code_generation_failed"];
    for (const event of names) {
      const row = { event, properties, distinctId: user, ownerId: user, countsAsActivity: false };
      await addEvents(db, [{ ...row, occurredAt: new Date(at(i * 6, 1)) }]);
    }
  }
}

test("an empty database: counts are 0, everything else is null with its reason, and nothing is NaN", async () => {
  const metrics = createMetrics({ db: database.db });
  const dashboard = await metrics.getDashboardMetrics({ asOf });
  const groups = [
    dashboard.userMetrics,
    dashboard.revenueMetrics,
    dashboard.engagementMetrics,
    dashboard.performanceMetrics,
  ];
  const figures = groups.flatMap(figuresOf);
  expect(figures).toHaveLength(9 + 6 + 9 + 9);
  for (const [name, figure] of figures) {
    const money = figure.unit === "minor" && (name === "mrr" || name === "arr");
    const counted = ["users", "customers", "projects", "conversations", "messages", "sessions"].includes(
      figure.unit,
    );
    if (money || counted) expect([name, figure.value, figure.reason]).toEqual([name, 0, undefined]);
    else expect([name, figure.value, figure.reason]).toEqual([name, null, "empty_denominator"]);
  }
  expect(JSON.stringify(dashboard)).not.toMatch(/NaN|Infinity/);
});

test("every field that dashboards of the system before had is there", async () => {
  await addBusyMonths();
  const dashboard = await createMetrics({ db: database.db }).getDashboardMetrics({ asOf });
  const expected = {
    userMetrics: ["totalUsers", "activeUsersMonth", "retentionRate30d", "newUsersToday"],
    revenueMetrics: ["mrr", "arr", "averageRevenuePerUser", "lifetimeValue"],
    engagementMetrics: ["totalProjects", "projectsCreatedToday", "averageSessionDurationMinutes"],
    performanceMetrics: ["averageQueryTimeMs", "errorRate", "deploymentSuccessRate"],
  } as const;
  for (const [group, names] of Object.entries(expected)) {
    const figures = new Map(figuresOf(dashboard[group as keyof typeof expected]));
    for (const name of names) {
      expect([name, typeof figures.get(name)?.value]).toEqual([name, "number"]);
      expect(figures.get(name)?.definition).toMatch(/\w/);
      expect(figures.get(name)?.asOf).toEqual(asOf);
    }
  }
  expect([dashboard.asOf, dashboard.timeZone]).toEqual([asOf, "UTC"]);
});

test("each previous figure is the figure as of then", async () => {
  await addBusyMonths();
  const metrics = createMetrics({ db: database.db, timeZone: "Europe/Paris" });
  const dashboard = await metrics.getDashboardMetrics({ asOf });
  const verbs = {
    userMetrics: metrics.getUserMetrics,
    revenueMetrics: metrics.getRevenueMetrics,
    engagementMetrics: metrics.getEngagementMetrics,
    performanceMetrics: metrics.getPerformanceMetrics,
  };
  const daysBefore = new Map<string, number>();
  for (const [group, verb] of Object.entries(verbs)) {
    const now = await verb({ asOf });
    for (const [name, figure] of figuresOf(dashboard[group as keyof typeof verbs])) {
      const { previous, ...current } = figure as Figure & { previous: Figure };
      expect([name, current]).toEqual([name, now[name as keyof typeof now]]);
      const then = await verb({ asOf: previous.asOf });
      expect([name, previous]).toEqual([name, then[name as keyof typeof then]]);
      daysBefore.set(name, (asOf.getTime() - previous.asOf.getTime()) / 86_400_000);
    }
  }
  expect(Object.fromEntries([...daysBefore].filter(([, days]) => days !== 30))).toEqual({
    newUsersToday: 1,
    dailyActiveUsers: 1,
    projectsCreatedToday: 1,
    conversationsStartedToday: 1,
    messagesWrittenToday: 1,
    weeklyActiveUsers: 7,
    newUsersThisMonth: 31, // from 15 June to 15 May
  });
  expect(daysBefore.size).toBe(33);
});

describe("where it reads", () => {
  test("by itself: one transaction of the service, read only, with one snapshot", async () => {
    const { db } = database;
    await addUser(db, "2025-01-01T00:00:00Z");
    const transaction = vi.spyOn(db, "transaction");
    const { userMetrics } = await createMetrics({ db }).getDashboardMetrics({ asOf });
    expect(userMetrics.totalUsers.value).toBe(1);
    expect(transaction.mock.calls.map(([, config]) => config)).toEqual([
      { isolationLevel: "repeatable read", accessMode: "read only" },
    ]);
    transaction.mockRestore();
    const [role] = await rowsOf(db, sql`select current_user::text as name`);
    expect(role?.name).not.toBe("devora_service");
  });

  test("in the caller's transaction: its rows, its role", async () => {
    const { db } = database;
    await addUser(db, "2025-01-01T00:00:00Z");
    const metrics = createMetrics({ db });
    const rolledBack = new Error("roll back");
    const inside = db.transaction(async (tx) => {
      await tx.execute(sql`select set_config('role', 'devora_service', true)`);
      await tx.execute(sql`insert into users (id, email, created_at)
        values (gen_random_uuid(), 'b@example.com', '2025-01-01')`);
      expect((await metrics.getUserMetrics({ asOf, db: tx })).totalUsers.value).toBe(2);
      throw rolledBack;
    });
    await expect(inside).rejects.toBe(rolledBack);
    expect((await metrics.getUserMetrics({ asOf })).totalUsers.value).toBe(1);
  });

  test("a user's scope gets no metrics: the tables of events are closed to it", async () => {
    const { db } = database;
    const user = await addUser(db, "2025-01-01T00:00:00Z");
    await addUser(db, "2025-01-01T00:00:00Z");
    const metrics = createMetrics({ db });
    for (const verb of [metrics.getUserMetrics, metrics.getDashboardMetrics, metrics.getRevenueMetrics]) {
      const asked = withUser<unknown>(db, user, (tx) => verb({ asOf, db: tx }));
      await expect(asked).rejects.toMatchObject({ code: "DATABASE", sqlState: "42501" });
    }
  });

  test("a role that does not exist is a database error that names the verb", async () => {
    const metrics = createMetrics({ db: database.db, serviceRole: "nobody_of_that_name" });
    await expect(metrics.getTrends({ days: 1 })).rejects.toMatchObject({
      name: "DatabaseError",
      operation: "metrics.getTrends",
    });
  });

  test("a call aborted between two statements ends with the signal's reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    let statements = 0;
    const counting = new Proxy(database.db, {
      get: (target, name) => {
        if (name !== "execute") return Reflect.get(target, name);
        return (query: never) => {
          if (++statements === 2) controller.abort(reason);
          return target.execute(query);
        };
      },
    });
    const call = { asOf, db: counting, signal: controller.signal };
    await expect(createMetrics({ db: database.db }).getDashboardMetrics(call)).rejects.toBe(reason);
    expect(statements).toBe(2);
  });

  test("without asOf it looks from the clock that it was given", async () => {
    const now = new Date("2024-02-29T23:59:59.500Z");
    const dashboard = await createMetrics({ db: database.db, now: () => now }).getDashboardMetrics();
    expect(dashboard.asOf).toEqual(now);
  });
});
