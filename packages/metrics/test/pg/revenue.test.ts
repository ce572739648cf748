import { useTestDatabase } from "@devora/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { createMetrics } from "../../src/index.ts";
import { addRate, addSubscription, addUser, clearTables, exclude } from "../rows.ts";

const database = useTestDatabase();
beforeEach(() => clearTables(database.db));

const asOf = new Date("2025-06-15T12:00:00Z");
const revenue = (at: Date = asOf) => createMetrics({ db: database.db }).getRevenueMetrics({ asOf: at });
const customer = () => addUser(database.db, "2024-01-01T00:00:00Z");
const from = "2025-01-01T00:00:00Z";

test("every billing interval is brought to a month exactly, and rounded once at the end", async () => {
  const { db } = database;
  const user = await customer();
  await addSubscription(db, user, { from, amountMinor: 1_000 }); // 1,000
  await addSubscription(db, user, { from, amountMinor: 12_000, billingInterval: "year" }); // 12,000/12 = 1,000
  await addSubscription(db, user, { from, amountMinor: 24_000, billingInterval: "year", intervalCount: 2 }); // 24,000/24 = 1,000
  await addSubscription(db, user, { from, amountMinor: 3_000, intervalCount: 3 }); // 3,000/3 = 1,000
  await addSubscription(db, user, { from, amountMinor: 300, billingInterval: "week" }); // 300*52/12 = 1,300
  await addSubscription(db, user, { from, amountMinor: 5_000, billingInterval: "week", intervalCount: 2 }); // 5,000*52/24 = 10,833.33…
  await addSubscription(db, user, { from, amountMinor: 12, billingInterval: "day" }); // 12*365/12 = 365
  await addSubscription(db, user, { from, amountMinor: 200, quantity: 3, discountMinor: 100 }); // 3*200-100 = 500

  // 1,000 + 1,000 + 1,000 + 1,000 + 1,300 + 10,833.33 + 365 + 500 = 16,998.33
  const { mrr, arr, customers, averageRevenuePerUser } = await revenue();
  expect(mrr).toMatchObject({ value: 16_998, amount: "169.98", currency: "EUR", unit: "minor" });
  expect(arr).toMatchObject({ value: 203_980, amount: "2039.80" }); // 12 x 16,998.33…
  expect(customers.value).toBe(1);
  expect(averageRevenuePerUser.value).toBe(16_998);
});

test("six yearly prices of 1 cent are half a cent a month, not six times nothing", async () => {
  const { db } = database;
  const user = await customer();
  for (let i = 0; i < 6; i++) {
    await addSubscription(db, user, { from, amountMinor: 1, billingInterval: "year" });
  }
  const { mrr, arr } = await revenue();
  expect([mrr.numerator, mrr.value, arr.value]).toEqual([0.5, 1, 6]); // 6 x 1/12 = 0.5, rounded up
});

test("active and past-due subscriptions count; trials and all others do not", async () => {
  const { db } = database;
  const statuses = ["active", "past_due", "trialing", "incomplete", "paused", "unpaid", "canceled"] as const;
  for (const status of statuses) {
    await addSubscription(db, await customer(), { from, status, amountMinor: 4_900 });
  }
  expect(await revenue()).toMatchObject({ mrr: { value: 9_800 }, customers: { value: 2 } }); // 2 x 4,900
});

test("a trial starts to count with its conversion", async () => {
  const { db } = database;
  await addSubscription(
    db,
    await customer(),
    { from: "2025-06-01T00:00:00Z", to: "2025-06-15T12:00:00Z", status: "trialing" },
    { from: "2025-06-15T12:00:00Z" },
  );
  expect((await revenue(new Date("2025-06-15T11:59:59.999Z"))).mrr.value).toBe(0);
  expect((await revenue(asOf)).mrr.value).toBe(1_000);
});

test("cancelled at the period's end: revenue until the end, none from it on", async () => {
  const { db } = database;
  const end = "2025-06-15T12:00:00Z";
  await addSubscription(db, await customer(), { from, to: end }, { from: end, status: "canceled" });
  expect((await revenue(new Date("2025-06-15T11:59:59.999Z"))).mrr.value).toBe(1_000);
  expect(await revenue()).toMatchObject({
    mrr: { value: 0 },
    customers: { value: 0 },
    customerChurnRate30d: { value: 1, numerator: 1, denominator: 1 },
  });
});

test("one of two subscriptions cancelled is no lost customer", async () => {
  const { db } = database;
  const user = await customer();
  await addSubscription(db, user, { from, to: "2025-06-10T00:00:00Z" });
  await addSubscription(db, user, { from, amountMinor: 500 });
  expect(await revenue()).toMatchObject({
    mrr: { value: 500 },
    customers: { value: 1 },
    customerChurnRate30d: { value: 0, numerator: 0, denominator: 1 },
    lifetimeValue: { value: null, reason: "no_churn_observed" },
  });
});

test("a mid-month change of price is the new price, not the proration", async () => {
  const { db } = database;
  const change = "2025-06-10T00:00:00Z";
  await addSubscription(db, await customer(), { from, to: change }, { from: change, amountMinor: 2_500 });
  expect((await revenue(new Date("2025-06-09T00:00:00Z"))).mrr.value).toBe(1_000);
  expect((await revenue()).mrr.value).toBe(2_500);
});

