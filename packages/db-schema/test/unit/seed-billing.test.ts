import { beforeAll, expect, test } from "vitest";
import { billingOf } from "../../src/seed/billing.ts";
import { addMonths } from "../../src/seed/calendar.ts";
import { seedSettings } from "../../src/seed/options.ts";
import { type Population, planPopulation } from "../../src/seed/population.ts";
import { priceOf, type Subscription } from "../../src/seed/terms.ts";

let population: Population;
let subscriptions: Subscription[];

beforeAll(() => {
  population = planPopulation(seedSettings({ size: 20, now: new Date("2026-03-15T14:20Z") }));
  subscriptions = population.people.flatMap((person) => billingOf(population, person).subscriptions);
});

test("the intervals of a subscription join without gap or overlap, from its start to its end or to now", () => {
  expect(subscriptions.length).toBeGreaterThan(600);
  for (const { startedAt, endedAt, intervals } of subscriptions) {
    expect(intervals[0]?.from).toBe(startedAt);
    expect(intervals.at(-1)?.to).toBe(endedAt);
    for (const [index, { from, to }] of intervals.entries()) {
      expect(to ?? Number.POSITIVE_INFINITY).toBeGreaterThan(from);
      if (index > 0) expect(from).toBe(intervals[index - 1]?.to);
    }
  }
});

test("a person has one subscription at a time", () => {
  let returned = 0;
  for (const person of population.people) {
    const own = billingOf(population, person).subscriptions;
    for (const [index, { startedAt }] of own.entries()) {
      if (index === 0) continue;
      returned += 1;
      expect(startedAt).toBeGreaterThan(own[index - 1]?.endedAt ?? Number.POSITIVE_INFINITY);
    }
  }
  expect(returned).toBeGreaterThan(20);
});

test("each period is billed once at the price in force when it begins, without gap between periods", () => {
  for (const { intervals, invoices, trialEnd, startedAt } of subscriptions) {
    expect(invoices[0]?.periodStart ?? startedAt).toBe(
      invoices.length === 0 ? startedAt : (trialEnd ?? startedAt),
    );
    for (const [index, invoice] of invoices.entries()) {
      const { periodStart, periodEnd, subtotalMinor } = invoice;
      if (index > 0) expect(periodStart).toBe(invoices[index - 1]?.periodEnd);
      const charged = intervals.filter(
        ({ from, to }) => from <= periodStart && (to ?? Infinity) > periodStart,
      );
      expect(charged).toHaveLength(1);
      const { terms, status } = charged[0] as (typeof intervals)[number];
      expect(status).toBe("active");
      expect(subtotalMinor).toBe(priceOf(terms));
      // The anchor may be the 31st, so a month later may be up to three days less.
      const month = addMonths(periodStart, terms.interval === "year" ? 12 : 1);
      expect(Math.abs(periodEnd - month)).toBeLessThanOrEqual(3 * 86_400_000);
    }
  }
});

test("a trial costs nothing, and ends in a paid subscription or in none", () => {
  const trials = subscriptions.filter(({ trialEnd }) => trialEnd !== undefined);
  const lost = trials.filter(({ trialEnd, endedAt }) => endedAt === trialEnd);
  expect(lost.length / trials.length).toBeGreaterThan(0.15);
  expect(lost.length / trials.length).toBeLessThan(0.5);
  for (const { invoices } of lost) expect(invoices).toEqual([]);
});

test("a bill is paid, or the account shows why not", () => {
  const { now } = population.calendar;
  for (const { invoices, intervals, endedAt } of subscriptions) {
    for (const { status, paidAt, periodStart } of invoices) {
      expect(paidAt !== undefined).toBe(status === "paid");
      if (status === "uncollectible") expect(endedAt).toBeDefined();
      const isFresh = now - periodStart < 3_600_000;
      if (status === "open" && !isFresh) expect(intervals.at(-1)?.status).toBe("past_due");
    }
  }
});

test("every turn that a subscription can take is there", () => {
  const events = population.people.flatMap((person) =>
    billingOf(population, person).events.map(({ event }) => event),
  );
  expect([...new Set(events)].sort()).toEqual([
    "invoice_paid",
    "payment_failed",
    "subscription_canceled",
    "subscription_downgraded",
    "subscription_reactivated",
    "subscription_renewed",
    "subscription_started",
    "subscription_upgraded",
    "trial_ended",
    "trial_started",
  ]);
  const alive = subscriptions.filter(({ endedAt }) => endedAt === undefined);
  const states = new Set(alive.map(({ intervals }) => intervals.at(-1)?.status));
  expect(states).toEqual(new Set(["trialing", "active", "past_due"]));
  expect(alive.some(({ canceledAt }) => canceledAt !== undefined)).toBe(true);
  const terms = new Set(
    subscriptions.flatMap(({ intervals }) => intervals.map((i) => `${i.terms.interval} ${i.terms.currency}`)),
  );
  expect(terms).toEqual(new Set(["month EUR", "month USD", "year EUR", "year USD"]));
});
