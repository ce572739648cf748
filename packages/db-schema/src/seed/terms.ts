export type PlanName = "starter" | "pro" | "team";
export const planNames: readonly PlanName[] = ["starter", "pro", "team"];

/** What a subscription costs: `amountMinor` per unit and interval, without tax. */
export interface Terms {
  plan: PlanName;
  interval: "month" | "year";
  currency: "EUR" | "USD";
  amountMinor: number;
  quantity: number;
}

/** A half-open interval of one subscription; `to` is undefined while it lasts. */
export interface PricedInterval {
  from: number;
  to: number | undefined;
  status: "trialing" | "active" | "past_due";
  terms: Terms;
}

export interface Invoice {
  id: string;
  /** From 1, per person. */
  number: number;
  status: "paid" | "open" | "uncollectible";
  currency: Terms["currency"];
  subtotalMinor: number;
  taxMinor: number;
  /** Also when it was issued. */
  periodStart: number;
  periodEnd: number;
  paidAt: number | undefined;
}

/** Times are Unix milliseconds. */
export interface Subscription {
  id: string;
  startedAt: number;
  trialEnd: number | undefined;
  periodStart: number;
  periodEnd: number;
  /** When the customer gave notice, or the last attempt to collect failed. */
  canceledAt: number | undefined;
  endedAt: number | undefined;
  /** Contiguous from `startedAt` until `endedAt`. */
  intervals: PricedInterval[];
  invoices: Invoice[];
}

/** Something that happened to a subscription, as an event tells it. */
export interface BillingEvent {
  at: number;
  event: string;
  properties: object;
}

/** Per month in minor units; a year costs ten months. */
const monthlyPrices = {
  EUR: { starter: 490, pro: 990, team: 1490 },
  USD: { starter: 590, pro: 1190, team: 1790 },
} as const;

/** The price list. Only teams pay per seat, two at least. */
export const termsFor = (
  plan: PlanName,
  interval: Terms["interval"],
  currency: Terms["currency"],
  seats = 1,
): Terms => ({
  plan,
  interval,
  currency,
  amountMinor: monthlyPrices[currency][plan] * (interval === "year" ? 10 : 1),
  quantity: plan === "team" ? Math.max(2, seats) : 1,
});

export const monthsOf = ({ interval }: Terms): number => (interval === "year" ? 12 : 1);
export const priceOf = ({ amountMinor, quantity }: Terms): number => amountMinor * quantity;
/** To tell an upgrade from a downgrade. */
export const pricePerMonth = (terms: Terms): number => priceOf(terms) / monthsOf(terms);
