import { drop, keep } from "./define-catalogue.ts";
import { amountMinor, count, currency, id, label, text } from "./property-schemas.ts";

const subscription = {
  subscription_id: keep(id),
  plan: keep(label),
  previous_plan: keep(label.nullish()),
  amount_minor: keep(amountMinor.nullish()),
  currency: keep(currency.nullish()),
  billing_interval: keep(label.nullish()),
};
const payment = {
  invoice_id: keep(id),
  subscription_id: keep(id.nullish()),
  amount_minor: keep(amountMinor),
  currency: keep(currency),
};

/** Money: trials, subscriptions, invoices, quotas. Most of it is told by the billing provider, so it is no activity. */
export const billingEvents = {
  checkout_started: {
    description: "A user went to the checkout.",
    countsAsActivity: true,
    properties: { plan: keep(label), billing_interval: keep(label.nullish()) },
  },
  payment_method_added: {
    description: "A user left a way to pay.",
    countsAsActivity: true,
    properties: { kind: keep(label.nullish()) },
  },
  trial_started: {
    description: "A trial began.",
    retention: "long",
    properties: { subscription_id: keep(id.nullish()), plan: keep(label), trial_days: keep(count.nullish()) },
  },
  trial_ended: {
    description: "A trial ended, paid or not.",
    retention: "long",
    properties: { subscription_id: keep(id.nullish()), plan: keep(label), outcome: keep(label.nullish()) },
  },
  subscription_started: {
    description: "A customer began to pay.",
    retention: "long",
    properties: subscription,
  },
  subscription_upgraded: {
    description: "A customer moved to a dearer plan.",
    retention: "long",
    properties: subscription,
  },
  subscription_downgraded: {
    description: "A customer moved to a cheaper plan.",
    retention: "long",
    properties: subscription,
  },
  subscription_renewed: {
    description: "A subscription went into its next period.",
    retention: "long",
    properties: subscription,
  },
  subscription_canceled: {
    description: "A customer gave notice.",
    retention: "long",
    properties: { ...subscription, reason: drop(text.nullish()) },
  },
  subscription_reactivated: {
    description: "A customer who had left, or given notice, pays again.",
    retention: "long",
    properties: subscription,
  },
  invoice_paid: {
    description: "An invoice was paid.",
    retention: "long",
    properties: payment,
  },
  payment_failed: {
    description: "A payment did not go through.",
    retention: "long",
    properties: { ...payment, attempt: keep(count.nullish()), failure_code: keep(label.nullish()) },
  },
  payment_refunded: {
    description: "Money went back to the customer.",
    retention: "long",
    properties: payment,
  },
  quota_reached: {
    description: "A user used up what the plan allows.",
    countsAsActivity: true,
    properties: { quota: keep(label), limit: keep(count.nullish()), plan: keep(label.nullish()) },
  },
} as const;
