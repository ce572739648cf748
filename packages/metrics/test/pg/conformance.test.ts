import { existsSync, readFileSync } from "node:fs";
import { useTestDatabase } from "@devora/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { createMetrics } from "../../src/index.ts";
import { addActivity, addSubscription, addUser, clearTables, type Price } from "../rows.ts";

// Published worked examples. The files lie beside the repository; what matters of them is retyped in the other tests.
const folder = new URL("../../../../../shared/data/metrics/", import.meta.url);
const isThere = existsSync(folder);
if (!isThere) console.warn("conformance: skipped, because ../shared/data/metrics is not there");

const database = useTestDatabase();
beforeEach(() => clearTables(database.db));

const csv = (name: string): Record<string, string>[] => {
  const [header = "", ...lines] = readFileSync(new URL(name, folder), "utf8").trim().split(/\r?\n/);
  const names = header.split(",");
  return lines.map((line) => {
    const values = line.split(",");
    return Object.fromEntries(names.map((column, i) => [column, values[i] ?? ""]));
  });
};
const json = <T>(name: string): T => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as T;

const asOf = new Date("2025-06-15T12:00:00Z");
const revenueAt = (at: Date) => createMetrics({ db: database.db }).getRevenueMetrics({ asOf: at });
const from = "2025-01-01T00:00:00Z";

async function addCustomers(count: number, price: Partial<Price>): Promise<void> {
  for (let i = 0; i < count; i++) {
    await addSubscription(database.db, await addUser(database.db, from), { from, ...price });
  }
}

describe.skipIf(!isThere)("with the published files", () => {
  test("price normalisation: every recurring row to 4 decimals, half up", async () => {
    const rows = csv("mrr_normalisation.csv");
    const recurring = rows.filter((row) => row.billing_period !== "NO_BILLING_PERIOD"); // one-off: no row here
    expect([rows.length, recurring.length]).toEqual([63, 59]);
    const user = await addUser(database.db, from);
    const at = (i: number) => new Date(asOf.getTime() + i * 1_000);
    for (const [i, row] of recurring.entries()) {
      // One after the other, a second each.
      await addSubscription(database.db, user, {
        from: at(i).toISOString(),
        to: at(i + 1).toISOString(),
        amountMinor: Math.round(Number(row.price) * 100),
        billingInterval: row.billing_period === "ANNUAL" ? "year" : "month",
      });
    }
    for (const [i, row] of recurring.entries()) {
      const { mrr } = await revenueAt(at(i));
      const major = (Math.round(Number(mrr.numerator) * 100) / 10_000).toFixed(4);
      expect([row.billing_period, row.price, major]).toEqual([
        row.billing_period,
        row.price,
        row.expected_mrr,
      ]);
    }
  });

  test("30 months of 121 subscription periods: revenue, customers, average, run rate and lost customers", async () => {
    const users = new Map<string, string>();
    for (const period of csv("subscription_periods.csv")) {
      const customer = period.customer_id ?? "";
      const user = users.get(customer) ?? (await addUser(database.db, "2017-01-01T00:00:00Z"));
      users.set(customer, user);
      await addSubscription(database.db, user, {
        from: `${period.start_date}T00:00:00Z`,
        to: `${period.end_date}T00:00:00Z`,
        amountMinor: Number(period.monthly_amount) * 100,
      });
    }
    const months = csv("expected_monthly_movements.csv");
    expect(months).toHaveLength(30);
    for (const month of months) {
      // Periods are whole months, and 30 days before the 16th lie in the month before.
      const figures = await revenueAt(new Date(`${month.month?.slice(0, 7)}-16T12:00:00Z`));
      expect([month.month, figures.mrr.value]).toEqual([month.month, Number(month.ending_mrr) * 100]);
      expect(figures.arr.value).toBe(Number(month.arr) * 100);
      expect(figures.customers.value).toBe(Number(month.customers_end));
      const { numerator, denominator, value } = figures.customerChurnRate30d;
      expect([denominator, numerator]).toEqual([
        Number(month.customers_start),
        Number(month.customers_churned),
      ]);
      if (month.logo_churn_rate === "") expect(value).toBeNull();
      else expect(value).toBeCloseTo(Number(month.logo_churn_rate), 5);
      if (month.arpa === "") expect(figures.averageRevenuePerUser.value).toBeNull();
      else expect(figures.averageRevenuePerUser.value).toBe(Math.round(Number(month.arpa) * 100));
    }

    // The same by the days' ends: a period that ends at midnight is still in the day before.
    const { days } = await createMetrics({ db: database.db }).getTrends({
      days: 400,
      asOf: new Date("2020-01-31T23:59:59.999Z"),
    });
    for (const month of months) {
      const inMonth = days.filter((day) => day.date.startsWith(month.month?.slice(0, 7) ?? ""));
      for (const day of inMonth) {
        expect([day.date, day.mrrMinor.EUR]).toEqual([day.date, Number(month.ending_mrr) * 100]);
      }
    }
  });

  interface RetentionCase {
    name: string;
    cumulative?: boolean;
    min_occ?: number;
    first_day: number;
    intervals: number;
    start: [string, number][];
    ret: [string, number][];
    expected: number[][];
  }

  test("retention: the rows that sign-up cohorts have, counted on the day", async () => {
    // A table's first row is everyone whose start is on the first day; there a start is a sign-up.
    const cases = json<RetentionCase[]>("retention_cases.json").filter(
      (one) => !one.cumulative && one.min_occ === undefined && one.first_day === 0,
    );
    expect(cases).toHaveLength(3);
    for (const { name, intervals, start, ret, expected } of cases) {
      await clearTables(database.db);
      const day = (n: number) => new Date(Date.UTC(2020, 0, 10 + n, 9)).toISOString();
      const members = new Map<string, string>();
      for (const [person, n] of start) {
        if (!members.has(person)) members.set(person, await addUser(database.db, day(n)));
      }
      for (const [person, n] of ret) await addActivity(database.db, members.get(person) ?? "", day(n));
      const { size, cells } = await createMetrics({ db: database.db }).getCohortRetention({
        cohortDate: "2020-01-10",
        periodDays: intervals - 1,
        asOf: new Date("2020-03-01T00:00:00Z"),
      });
      const startedOnFirstDay = new Set(start.flatMap(([person, n]) => (n === 0 ? [person] : []))).size;
      expect([name, size]).toEqual([name, startedOnFirstDay]);
      expect([name, cells.map((cell) => cell.numerator)]).toEqual([name, expected[0]?.slice(1)]);
    }
  });
});

