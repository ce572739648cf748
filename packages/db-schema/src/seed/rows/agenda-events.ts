import { type Agenda, type Entry, type Source, sources } from "../agenda.ts";
import { billingOf } from "../billing.ts";
import { fileText } from "../file-text.ts";
import type { Person } from "../people.ts";
import type { Population } from "../population.ts";
import { below, kinds, pick, spread, streamOf } from "../random.ts";
import type { BillingEvent } from "../terms.ts";
import { type Conversation, conversationReader, messageId, models } from "./conversations.ts";
import { deploymentAt } from "./deployments.ts";
import type { Happening } from "./happening.ts";
import { projectAt } from "./projects.ts";
import { signupSourceOf } from "./users.ts";

/** Answers the events of the agenda before a time that were not answered yet. */
export function agendaEvents(population: Population, agenda: Agenda): (before: number) => Happening[] {
  const conversationAt = conversationReader(population);
  let position = 0;
  return (before) => {
    const happenings: Happening[] = [];
    for (; position < agenda.count; position++) {
      const entry = agenda.entryAt(position);
      if (entry.at >= before) break;
      happenings.push({ at: entry.at, ...tellers[entry.source](population, entry, conversationAt) });
    }
    return happenings;
  };
}

type Teller = (
  population: Population,
  entry: Entry,
  conversationAt: (index: number) => Conversation,
) => Omit<Happening, "at">;

const byPerson = (person: Person, event: string, properties: object) => ({
  person,
  event,
  properties,
  countsAsActivity: true,
});
const bySystem = (person: Person, event: string, properties: object) => ({
  person,
  event,
  properties,
  countsAsActivity: false,
});

/** The event of each entry: names, properties and what counts as activity as `@devora/analytics` declares them. */
const tellers: Record<Source, Teller> = {
  [sources.signup]: (population, { index }) => {
    const person = population.people[index] as Person;
    return byPerson(person, "user_signed_up", {
      method: index % 3 === 0 ? "google" : "magic_link",
      signup_source: signupSourceOf(population, person),
      plan: "free",
    });
  },
  [sources.lastSeen]: ({ people }, { index }) =>
    byPerson(people[index] as Person, "page_viewed", { path: "/projects" }),
  [sources.billing]: (population, { index, part }) => {
    const person = population.people[index] as Person;
    const { event, properties } = billingOf(population, person).events[part] as BillingEvent;
    return bySystem(person, event, properties);
  },
  [sources.project]: (population, { index }) => {
    const { id, owner, text } = projectAt(population, index);
    const properties = { project_id: id, project_name: text.name, project_type: text.type };
    return byPerson(owner, "project_created", properties);
  },
  [sources.projectEnd]: (population, { index }) => {
    const { id, owner, text, deletedAt } = projectAt(population, index);
    return deletedAt === undefined
      ? byPerson(owner, "project_archived", { project_id: id })
      : byPerson(owner, "project_deleted", { project_id: id, project_type: text.type });
  },
  [sources.conversation]: (_, { index }, conversationAt) => {
    const { id, project } = conversationAt(index);
    return byPerson(project.owner, "conversation_started", { conversation_id: id, project_id: project.id });
  },
  [sources.question]: ({ seed, messages }, { at, index }, conversationAt) => {
    const { id, project } = conversationAt(messages.parent[index] as number);
    return byPerson(project.owner, "message_sent", {
      conversation_id: id,
      project_id: project.id,
      message_id: messageId(seed, index, messages.ordinal[index] as number, at),
    });
  },
  [sources.file]: (population, { index }) => {
    const { seed, files } = population;
    const project = projectAt(population, files.parent[index] as number);
    const { content } = fileText(seed, project.index, files.ordinal[index] as number, project.text);
    const s = streamOf(seed, kinds.file, index, 0x10001);
    const tokens = Math.ceil(content.length / 3.4) + 200 + below(s, 600);
    return byPerson(project.owner, "code_generated", {
      project_id: project.id,
      project_type: project.text.type,
      model: pick(s, models),
      tokens_used: tokens,
      generation_time_ms: Math.round((350 + tokens * 2.1) * spread(s, 0.3)),
    });
  },
  [sources.deploymentStart]: (population, { index }) => {
    const { owner, facts } = deploymentFacts(population, index);
    return byPerson(owner, "deployment_started", facts);
  },
  [sources.deploymentEnd]: (population, { index }) => {
    const { owner, facts, outcome } = deploymentFacts(population, index);
    return outcome.error === null
      ? bySystem(owner, "deployment_succeeded", { ...facts, duration_ms: outcome.durationMs })
      : bySystem(owner, "deployment_failed", {
          ...facts,
          duration_ms: outcome.durationMs,
          error_message: outcome.error,
        });
  },
};

function deploymentFacts(population: Population, index: number) {
  const project = projectAt(population, population.deployments.parent[index] as number);
  const { id, provider, error, startedAt, finishedAt } = deploymentAt(population, index);
  return {
    owner: project.owner,
    facts: { deployment_id: id, project_id: project.id, provider },
    outcome: { error, durationMs: finishedAt - startedAt },
  };
}
