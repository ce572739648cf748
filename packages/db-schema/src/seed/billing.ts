import { activeMoment } from "./active-moment.ts";
import { dayMs } from "./calendar.ts";
import type { Person } from "./people.ts";
import type { Population } from "./population.ts";
import { below, chance, cumulate, kinds, pickCumulative, type Stream, streamOf, unit } from "./random.ts";
import { type Account, runSubscription } from "./subscription.ts";
import { type BillingEvent, planNames, type Subscription, type Terms, termsFor } from "./terms.ts";

export interface Billing {
  /** One after the other; all but the last have ended. */
  subscriptions: readonly Subscription[];
  /** In order of time. */
  events: readonly BillingEvent[];
}

const maximumSubscriptions = 4;
const planCumulative = cumulate([45, 42, 13]);

/**
 * A person's subscriptions from the first to today's: trials, conversions, changes of plan and seats, failed
 * payments, notices and returns. They follow from the person's index, so they are made anew wherever needed.
 */
export function billingOf(population: Population, person: Person): Billing {
  const s = streamOf(population.seed, kinds.billing, person.index);
  const account: Account = { population, person, random: s, subscriptions: [], events: [], invoiceCount: 0 };
  if (!chance(s, person.segment.subscribes)) return account;

  const isDemo = person.index === 0;
  let start = firstStart(population, person, s);
  while (start !== undefined) {
    const { endedAt } = runSubscription(account, start, {
      terms: isDemo ? termsFor("pro", "month", "EUR") : firstTerms(s, person),
      trial: !isDemo && account.subscriptions.length === 0 && chance(s, 0.6),
      steady: isDemo,
    });
    const mayReturn = endedAt !== undefined && account.subscriptions.length < maximumSubscriptions;
    start =
      mayReturn && chance(s, 0.4)
        ? activeMoment(population, person, s, endedAt + 5 * dayMs, population.calendar.now)
        : undefined;
  }
  account.events.sort((a, b) => a.at - b.at);
  return account;
}

/** On one of the first active days. */
function firstStart(population: Population, person: Person, s: Stream): number | undefined {
  const step = Math.min(Math.floor(unit(s) ** 2 * 12), person.activeDays.length - 1);
  const from = population.calendar.from + (person.activeDays[step] as number) * dayMs;
  return activeMoment(population, person, s, Math.max(person.createdAt, from), from + dayMs);
}

function firstTerms(s: Stream, { country }: Person): Terms {
  const plan = planNames[pickCumulative(s, planCumulative)] ?? "starter";
  return termsFor(plan, chance(s, 0.2) ? "year" : "month", country.currency, 2 + below(s, 7));
}