describe("published examples, retyped", () => {
  test("100 subscribers at 100 a month and 50 at 600 a year: 100 x 100 + 50 x 600/12 = 12,500", async () => {
    await addCustomers(100, { amountMinor: 10_000 });
    await addCustomers(50, { amountMinor: 60_000, billingInterval: "year" });
    expect((await revenueAt(asOf)).mrr).toMatchObject({ value: 1_250_000, amount: "12500.00" });
  });

  test("5 active, 1 past due and 8 in trial at 49: 6 x 49 = 294, not 14 x 49 = 686", async () => {
    await addCustomers(5, { amountMinor: 4_900 });
    await addCustomers(1, { amountMinor: 4_900, status: "past_due" });
    await addCustomers(8, { amountMinor: 4_900, status: "trialing" });
    expect((await revenueAt(asOf)).mrr.value).toBe(29_400);
  });

  test("77 at 15 with 14 off: 77 as recorded; without the discount recorded, 1,155", async () => {
    await addCustomers(77, { amountMinor: 1_500, discountMinor: 1_400 });
    expect((await revenueAt(asOf)).mrr.value).toBe(7_700);
    await clearTables(database.db);
    await addCustomers(77, { amountMinor: 1_500 });
    expect((await revenueAt(asOf)).mrr.value).toBe(115_500);
  });

  test("a customer's life: yearly plan, addition, its end, the end of the paid year, the return", async () => {
    const user = await addUser(database.db, "2024-01-01T00:00:00Z");
    await addSubscription(database.db, user, {
      from: "2024-01-10T00:00:00Z",
      to: "2025-01-10T00:00:00Z",
      amountMinor: 50_000,
      quantity: 4,
      billingInterval: "year",
    });
    await addSubscription(database.db, user, {
      from: "2024-01-15T00:00:00Z",
      to: "2024-02-01T00:00:00Z",
      amountMinor: 3_000,
      quantity: 2,
    });
    await addSubscription(database.db, user, {
      from: "2025-06-01T00:00:00Z",
      amountMinor: 5_000,
      quantity: 3,
    });
    const amounts = [];
    for (const date of ["2024-01-12", "2024-01-20", "2024-06-01", "2025-02-01", "2025-06-02"]) {
      amounts.push((await revenueAt(new Date(`${date}T00:00:00Z`))).mrr.amount);
    }
    // 4 x 500/12 = 166.67; + 2 x 30 = 226.67; - 60; 0 from the paid year's end; 3 x 50
    expect(amounts).toEqual(["166.67", "226.67", "166.67", "0.00", "150.00"]);
  });
});
