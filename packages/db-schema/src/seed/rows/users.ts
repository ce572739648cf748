import { firstNames, lastNames, signupSources, signupSourceWeights } from "../banks/people.ts";
import { billingOf } from "../billing.ts";
import { iso } from "../calendar.ts";
import type { Person } from "../people.ts";
import type { Population } from "../population.ts";
import { kinds, pick, pickCumulative, streamOf } from "../random.ts";
import type { SeedRow, seedTables } from "../tables.ts";
import { slug } from "../text.ts";

export const demoEmail = "demo@example.com";
const emailDomains = ["example.com", "example.fr", "example.org"];

/** Every hundredth account belongs to the makers: staff, who are administrators, and test accounts in turn. */
export const isInternal = ({ index }: Person): boolean => index % 100 === 7;
const isStaff = ({ index }: Person): boolean => index % 200 === 7;

export function* userRows(population: Population): Generator<SeedRow<typeof seedTables.users>> {
  for (const person of population.people) {
    const { index, id, locale, country, createdAt, lastSeenAt } = person;
    const { subscriptions } = billingOf(population, person);
    const current = subscriptions.at(-1);
    const alive = current?.endedAt === undefined ? current : undefined;
    const interval = alive?.intervals.at(-1);
    const isDemo = index === 0;
    const { displayName, email } = nameOf(population, person);
    yield {
      id,
      email: isDemo ? demoEmail : email,
      display_name: isDemo ? "Demo" : displayName,
      role: isDemo || isStaff(person) ? "admin" : "user",
      locale,
      country: country.code,
      signup_source: signupSourceOf(population, person),
      plan: interval?.terms.plan ?? "free",
      subscription_status: interval?.status ?? (current === undefined ? "none" : "canceled"),
      stripe_customer_id: current === undefined ? null : `cus_${compact(id)}`,
      current_period_end: alive === undefined ? null : iso(alive.periodEnd),
      last_seen_at: iso(lastSeenAt),
      created_at: iso(createdAt),
      updated_at: iso(lastSeenAt),
    };
  }
}

export function* excludedUserRows({
  people,
}: Population): Generator<SeedRow<typeof seedTables.excludedUsers>> {
  for (const person of people) {
    if (!isInternal(person)) continue;
    yield {
      owner_id: person.id,
      reason: isStaff(person) ? "staff" : "test",
      created_at: iso(person.createdAt),
    };
  }
}

/** A UUID without its hyphens, for ids in Stripe's style. */
export const compact = (id: string): string => id.replaceAll("-", "");

export const signupSourceOf = ({ seed }: Population, person: Person): string =>
  isInternal(person)
    ? "internal"
    : (signupSources[pickCumulative(streamOf(seed, kinds.name, person.index, 1), signupSourceWeights)] ??
      "organic");

function nameOf({ seed }: Population, { index, locale }: Person) {
  const s = streamOf(seed, kinds.name, index);
  const displayName = `${pick(s, firstNames[locale])} ${pick(s, lastNames[locale])}`;
  // The index makes addresses unique without a list of those given out.
  return { displayName, email: `${slug(displayName, ".")}${index}@${pick(s, emailDomains)}` };
}
