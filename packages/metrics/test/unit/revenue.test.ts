import { describe, expect, test } from "vitest";
import { fraction, numberOf } from "../../src/fraction.ts";
import type { RecurringAmount } from "../../src/queries/recurring-amounts.ts";
import { revenueFigures, totalRevenue } from "../../src/revenue.ts";

const asOf = new Date("2025-06-15T12:00:00Z");
const eur = (minor: number) => ({ currency: "EUR", minor: fraction(minor) });

describe("what follows from an amount and its customers", () => {
  test("average revenue per user: 50,000.00 / 100 customers = 500.00", () => {
    const { averageRevenuePerUser } = revenueFigures(asOf, eur(5_000_000), { now: 100, before: 0, lost: 0 });
    expect(averageRevenuePerUser).toMatchObject({
      value: 50_000,
      amount: "500.00",
      numerator: 5_000_000,
      denominator: 100,
    });
  });

  test("lifetime value: 500.00 / (10 lost of 110) = 5,500.00; dividing by a rounded 9 % would give 5,555.56", () => {
    const { lifetimeValue, customerChurnRate30d } = revenueFigures(asOf, eur(5_000_000), {
      now: 100,
      before: 110,
      lost: 10,
    });
    expect(customerChurnRate30d).toMatchObject({ value: 10 / 110, numerator: 10, denominator: 110 });
    expect(lifetimeValue).toMatchObject({ value: 550_000, amount: "5500.00", numerator: 50_000 });
  });

  test("each figure is rounded by itself: 100.00 a year is 8.33 a month and still 100.00 a year", () => {
    // 10,000 / 12 = 833.33…; 12 x 833 would be 9,996.
    const { mrr, arr } = revenueFigures(
      asOf,
      { currency: "EUR", minor: fraction(10_000, 12) },
      { now: 1, before: 1, lost: 0 },
    );
    expect([mrr.value, mrr.amount]).toEqual([833, "8.33"]);
    expect(mrr.numerator).toBeCloseTo(833.333333, 5);
    expect([arr.value, arr.amount]).toEqual([10_000, "100.00"]);
  });

  test("nobody lost: a lifetime is unknown, neither 0 nor endless", () => {
    const { lifetimeValue } = revenueFigures(asOf, eur(1_000), { now: 1, before: 1, lost: 0 });
    expect(lifetimeValue).toMatchObject({
      value: null,
      amount: null,
      denominator: 0,
      reason: "no_churn_observed",
    });
  });

  test("no customer 30 days ago, or none now: nothing to divide by", () => {
    const fresh = revenueFigures(asOf, eur(1_000), { now: 1, before: 0, lost: 0 });
    expect(fresh.lifetimeValue).toMatchObject({ value: null, reason: "empty_denominator" });
    expect(fresh.customerChurnRate30d).toMatchObject({ value: null, reason: "empty_denominator" });
    const gone = revenueFigures(asOf, eur(0), { now: 0, before: 2, lost: 2 });
    expect(gone.mrr).toMatchObject({ value: 0, amount: "0.00" });
    expect(gone.averageRevenuePerUser).toMatchObject({ value: null, reason: "empty_denominator" });
    expect(gone.lifetimeValue).toMatchObject({ value: null, reason: "empty_denominator" });
    expect(gone.customerChurnRate30d.value).toBe(1);
  });

  test("an unknown amount makes every amount unknown, and customers stay countable", () => {
    const figures = revenueFigures(
      asOf,
      { currency: "EUR", minor: "missing_rate" },
      { now: 2, before: 2, lost: 1 },
    );
    for (const figure of [figures.mrr, figures.arr, figures.averageRevenuePerUser, figures.lifetimeValue]) {
      expect(figure).toMatchObject({ value: null, amount: null, reason: "missing_rate" });
    }
    expect(figures.customers.value).toBe(2);
    expect(figures.customerChurnRate30d.value).toBe(0.5);
  });
});

describe("one amount for several currencies", () => {
  const monthly = (currency: string, minor: number, rate?: string): RecurringAmount => ({
    currency,
    intervalCount: 1,
    annualMinor: BigInt(minor * 12),
    rate: rate === undefined ? undefined : { value: rate, day: "2025-06-01" },
  });
  const total = (...amounts: RecurringAmount[]) => {
    const { mrr, conversions } = totalRevenue(amounts, "EUR");
    const minor = typeof mrr.minor === "string" ? mrr.minor : numberOf(mrr.minor);
    return { currency: mrr.currency, minor, converted: conversions.map(({ currency }) => currency) };
  };

  test("10.00 EUR + 20.00 USD at 0.9 = 28.00 EUR", () => {
    expect(total(monthly("EUR", 1_000), monthly("USD", 2_000, "0.900000000000"))).toEqual({
      currency: "EUR",
      minor: 2_800,
      converted: ["USD"],
    });
  });

  test("1,000 JPY at 0.006 are 6.00 EUR: a yen is no hundredth", () => {
    expect(total(monthly("JPY", 1_000, "0.006"))).toMatchObject({ currency: "EUR", minor: 600 });
  });

  test("1.000 KWD at 3 is 3.00 EUR: 1,000 fils are 300 cents", () => {
    expect(total(monthly("KWD", 1_000, "3"))).toMatchObject({ currency: "EUR", minor: 300 });
  });

  test("a single currency without a rate stays in its own", () => {
    expect(total(monthly("USD", 2_000))).toEqual({ currency: "USD", minor: 2_000, converted: [] });
  });

  test("several currencies and one rate missing: no total, never a rate of 1", () => {
    const unknown = { currency: "EUR", minor: "missing_rate", converted: [] };
    expect(total(monthly("EUR", 1_000), monthly("USD", 2_000))).toEqual(unknown);
    expect(total(monthly("CHF", 1_000), monthly("USD", 2_000, "0.9"))).toEqual(unknown);
  });

  test("nothing at all is 0 in the reporting currency", () => {
    expect(total()).toEqual({ currency: "EUR", minor: 0, converted: [] });
  });
});
