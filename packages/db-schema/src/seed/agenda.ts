import { billingOf } from "./billing.ts";
import type { Population } from "./population.ts";
import { deploymentAt } from "./rows/deployments.ts";
import { projectAt } from "./rows/projects.ts";

export const sources = {
  signup: 0,
  project: 1,
  projectEnd: 2,
  conversation: 3,
  question: 4,
  file: 5,
  deploymentStart: 6,
  deploymentEnd: 7,
  billing: 8,
  lastSeen: 9,
} as const;
export type Source = (typeof sources)[keyof typeof sources];

export interface Entry {
  at: number;
  source: Source;
  /** Of the row that it comes from; of the person for `signup`, `billing` and `lastSeen`. */
  index: number;
  /** Which of the person's billing events. */
  part: number;
}

/** All that the rows of a population say happened, in order of time. Numbers alone: it may be 400,000 entries. */
export interface Agenda {
  count: number;
  entryAt(position: number): Entry;
}

export function agendaOf(population: Population): Agenda {
  const at: number[] = [];
  const source: Source[] = [];
  const index: number[] = [];
  const part: number[] = [];
  const add = (time: number, from: Source, of: number, which = 0) => {
    at.push(time);
    source.push(from);
    index.push(of);
    part.push(which);
  };
  for (const person of population.people) {
    add(person.createdAt, sources.signup, person.index);
    add(person.lastSeenAt, sources.lastSeen, person.index);
    for (const [which, event] of billingOf(population, person).events.entries()) {
      add(event.at, sources.billing, person.index, which);
    }
  }
  const { projects, conversations, messages, files, deployments } = population;
  for (let i = 0; i < projects.count; i++) {
    add(projects.createdAt[i] as number, sources.project, i);
    const { archivedAt, deletedAt } = projectAt(population, i);
    const endedAt = archivedAt ?? deletedAt;
    if (endedAt !== undefined) add(endedAt, sources.projectEnd, i);
  }
  for (let i = 0; i < conversations.count; i++) {
    add(conversations.createdAt[i] as number, sources.conversation, i);
  }
  for (let i = 0; i < messages.count; i++) {
    const isQuestion = (messages.ordinal[i] as number) % 2 === 0;
    if (isQuestion) add(messages.createdAt[i] as number, sources.question, i);
  }
  for (let i = 0; i < files.count; i++) add(files.createdAt[i] as number, sources.file, i);
  for (let i = 0; i < deployments.count; i++) {
    const { startedAt, finishedAt } = deploymentAt(population, i);
    add(startedAt, sources.deploymentStart, i);
    add(finishedAt, sources.deploymentEnd, i);
  }

  const order = Uint32Array.from(at, (_, position) => position);
  order.sort((a, b) => (at[a] as number) - (at[b] as number) || a - b);
  return {
    count: order.length,
    entryAt(position) {
      const entry = order[position] as number;
      return {
        at: at[entry] as number,
        source: source[entry] as Source,
        index: index[entry] as number,
        part: part[entry] as number,
      };
    },
  };
}
