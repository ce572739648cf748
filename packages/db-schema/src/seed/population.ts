import { type DaySessions, daySessions, momentAfter } from "./activity.ts";
import { allocate } from "./allocate.ts";
import { type Calendar, calendarOf, dayOf } from "./calendar.ts";
import type { SeedSettings } from "./options.ts";
import { type Person, planPeople, stepFrom } from "./people.ts";
import { below, chance, type Kind, kinds, type Stream, spread, streamOf, unit } from "./random.ts";

/**
 * Rows of one table before they are rows: whose child each is and when it came to be. Everything else follows
 * from its index, so a population of any size needs some 16 bytes per row in memory.
 */
export interface Entities {
  count: number;
  parent: Uint32Array;
  /** How many children the parent had before this one. */
  ordinal: Uint32Array;
  createdAt: Float64Array;
}

export interface Population {
  seed: number;
  calendar: Calendar;
  people: readonly Person[];
  projects: Entities;
  files: Entities;
  conversations: Entities;
  messages: Entities;
  deployments: Entities;
  /** When anything last happened in a project. */
  projectTouchedAt: Float64Array;
  events: number;
}

/** Rows at size 1. */
const sizeOne = {
  people: 150,
  projects: 342,
  files: 1000,
  conversations: 90,
  messages: 1250,
  deployments: 340,
  events: 50_000,
};

export function planPopulation({ size, seed, now, months }: SeedSettings): Population {
  const count = (ofSizeOne: number) => Math.max(1, Math.round(ofSizeOne * size));
  const calendar = calendarOf(now.getTime(), months);
  const people = planPeople(calendar, seed, count(sizeOne.people));
  const timetable: Timetable = { calendar, seed };
  const weights = (kind: Kind, length: number, weigh: (index: number, s: Stream) => number) =>
    Float64Array.from({ length }, (_, index) => weigh(index, streamOf(seed, kinds.weight, index, kind)));

  const personWeights = weights(
    kinds.project,
    people.length,
    (index, s) => (people[index] as Person).segment.projects * spread(s, 0.5),
  );
  const projects = planChildren(allocate(count(sizeOne.projects), personWeights), (parent, index) =>
    projectMoment(timetable, people[parent] as Person, streamOf(seed, kinds.project, index)),
  );
  const ownerOf = (project: number) => people[projects.parent[project] as number] as Person;

  /** Children of projects; the larger `near`, the sooner after the project, and the larger `width`, the less even. */
  const inProjects = (kind: Kind, ofSizeOne: number, width: number, near: number) =>
    planChildren(
      allocate(
        count(ofSizeOne),
        weights(kind, projects.count, (index, s) => {
          return Math.sqrt(ownerOf(index).segment.projects) * spread(s, width);
        }),
      ),
      (project, index) => {
        const after = projects.createdAt[project] as number;
        return laterMoment(timetable, ownerOf(project), after, near, streamOf(seed, kind, index));
      },
    );
  const files = inProjects(kinds.file, sizeOne.files, 0.7, 3);
  const deployments = inProjects(kinds.deployment, sizeOne.deployments, 1, 1.5);
  const conversations = inProjects(kinds.conversation, sizeOne.conversations, 1, 2);
  const messages = planMessages(
    timetable,
    allocate(
      count(sizeOne.messages),
      weights(kinds.message, conversations.count, (_, s) => spread(s, 0.8)),
      2,
    ),
    conversations,
    (conversation) => ownerOf(conversations.parent[conversation] as number),
  );

  return {
    seed,
    calendar,
    people,
    projects,
    files,
    conversations,
    messages,
    deployments,
    projectTouchedAt: lastTouch(projects, [files, deployments, conversations], [conversations, messages]),
    events: count(sizeOne.events),
  };
}

/** What the sessions of a person follow from. */
interface Timetable {
  calendar: Calendar;
  seed: number;
}

const sessionsOn = ({ calendar, seed }: Timetable, person: Person, step: number): DaySessions =>
  daySessions(calendar, seed, person, person.activeDays[step] as number);

function planChildren(parent: Uint32Array, moment: (parent: number, index: number) => number): Entities {
  return {
    count: parent.length,
    parent,
    ordinal: ordinals(parent),
    createdAt: Float64Array.from(parent, moment),
  };
}

function ordinals(parent: Uint32Array): Uint32Array {
  const ordinal = new Uint32Array(parent.length);
  for (let i = 1; i < parent.length; i++) {
    ordinal[i] = parent[i] === parent[i - 1] ? (ordinal[i - 1] as number) + 1 : 0;
  }
  return ordinal;
}

/** People begin projects mostly in their first weeks. */
function projectMoment(timetable: Timetable, person: Person, s: Stream): number {
  const step = Math.floor(unit(s) ** 2.2 * person.activeDays.length);
  return momentAfter(sessionsOn(timetable, person, step), 0, 0.6 * unit(s));
}

function laterMoment(timetable: Timetable, person: Person, after: number, near: number, s: Stream): number {
  const from = stepFrom(person, dayOf(timetable.calendar, after));
  const step = from + Math.floor(unit(s) ** near * (person.activeDays.length - from));
  return momentAfter(sessionsOn(timetable, person, step), after, 0.5 * unit(s));
}

/** The turns of a conversation in order; some go on the next time that the person is there. */
function planMessages(
  timetable: Timetable,
  parent: Uint32Array,
  conversations: Entities,
  ownerOf: (conversation: number) => Person,
): Entities {
  const createdAt = new Float64Array(parent.length);
  for (let first = 0, end = 0; first < parent.length; first = end) {
    const conversation = parent[first] as number;
    while (parent[end] === conversation) end++;
    const person = ownerOf(conversation);
    const startedAt = conversations.createdAt[conversation] as number;
    const s = streamOf(timetable.seed, kinds.message, conversation, 2);

    const turns = Math.ceil((end - first) / 2);
    const step = stepFrom(person, dayOf(timetable.calendar, startedAt));
    const goesOn = turns > 3 && step + 1 < person.activeDays.length && chance(s, 0.35);
    const turnsAtOnce = goesOn ? 1 + below(s, turns - 1) : turns;
    const day = sessionsOn(timetable, person, step);
    const nextDay = goesOn ? sessionsOn(timetable, person, step + 1) : day;

    for (let index = first; index < end; index++) {
      const turn = (index - first) >> 1;
      // An answer comes at once: within the first third of the time until the next question.
      const within = (index - first) % 2 === 0 ? 0 : 0.05 + 0.25 * unit(s);
      createdAt[index] =
        turn < turnsAtOnce
          ? momentAfter(day, startedAt, (turn + within) / turnsAtOnce)
          : momentAfter(nextDay, 0, (turn - turnsAtOnce + within) / (turns - turnsAtOnce));
    }
  }
  return { count: parent.length, parent, ordinal: ordinals(parent), createdAt };
}

function lastTouch(
  projects: Entities,
  children: readonly Entities[],
  [conversations, messages]: readonly [Entities, Entities],
): Float64Array {
  const touchedAt = projects.createdAt.slice();
  const touch = (project: number, at: number) => {
    if (at > (touchedAt[project] as number)) touchedAt[project] = at;
  };
  for (const { count, parent, createdAt } of children) {
    for (let i = 0; i < count; i++) touch(parent[i] as number, createdAt[i] as number);
  }
  for (let i = 0; i < messages.count; i++) {
    const conversation = messages.parent[i] as number;
    touch(conversations.parent[conversation] as number, messages.createdAt[i] as number);
  }
  return touchedAt;
}
