import { rowsOf, withService } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { type SQL, sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { createMetrics } from "../../src/index.ts";
import { addAlias, addEvents, addSubscription, addUser, exclude } from "../rows.ts";

// Made rows by a fixed seed, and every figure again by other means: the plainest SQL, or a loop.
const database = useTestDatabase();
const timeZone = "Asia/Kathmandu"; // +05:45
const asOf = new Date("2025-06-15T09:17:00Z");
const metrics = () => createMetrics({ db: database.db, timeZone });

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function groupBy<T>(list: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of list) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

interface Activity {
  person: string;
  at: number;
}
const activity: Activity[] = [];
const dayMs = 86_400_000;

beforeAll(async () => {
  const { db } = database;
  const random = randomOf(20250615);
  const daysAgo = (days: number) => new Date(asOf.getTime() - Math.floor(random() * days * dayMs));
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

  const people: string[] = [];
  for (let i = 0; i < 40; i++) people.push(await addUser(db, daysAgo(80).toISOString()));
  const [staff = ""] = people;
  await exclude(db, staff);
  for (const [i, person] of people.entries()) if (i % 3 === 0) await addAlias(db, `device-${i}`, person);

  const events = [];
  for (let i = 0; i < 3_000; i++) {
    const owner = Math.floor(random() * people.length);
    const person = people[owner] as string;
    const device = owner % 3 === 0 && random() < 0.4;
    const visitor = !device && random() < 0.1;
    const id = visitor ? `visitor-${i % 25}` : device ? `device-${owner}` : person;
    // Bunches, so that there are sessions.
    const first = daysAgo(75).getTime();
    for (let j = 0; j < 1 + random() * 4; j++) {
      const at = first + Math.floor(j * random() * 40 * 60_000);
      const countsAsActivity = random() < 0.9;
      const ownerId = visitor || device ? null : person;
      events.push({ distinctId: id, ownerId, occurredAt: new Date(at), countsAsActivity });
      const who = visitor ? id : person;
      if (countsAsActivity && who !== staff && at <= asOf.getTime()) activity.push({ person: who, at });
    }
  }
  await addEvents(db, events);

  for (const person of people) {
    for (let i = 0; i < 2; i++) {
      const from = daysAgo(70);
      const to =
        random() < 0.5 ? { to: new Date(from.getTime() + 1 + random() * 40 * dayMs).toISOString() } : {};
      await addSubscription(db, person, {
        from: from.toISOString(),
        ...to,
        status: pick(["active", "past_due", "trialing", "canceled"]),
        currency: pick(["EUR", "USD"]),
        amountMinor: Math.floor(random() * 10_000),
        billingInterval: pick(["day", "week", "month", "year"]),
        intervalCount: pick([1, 2, 3]),
        quantity: pick([0, 1, 5]),
        discountMinor: pick([0, 100]),
      });
    }
  }
});

/** Plain SQL over the rows of all owners. */
const allRows = (query: SQL) => withService(database.db, (tx) => rowsOf(tx, query));

const localDay = sql`(at at time zone ${timeZone}::text)::date`;
const today = sql`(${asOf.toISOString()}::timestamptz at time zone ${timeZone}::text)::date`;

/** Distinct active people of the local days that `where` says, counted the plain way. */
const countActive = async (where: SQL): Promise<number> => {
  const [row] = await allRows(
    sql`with activity as (
          select coalesce((select distinct_id from devora.user_aliases a where a.alias = e.distinct_id),
                          owner_id, distinct_id) as person, occurred_at as at
          from devora.analytics_events e
          where counts_as_activity and occurred_at <= ${asOf.toISOString()}::timestamptz
        )
        select count(distinct person)::int as people from activity
        where person not in (select owner_id from devora.excluded_users) and ${where}`,
  );
  return Number(row?.people);
};

test("active people of today, 7 and 30 days, and retention", async () => {
  const users = await metrics().getUserMetrics({ asOf });
  expect(users.dailyActiveUsers.value).toBe(await countActive(sql`${localDay} = ${today}`));
  expect(users.weeklyActiveUsers.value).toBe(await countActive(sql`${localDay} > ${today} - 7`));
  expect(users.activeUsersMonth.value).toBe(await countActive(sql`${localDay} > ${today} - 30`));
  const before = await countActive(sql`${localDay} > ${today} - 60 and ${localDay} <= ${today} - 30`);
  expect(users.retentionRate30d.denominator).toBe(before);
  const either = await countActive(sql`${localDay} > ${today} - 60`);
  // in both = before + now - in either
  expect(users.retentionRate30d.numerator).toBe(before + Number(users.activeUsersMonth.value) - either);
  expect(users.dailyActiveUsers.value).toBeLessThanOrEqual(Number(users.weeklyActiveUsers.value));
  expect(users.weeklyActiveUsers.value).toBeLessThanOrEqual(Number(users.activeUsersMonth.value));
});

test("active people and new users of each of 70 days", async () => {
  const { days } = await metrics().getTrends({ days: 70, asOf });
  const rows = await allRows(
    sql`select (created_at at time zone ${timeZone}::text)::date::text as date, count(*)::int as users
        from users where id::text not in (select owner_id from devora.excluded_users) group by 1`,
  );
  const created = new Map(rows.map((row) => [row.date, Number(row.users)]));
  for (const day of days) {
    const active = await countActive(sql`${localDay} = ${day.date}::date`);
    expect([day.date, day.activeUsers, day.newUsers]).toEqual([day.date, active, created.get(day.date) ?? 0]);
  }
});

test("sessions, by walking through each person's events", async () => {
  const start = Date.parse("2025-05-16T18:15:00Z"); // 17 May 00:00 in Kathmandu, the first of 30 days
  const perPerson = groupBy(activity, ({ person }) => person);
  let [sessions, multiEvent, minutes] = [0, 0, 0];
  for (const events of perPerson.values()) {
    const times = events.map(({ at }) => at).sort((a, b) => a - b);
    let run: number[] = [];
    for (const time of [...times, Number.POSITIVE_INFINITY]) {
      const last = run.at(-1);
      if (last !== undefined && time - last > 30 * 60_000) {
        const first = run[0] as number;
        if (first >= start) {
          sessions += 1;
          multiEvent += run.length > 1 ? 1 : 0;
          minutes += (last - first) / 60_000;
        }
        run = [];
      }
      run.push(time);
    }
  }
  const engagement = await metrics().getEngagementMetrics({ asOf });
  expect(sessions).toBeGreaterThan(500);
  expect(engagement.sessions30d.value).toBe(sessions);
  expect(engagement.averageMultiEventSessionMinutes.denominator).toBe(multiEvent);
  expect(engagement.averageSessionDurationMinutes.value).toBeCloseTo(minutes / sessions, 9);
});

test("recurring revenue and customers, in SQL's own decimals", async () => {
  const inForce = (at: SQL) =>
    sql`effective_from <= ${at} and (effective_to is null or effective_to > ${at})`;
  const priced = sql`(
    select *, greatest(amount_minor * quantity - discount_minor, 0)::numeric
              * case billing_interval when 'year' then 1.0/12 when 'month' then 1 when 'week' then 52.0/12 else 365.0/12 end
              / interval_count as monthly
    from subscription_changes
    where status in ('active', 'past_due') and user_id::text not in (select owner_id from devora.excluded_users)) c`;
  const revenue = await metrics().getRevenueMetrics({ asOf });
  const now = sql`${asOf.toISOString()}::timestamptz`;
  const rows = await allRows(
    sql`select currency, sum(monthly)::float8 as mrr, count(distinct user_id)::int as customers
        from ${priced} where monthly > 0 and ${inForce(now)} group by currency order by currency`,
  );
  expect(rows).toHaveLength(2);
  for (const [i, row] of rows.entries()) {
    const own = revenue.byCurrency[i];
    expect([own?.currency, own?.customers.value]).toEqual([row.currency, Number(row.customers)]);
    expect(own?.mrr.numerator).toBeCloseTo(Number(row.mrr), 6);
    expect(own?.mrr.value).toBe(Math.round(Number(row.mrr)));
  }

  const before = sql`(${now} - interval '30 days')`;
  const [churn] = await allRows(
    sql`with customers as (select distinct user_id from ${priced} where monthly > 0 and ${inForce(before)}),
             still as (select distinct user_id from ${priced} where monthly > 0 and ${inForce(now)})
        select count(*)::int as before, count(*) filter (where still.user_id is null)::int as lost
        from customers left join still using (user_id)`,
  );
  const { numerator, denominator } = revenue.customerChurnRate30d;
  expect([numerator, denominator]).toEqual([Number(churn?.lost), Number(churn?.before)]);
  expect(numerator).toBeGreaterThan(0);
});

test("recurring revenue at the end of each day is the revenue as of its last instant", async () => {
  const { days } = await metrics().getTrends({ days: 40, asOf });
  for (const [i, day] of days.entries()) {
    if (i % 6 !== 0) continue;
    const lastInstant = new Date(Date.parse(`${day.date}T18:15:00Z`) - 1); // midnight in Kathmandu
    const at = day.partial ? asOf : lastInstant;
    const { byCurrency } = await metrics().getRevenueMetrics({ asOf: at });
    for (const { currency, mrr } of byCurrency) {
      expect([day.date, currency, day.mrrMinor[currency]]).toEqual([day.date, currency, mrr.value]);
    }
  }
});

test("cohort retention of each sign-up day, by looking each member up", async () => {
  const rows = await allRows(
    sql`select id::text as id, (created_at at time zone ${timeZone}::text)::date::text as date from users
        where id::text not in (select owner_id from devora.excluded_users)`,
  );
  const localDate = (at: number) => new Date(at).toLocaleDateString("sv-SE", { timeZone });
  const active = new Set(activity.map(({ person, at }) => `${person} ${localDate(at)}`));
  let returned = 0;
  for (const [cohortDate, members] of [...groupBy(rows, (row) => String(row.date))].slice(0, 12)) {
    const { size, cells } = await metrics().getCohortRetention({ cohortDate, periodDays: 20, asOf });
    expect(size).toBe(members.length);
    for (const cell of cells) {
      const there = members.filter(({ id }) => active.has(`${id} ${cell.date}`)).length;
      const over = cell.date < localDate(asOf.getTime());
      expect([cohortDate, cell.day, cell.numerator]).toEqual([cohortDate, cell.day, over ? there : null]);
      returned += cell.numerator ?? 0;
    }
  }
  expect(returned).toBeGreaterThan(50);
});
