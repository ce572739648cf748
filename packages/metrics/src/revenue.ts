import { minorUnitExponent } from "./currency.ts";
import { definitions } from "./definitions.ts";
import {
  type Amount,
  count,
  type Figure,
  type MoneyFigure,
  money,
  type NullReason,
  quotient,
} from "./figure.ts";
import {
  add,
  divide,
  type Fraction,
  fraction,
  fractionOfDecimal,
  multiply,
  numberOf,
  zero,
} from "./fraction.ts";
import type { CustomerCounts } from "./queries/customers.ts";
import type { RecurringAmount } from "./queries/recurring-amounts.ts";

export interface RevenueFigures {
  mrr: MoneyFigure;
  arr: MoneyFigure;
  averageRevenuePerUser: MoneyFigure;
  lifetimeValue: MoneyFigure;
  customers: Figure;
  customerChurnRate30d: Figure;
}

/** A rate that a total was converted with: `rate` of the total's currency for one major unit of `currency`. */
export interface Conversion {
  currency: string;
  rate: string;
  /** The rate's day, at or before the figure's. */
  day: string;
}

/** Monthly recurring revenue in one currency, exact minor units. */
export interface MonthlyRevenue {
  currency: string;
  minor: Fraction | NullReason;
}

type Customers = Pick<CustomerCounts, "now" | "before" | "lost">;

/** The figures that follow from one amount and its customers; rounded one by one, never a rounded one further. */
export function revenueFigures(asOf: Date, mrr: MonthlyRevenue, customers: Customers): RevenueFigures {
  const { currency, minor } = mrr;
  const { now, before, lost } = customers;
  const known = typeof minor !== "string";
  const perUser: Fraction | NullReason = !known
    ? minor
    : now === 0
      ? "empty_denominator"
      : divide(minor, fraction(now));
  return {
    mrr: money(definitions.mrr, asOf, { currency, minor }),
    arr: money(definitions.arr, asOf, { currency, minor: known ? multiply(minor, fraction(12)) : minor }),
    averageRevenuePerUser: money(definitions.averageRevenuePerUser, asOf, {
      currency,
      minor: perUser,
      ...(known ? { numerator: minor } : {}),
      denominator: now,
    }),
    lifetimeValue: money(definitions.lifetimeValue, asOf, lifetimeValue(currency, perUser, customers)),
    customers: count(definitions.customers, asOf, now),
    customerChurnRate30d: quotient(definitions.customerChurnRate30d, asOf, lost, before),
  };
}

function lifetimeValue(
  currency: string,
  perUser: Fraction | NullReason,
  { before, lost }: Customers,
): Amount {
  const churn = before === 0 ? undefined : fraction(lost, before);
  const denominator = churn ? numberOf(churn) : null;
  if (typeof perUser === "string") return { currency, minor: perUser, denominator };
  if (!churn) return { currency, minor: "empty_denominator", numerator: perUser, denominator };
  if (lost === 0) return { currency, minor: "no_churn_observed", numerator: perUser, denominator };
  return { currency, minor: divide(perUser, churn), numerator: perUser, denominator };
}

/** Exact monthly minor units per currency, by code. */
export function monthlyByCurrency(
  amounts: readonly Pick<RecurringAmount, "currency" | "intervalCount" | "annualMinor">[],
): Map<string, Fraction> {
  const sums = new Map<string, Fraction>();
  for (const { currency, intervalCount, annualMinor } of amounts) {
    const monthly = fraction(annualMinor, 12 * intervalCount);
    sums.set(currency, add(sums.get(currency) ?? zero, monthly));
  }
  return sums;
}

/**
 * One amount for all currencies: in the reporting currency where every other has a rate; else, where only one
 * currency is there, in that one; else none. A missing rate is never taken for 1.
 */
export function totalRevenue(
  amounts: readonly RecurringAmount[],
  reporting: string,
): { mrr: MonthlyRevenue; conversions: Conversion[] } {
  const monthly = monthlyByCurrency(amounts);
  const rates = new Map(amounts.flatMap(({ currency, rate }) => (rate ? [[currency, rate] as const] : [])));
  const foreign = [...monthly.keys()].filter((currency) => currency !== reporting);
  if (foreign.every((currency) => rates.has(currency))) {
    let total = monthly.get(reporting) ?? zero;
    const conversions: Conversion[] = [];
    for (const currency of foreign) {
      const { value, day } = rates.get(currency) ?? { value: "0", day: "" };
      conversions.push({ currency, rate: value, day });
      total = add(total, convert(monthly.get(currency) ?? zero, currency, reporting, value));
    }
    return { mrr: { currency: reporting, minor: total }, conversions };
  }
  const [[currency, minor] = [], ...others] = monthly;
  return currency !== undefined && minor !== undefined && others.length === 0
    ? { mrr: { currency, minor }, conversions: [] }
    : { mrr: { currency: reporting, minor: "missing_rate" }, conversions: [] };
}

/** Rates are between major units; 1.00 USD is 100 cents, 1 JPY is 1 minor unit. */
function convert(minor: Fraction, from: string, to: string, rate: string): Fraction {
  const scale = fraction(10n ** BigInt(minorUnitExponent(to)), 10n ** BigInt(minorUnitExponent(from)));
  return multiply(multiply(minor, fractionOfDecimal(rate)), scale);
}
