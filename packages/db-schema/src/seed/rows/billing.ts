import { billingOf } from "../billing.ts";
import { iso, isoOrNull } from "../calendar.ts";
import type { Person } from "../people.ts";
import type { Population } from "../population.ts";
import { idAt, kinds, streamOf } from "../random.ts";
import type { SeedRow, seedTables } from "../tables.ts";
import type { PricedInterval, Subscription, Terms } from "../terms.ts";
import { compact } from "./users.ts";

export function* subscriptionRows(
  population: Population,
): Generator<SeedRow<typeof seedTables.subscriptions>> {
  for (const [person, subscription] of allSubscriptions(population)) {
    const { id, startedAt, endedAt, canceledAt } = subscription;
    const interval = subscription.intervals.at(-1) as PricedInterval;
    yield {
      id,
      user_id: person.id,
      stripe_subscription_id: `sub_${compact(id)}`,
      status: endedAt === undefined ? interval.status : "canceled",
      ...termColumns(interval.terms),
      started_at: iso(startedAt),
      trial_end: isoOrNull(subscription.trialEnd),
      current_period_start: iso(subscription.periodStart),
      current_period_end: iso(subscription.periodEnd),
      cancel_at_period_end: canceledAt !== undefined && canceledAt !== endedAt,
      canceled_at: isoOrNull(canceledAt),
      ended_at: isoOrNull(endedAt),
      created_at: iso(startedAt),
      updated_at: iso(Math.max(endedAt ?? 0, canceledAt ?? 0, interval.from, subscription.periodStart)),
    };
  }
}

export function* subscriptionChangeRows(
  population: Population,
): Generator<SeedRow<typeof seedTables.subscriptionChanges>> {
  for (const [person, subscription, ordinal] of allSubscriptions(population)) {
    for (const [index, { from, to, status, terms }] of subscription.intervals.entries()) {
      yield {
        id: idAt(from, index, streamOf(population.seed, kinds.change, person.index, ordinal * 1000 + index)),
        user_id: person.id,
        subscription_id: subscription.id,
        effective_from: iso(from),
        effective_to: isoOrNull(to),
        status,
        ...termColumns(terms),
        created_at: iso(from),
      };
    }
  }
}

export function* invoiceRows(population: Population): Generator<SeedRow<typeof seedTables.invoices>> {
  for (const [person, subscription] of allSubscriptions(population)) {
    for (const invoice of subscription.invoices) {
      const { id, number, status, currency, subtotalMinor, taxMinor, periodStart, periodEnd, paidAt } =
        invoice;
      yield {
        id,
        user_id: person.id,
        subscription_id: subscription.id,
        stripe_invoice_id: `in_${compact(id)}`,
        number: `DEV-${String(person.index + 1).padStart(6, "0")}-${String(number).padStart(4, "0")}`,
        status,
        currency,
        subtotal_minor: subtotalMinor,
        tax_minor: taxMinor,
        total_minor: subtotalMinor + taxMinor,
        period_start: iso(periodStart),
        period_end: iso(periodEnd),
        issued_at: iso(periodStart),
        paid_at: isoOrNull(paidAt),
        created_at: iso(periodStart),
        updated_at: iso(paidAt ?? periodStart),
      };
    }
  }
}

function* allSubscriptions(population: Population): Generator<readonly [Person, Subscription, number]> {
  for (const person of population.people) {
    const { subscriptions } = billingOf(population, person);
    for (const [ordinal, subscription] of subscriptions.entries()) yield [person, subscription, ordinal];
  }
}

const termColumns = ({ plan, currency, amountMinor, interval, quantity }: Terms) => ({
  plan,
  currency,
  amount_minor: amountMinor,
  billing_interval: interval,
  quantity,
});
