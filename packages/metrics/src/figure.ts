import { majorAmount } from "./currency.ts";
import { type Fraction, numberOf, round } from "./fraction.ts";

export type Unit =
  | "users"
  | "customers"
  | "projects"
  | "conversations"
  | "messages"
  | "sessions"
  /** A share: 0.785, never 78.5. */
  | "ratio"
  | "minutes"
  | "milliseconds"
  /** Minor units of the figure's currency: cents of EUR, whole JPY. */
  | "minor";

/** Why a figure has no value. */
export type NullReason =
  /** There is nothing to divide by or to average. */
  | "empty_denominator"
  /** No customer was lost, so a lifetime has no end. */
  | "no_churn_observed"
  /** Several currencies and no rate in `devora.currency_rates` for one of them. */
  | "missing_rate"
  /** The local day is not over. */
  | "day_not_over";

/** What a figure means, and in which unit. */
export interface Definition {
  readonly unit: Unit;
  readonly definition: string;
}

/** One number that explains itself. */
export interface Figure extends Definition {
  /** Not rounded, except money, which is whole minor units. `null` has a `reason`. */
  readonly value: number | null;
  /** What was divided, or counted; `null` where there is no value, and for percentiles. */
  readonly numerator: number | null;
  /** What it was divided by, or how many were looked at; `null` for counts and amounts. */
  readonly denominator: number | null;
  /** The instant that the figure looks from. */
  readonly asOf: Date;
  readonly reason?: NullReason;
}

/** An amount of money. */
export interface MoneyFigure extends Figure {
  /** ISO 4217 code of `value` and `amount`. */
  readonly currency: string;
  /** `value` in major units with the currency's decimals, such as "14850.00"; JPY has none. */
  readonly amount: string | null;
}

export function count(definition: Definition, asOf: Date, value: number): Figure {
  return { value, numerator: value, denominator: null, ...definition, asOf };
}

/** A ratio or an average; `null` when there is nothing to divide by. */
export function quotient(definition: Definition, asOf: Date, numerator: number, denominator: number): Figure {
  if (denominator === 0) {
    return { value: null, numerator, denominator, ...definition, asOf, reason: "empty_denominator" };
  }
  return { value: numerator / denominator, numerator, denominator, ...definition, asOf };
}

/** A percentile of `observations` values. */
export function percentile(
  definition: Definition,
  asOf: Date,
  value: number | null,
  observations: number,
): Figure {
  const figure = { value, numerator: null, denominator: observations, ...definition, asOf };
  return value === null ? { ...figure, reason: "empty_denominator" } : figure;
}

/** What {@link money} makes a figure of: exact minor units, or why there are none. */
export interface Amount {
  currency: string;
  minor: Fraction | NullReason;
  /** The exact minor units that were divided; default `minor` itself. */
  numerator?: Fraction;
  denominator?: number | null;
}

/** An amount, rounded here and nowhere before. */
export function money(definition: Definition, asOf: Date, amount: Amount): MoneyFigure {
  const { currency, minor, denominator = null } = amount;
  const common = { denominator, ...definition, asOf, currency };
  if (typeof minor === "string") {
    const numerator = amount.numerator ? numberOf(amount.numerator) : null;
    return { value: null, numerator, ...common, amount: null, reason: minor };
  }
  const rounded = round(minor);
  const numerator = numberOf(amount.numerator ?? minor);
  return { value: Number(rounded), numerator, ...common, amount: majorAmount(rounded, currency) };
}