test("customer churn: of those of 30 days ago, who are none now; new and returned ones are no part of it", async () => {
  const { db } = database;
  await addSubscription(db, await customer(), { from });
  await addSubscription(db, await customer(), { from, to: "2025-05-16T12:00:00.001Z" }); // was there at the start
  await addSubscription(db, await customer(), { from, to: "2025-05-16T12:00:00Z" }); // had gone by then
  await addSubscription(db, await customer(), { from: "2025-05-16T12:00:00.001Z" }); // came after
  await addSubscription(
    db,
    await customer(),
    { from, to: "2025-06-01T00:00:00Z" },
    { from: "2025-06-05T00:00:00Z" }, // gone and back within the 30 days
  );

  const { customerChurnRate30d, customers, lifetimeValue } = await revenue();
  expect(customerChurnRate30d).toMatchObject({ value: 1 / 3, numerator: 1, denominator: 3 });
  expect(customers.value).toBe(3);
  // 3 x 1,000 / 3 customers = 1,000; 1,000 / (1/3) = 3,000
  expect(lifetimeValue).toMatchObject({ value: 3_000, amount: "30.00" });
});

test("a discount that leaves nothing, or more, makes no customer and no negative revenue", async () => {
  const { db } = database;
  await addSubscription(db, await customer(), { from, discountMinor: 1_000 });
  await addSubscription(db, await customer(), { from, discountMinor: 5_000 });
  await addSubscription(db, await customer(), { from, amountMinor: 0 });
  expect(await revenue()).toMatchObject({ mrr: { value: 0 }, customers: { value: 0 }, byCurrency: [] });
});

test("excluded users pay nothing, deleted ones pay until their subscription ends", async () => {
  const { db } = database;
  const staff = await customer();
  await addSubscription(db, staff, { from });
  await exclude(db, staff);
  const gone = await addUser(db, from, { deletedAt: new Date("2025-06-01T00:00:00Z") });
  await addSubscription(db, gone, { from, amountMinor: 700 });
  expect(await revenue()).toMatchObject({ mrr: { value: 700 }, customers: { value: 1 } });
});

test("amounts beyond 2^31 and 2^53 are summed exactly", async () => {
  const { db } = database;
  const user = await customer();
  await addSubscription(db, user, { from, amountMinor: Number.MAX_SAFE_INTEGER, quantity: 1_000_000 });
  await addSubscription(db, user, { from, amountMinor: 1 });
  expect((await revenue()).mrr.amount).toBe("90071992547409910000.01"); // 9,007,199,254,740,991 x 10^6 + 1 cents
});

describe("several currencies", () => {
  test("each for itself, with its own decimals; no total without a rate", async () => {
    const { db } = database;
    const both = await customer();
    await addSubscription(db, both, { from });
    await addSubscription(db, both, { from, currency: "JPY", amountMinor: 14_850 });
    await addSubscription(db, await customer(), { from, currency: "JPY", amountMinor: 150 });

    const metrics = await revenue();
    expect(metrics.byCurrency).toMatchObject([
      { currency: "EUR", mrr: { value: 1_000, amount: "10.00" }, customers: { value: 1 } },
      { currency: "JPY", mrr: { value: 15_000, amount: "15000" }, averageRevenuePerUser: { value: 7_500 } },
    ]);
    expect(metrics.customers.value).toBe(2); // not 3
    for (const figure of [metrics.mrr, metrics.arr, metrics.averageRevenuePerUser, metrics.lifetimeValue]) {
      expect(figure).toMatchObject({ value: null, amount: null, reason: "missing_rate" });
    }
    expect(metrics.conversions).toEqual([]);
  });

  test("with a rate: the newest up to the day, into the reporting currency", async () => {
    const { db } = database;
    await addSubscription(db, await customer(), { from });
    await addSubscription(db, await customer(), { from, currency: "JPY", amountMinor: 10_000 });
    await addRate(db, "JPY", "2025-06-01", "0.005");
    await addRate(db, "JPY", "2025-06-14", "0.006");
    await addRate(db, "JPY", "2025-06-16", "0.5"); // of a later day

    // 10.00 EUR + 10,000 JPY x 0.006 = 10.00 + 60.00
    const { mrr, conversions } = await revenue();
    expect(mrr).toMatchObject({ value: 7_000, amount: "70.00", currency: "EUR" });
    expect(conversions).toEqual([{ currency: "JPY", rate: "0.006000000000", day: "2025-06-14" }]);
  });

  test("a rate into another base currency is none", async () => {
    const { db } = database;
    await addSubscription(db, await customer(), { from, currency: "CHF" });
    await addSubscription(db, await customer(), { from, currency: "USD" });
    await addRate(db, "USD", "2025-06-01", "0.9"); // into EUR
    const metrics = createMetrics({ db, currency: "CHF" });
    expect((await metrics.getRevenueMetrics({ asOf })).mrr).toMatchObject({
      value: null,
      reason: "missing_rate",
    });
  });

  test("one currency alone is reported in itself", async () => {
    const { db } = database;
    await addSubscription(db, await customer(), { from, currency: "JPY", amountMinor: 980 });
    expect((await revenue()).mrr).toMatchObject({ value: 980, amount: "980", currency: "JPY" });
  });

  test("a customer who moves to another currency is lost to one and new to the other, and kept over all", async () => {
    const { db } = database;
    const move = "2025-06-01T00:00:00Z";
    await addSubscription(db, await customer(), { from, to: move }, { from: move, currency: "USD" });
    const metrics = await revenue();
    expect(metrics.customerChurnRate30d).toMatchObject({ value: 0, denominator: 1 });
    expect(metrics.byCurrency).toMatchObject([
      { currency: "EUR", mrr: { value: 0 }, customerChurnRate30d: { value: 1 } },
      { currency: "USD", mrr: { value: 1_000 }, customerChurnRate30d: { value: null } },
    ]);
  });
});
