import { type DaySessions, daySessions, sessionAt } from "../activity.ts";
import { type Agenda, agendaOf } from "../agenda.ts";
import { dayStart, iso } from "../calendar.ts";
import type { Person } from "../people.ts";
import type { Population } from "../population.ts";
import { idAt, kinds, streamOf } from "../random.ts";
import type { SeedRow, seedTables } from "../tables.ts";
import { agendaEvents } from "./agenda-events.ts";
import { visitEvents } from "./visit-events.ts";

/** How many events there will be: those that the rows call for, filled up with visits to the number wanted. */
export const eventCount = (population: Population, agenda: Agenda): number =>
  Math.max(population.events, agenda.count);

/**
 * The events of all people, day by day, in order of time: one day is in memory at once, and a batch of rows
 * touches few days.
 */
export function* eventRows(
  population: Population,
  agenda: Agenda = agendaOf(population),
): Generator<SeedRow<typeof seedTables.analyticsEvents>> {
  const { calendar, seed, people } = population;
  const happenedIn = agendaEvents(population, agenda);
  const visitsOn = visitEvents(population, eventCount(population, agenda) - agenda.count);
  const cursors = new Uint16Array(people.length);

  for (let day = 0; day <= calendar.today; day++) {
    const happenings = happenedIn(dayStart(calendar, day + 1));
    for (const person of people) {
      if (person.activeDays[cursors[person.index] as number] !== day) continue;
      cursors[person.index] = (cursors[person.index] as number) + 1;
      visitsOn(person, day, happenings);
    }
    happenings.sort((a, b) => a.at - b.at);

    const s = streamOf(seed, kinds.event, day);
    const sessionOf = sessionReader(population, day);
    for (const [index, { at, event, person, countsAsActivity, properties }] of happenings.entries()) {
      yield {
        id: idAt(at, index, s),
        event,
        distinct_id: person.id,
        session_id: countsAsActivity ? sessionOf(person, at) : null,
        occurred_at: iso(at),
        counts_as_activity: countsAsActivity,
        retention_class: retentionOf(event),
        properties,
        context: contexts[person.locale],
      };
    }
  }
}

/** As `@devora/analytics` declares these events. */
const retentionOf = (event: string): string =>
  event === "page_viewed" || event === "request_completed"
    ? "short"
    : longLived.test(event)
      ? "long"
      : "standard";
const longLived = /^(user_signed_up|trial_|subscription_|invoice_|payment_)/;

const contexts = {
  fr: { environment: "production", locale: "fr" },
  en: { environment: "production", locale: "en" },
} as const;

/** Session ids of one day. */
function sessionReader({ calendar, seed }: Population, day: number): (person: Person, at: number) => string {
  const known = new Map<number, { sessions: DaySessions; ids: [string, string] }>();
  return (person, at) => {
    let entry = known.get(person.index);
    if (entry === undefined) {
      const sessions = daySessions(calendar, seed, person, day);
      const s = streamOf(seed, kinds.session, person.index, day);
      entry = { sessions, ids: [idAt(sessions.first, 0, s), idAt(sessions.second, 1, s)] };
      known.set(person.index, entry);
    }
    return entry.ids[sessionAt(entry.sessions, at)];
  };
}
