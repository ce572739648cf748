import { activeMoment } from "./active-moment.ts";
import { addMonths, dayMs, minuteMs } from "./calendar.ts";
import type { Person } from "./people.ts";
import type { Population } from "./population.ts";
import { below, chance, idAt, kinds, type Stream, streamOf, unit } from "./random.ts";
import {
  type BillingEvent,
  type Invoice,
  monthsOf,
  type PricedInterval,
  planNames,
  priceOf,
  pricePerMonth,
  type Subscription,
  type Terms,
  termsFor,
} from "./terms.ts";

const trialDays = 14;
/** How long an unpaid renewal is tried again before the subscription ends. */
const collectionDays = 21;

export interface Account {
  population: Population;
  person: Person;
  random: Stream;
  subscriptions: Subscription[];
  events: BillingEvent[];
  invoiceCount: number;
}

interface Manner {
  terms: Terms;
  trial: boolean;
  /** Nothing ever happens but renewals. */
  steady: boolean;
}

/** Lives through a new subscription of the account, from its start to its end, or to now. */
export function runSubscription(account: Account, startedAt: number, manner: Manner): Subscription {
  const { random: s } = account;
  const { now } = account.population.calendar;
  const isFirst = account.subscriptions.length === 0;
  const subscription = openSubscription(account, startedAt);
  let { terms } = manner;
  let anchor = startedAt;

  if (manner.trial) {
    anchor = startedAt + trialDays * dayMs;
    if (!tryOut(account, subscription, anchor, terms)) return subscription;
  }
  openInterval(subscription, anchor, "active", terms);
  log(account, anchor, isFirst ? "subscription_started" : "subscription_reactivated", subscription, terms);

  for (let period = 0, isRenewal = false; ; period++, isRenewal = true) {
    const periodStart = addMonths(anchor, period * monthsOf(terms));
    const periodEnd = addMonths(anchor, (period + 1) * monthsOf(terms));
    Object.assign(subscription, { periodStart, periodEnd });
    const invoice = issueInvoice(account, subscription, terms);
    if (isRenewal) log(account, periodStart, "subscription_renewed", subscription, terms);

    if (isRenewal && !manner.steady && chance(s, terms.interval === "year" ? 0.08 : 0.05)) {
      if (!collect(account, subscription, invoice)) return subscription;
    } else {
      pay(account, subscription, invoice, periodStart + minuteMs * (1 + 40 * unit(s)));
      if (!manner.steady) terms = duringPeriod(account, subscription, terms);
      if (subscription.endedAt !== undefined) return subscription;
    }

    if (periodEnd > now) return subscription;
    if (subscription.canceledAt !== undefined) return end(subscription, periodEnd, subscription.canceledAt);
    const next = manner.steady ? terms : atRenewal(s, terms);
    if (next !== terms) changeTerms(account, subscription, periodEnd, terms, next);
    if (next.interval !== terms.interval) {
      anchor = periodEnd;
      period = -1;
    }
    terms = next;
  }
}

function openSubscription({ population, person, subscriptions }: Account, startedAt: number): Subscription {
  const random = streamOf(population.seed, kinds.subscription, person.index, subscriptions.length);
  const subscription: Subscription = {
    id: idAt(startedAt, subscriptions.length, random),
    startedAt,
    trialEnd: undefined,
    periodStart: startedAt,
    periodEnd: startedAt,
    canceledAt: undefined,
    endedAt: undefined,
    intervals: [],
    invoices: [],
  };
  subscriptions.push(subscription);
  return subscription;
}

/** Closes the interval that lasts, and opens the next. */
function openInterval(
  subscription: Subscription,
  from: number,
  status: PricedInterval["status"],
  terms: Terms,
): void {
  const last = subscription.intervals.at(-1);
  if (last) last.to = from;
  subscription.intervals.push({ from, to: undefined, status, terms });
}

function end(subscription: Subscription, endedAt: number, canceledAt: number): Subscription {
  const last = subscription.intervals.at(-1);
  if (last) last.to = endedAt;
  return Object.assign(subscription, { canceledAt, endedAt });
}

/** The trial; true when it led to a paid subscription. */
function tryOut(account: Account, subscription: Subscription, trialEnd: number, terms: Terms): boolean {
  Object.assign(subscription, { trialEnd, periodEnd: trialEnd });
  openInterval(subscription, subscription.startedAt, "trialing", terms);
  const facts = { subscription_id: subscription.id, plan: terms.plan };
  account.events.push({
    at: subscription.startedAt,
    event: "trial_started",
    properties: { ...facts, trial_days: trialDays },
  });
  if (trialEnd > account.population.calendar.now) return false;
  const converts = chance(account.random, 0.65);
  account.events.push({
    at: trialEnd,
    event: "trial_ended",
    properties: { ...facts, outcome: converts ? "converted" : "expired" },
  });
  if (!converts) end(subscription, trialEnd, trialEnd);
  return converts;
}

/** Periods are paid in advance. */
function issueInvoice(account: Account, subscription: Subscription, terms: Terms): Invoice {
  const { population, person } = account;
  const { periodStart, periodEnd } = subscription;
  account.invoiceCount += 1;
  const random = streamOf(population.seed, kinds.invoice, person.index, account.invoiceCount);
  const subtotalMinor = priceOf(terms);
  const invoice: Invoice = {
    id: idAt(periodStart, account.invoiceCount, random),
    number: account.invoiceCount,
    status: "open",
    currency: terms.currency,
    subtotalMinor,
    taxMinor: Math.round((subtotalMinor * person.country.taxPerMille) / 1000),
    periodStart,
    periodEnd,
    paidAt: undefined,
  };
  subscription.invoices.push(invoice);
  return invoice;
}

function pay(account: Account, subscription: Subscription, invoice: Invoice, paidAt: number): void {
  const at = Math.floor(paidAt);
  if (at > account.population.calendar.now) return;
  invoice.status = "paid";
  invoice.paidAt = at;
  logPayment(account, at, "invoice_paid", subscription, invoice);
}

/** A renewal that the bank refused: paid some days later, or the end. True if it was paid. */
function collect(account: Account, subscription: Subscription, invoice: Invoice): boolean {
  const { random: s } = account;
  const { now } = account.population.calendar;
  const { terms } = subscription.intervals.at(-1) as PricedInterval;
  const failedAt = invoice.periodStart + 5 * minuteMs;
  if (failedAt > now) return false;
  openInterval(subscription, failedAt, "past_due", terms);
  logPayment(account, failedAt, "payment_failed", subscription, invoice);

  const isPaid = chance(s, 0.72);
  const decidedAt = isPaid
    ? Math.floor(failedAt + (2 + 7 * unit(s)) * dayMs)
    : failedAt + collectionDays * dayMs;
  if (decidedAt > now) return false;
  if (isPaid) {
    openInterval(subscription, decidedAt, "active", terms);
    pay(account, subscription, invoice, decidedAt);
  } else {
    invoice.status = "uncollectible";
    end(subscription, decidedAt, decidedAt);
    log(account, decidedAt, "subscription_canceled", subscription, terms, { reason: "payment_failed" });
  }
  return isPaid;
}

/** At most one change in a period: notice, an upgrade, or seats. Answers the terms from then on. */
function duringPeriod(account: Account, subscription: Subscription, terms: Terms): Terms {
  const { population, person, random: s } = account;
  const { periodStart, periodEnd } = subscription;
  const until = Math.min(periodEnd, population.calendar.now);
  const moment = activeMoment(population, person, s, periodStart, until);
  // A year holds more than a month, but not twelve times as much.
  const roll = unit(s) / (terms.interval === "year" ? 5 : 1);
  const notice = moment === undefined ? 0.16 : 0.035;
  if (roll < notice) {
    // Who does not come any more writes to the support.
    giveNotice(
      account,
      subscription,
      moment ?? Math.floor(periodStart + unit(s) * (until - periodStart)),
      terms,
    );
    return terms;
  }
  if (moment === undefined) return terms;
  const next =
    roll < notice + 0.05
      ? higherPlan(s, terms)
      : roll < notice + 0.15 && terms.plan === "team"
        ? { ...terms, quantity: Math.max(2, terms.quantity + otherSeats(s)) }
        : terms;
  if (pricePerMonth(next) === pricePerMonth(terms)) return terms;
  changeTerms(account, subscription, moment, terms, next);
  return next;
}

/** Most leave with the end of the period, some at once. */
function giveNotice(account: Account, subscription: Subscription, at: number, terms: Terms): void {
  if (at <= subscription.periodStart) return;
  if (chance(account.random, 0.25)) end(subscription, at, at);
  else subscription.canceledAt = at;
  log(account, at, "subscription_canceled", subscription, terms);
}

/** What takes effect with a new period: a cheaper plan, or years rather than months. The same object: nothing. */
function atRenewal(s: Stream, terms: Terms): Terms {
  const { plan, interval, currency, quantity } = terms;
  const roll = unit(s);
  if (roll < 0.025) {
    const lower = planNames[planNames.indexOf(plan) - 1];
    return lower === undefined ? terms : termsFor(lower, interval, currency, quantity);
  }
  return roll < 0.055 && interval === "month" ? termsFor(plan, "year", currency, quantity) : terms;
}

function higherPlan(s: Stream, { plan, interval, currency, quantity }: Terms): Terms {
  const higher = planNames[planNames.indexOf(plan) + 1] ?? plan;
  return termsFor(higher, interval, currency, plan === "team" ? quantity : 2 + below(s, 4));
}

const otherSeats = (s: Stream): number => (chance(s, 0.7) ? 1 + below(s, 3) : -1 - below(s, 2));

function changeTerms(
  account: Account,
  subscription: Subscription,
  at: number,
  before: Terms,
  after: Terms,
): void {
  openInterval(subscription, at, "active", after);
  const event =
    pricePerMonth(after) > pricePerMonth(before) ? "subscription_upgraded" : "subscription_downgraded";
  log(account, at, event, subscription, after, { previous_plan: before.plan });
}

function log(
  { events }: Account,
  at: number,
  event: string,
  { id }: Subscription,
  terms: Terms,
  more: object = {},
): void {
  const properties = {
    subscription_id: id,
    plan: terms.plan,
    amount_minor: priceOf(terms),
    currency: terms.currency,
    billing_interval: terms.interval,
    ...more,
  };
  events.push({ at, event, properties });
}

function logPayment(
  { events }: Account,
  at: number,
  event: string,
  subscription: Subscription,
  { id, subtotalMinor, taxMinor, currency }: Invoice,
): void {
  const properties = {
    invoice_id: id,
    subscription_id: subscription.id,
    amount_minor: subtotalMinor + taxMinor,
    currency,
  };
  events.push({ at, event, properties });
}
