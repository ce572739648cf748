import type { HostilePosthog } from "./hostile-posthog.ts";
import { markOf } from "./marks.ts";
import type { Promises } from "./promises.ts";
import type { Books, KeptEvent } from "./read-books.ts";

/** The sums of a run. */
export interface SoakCounts {
  acknowledged: number;
  captured: number;
  sent: number;
  pending: number;
  leased: number;
  parked: number;
  /** Kept by the server, each once. */
  delivered: number;
  /** Kept by the server more than once. */
  twice: number;
  /** Marked as sent, and thrown away by the server. */
  liedAbout: number;
}

export function countAll(
  { events }: Books,
  { acknowledged }: Promises,
  { server }: HostilePosthog,
): SoakCounts {
  const inState = (state: string) => events.filter((event) => event.state === state).length;
  const liedAbout = events.filter(({ id, state }) => state === "sent" && !server.events.has(id)).length;
  return {
    acknowledged: acknowledged.size,
    captured: events.length,
    sent: inState("sent"),
    pending: inState("pending"),
    leased: inState("leased"),
    parked: inState("parked"),
    delivered: server.events.size,
    twice: server.received.length - server.events.size,
    liedAbout,
  };
}

/** Whatever was lost, doubled, changed or made up, a sentence each; empty where nothing was. */
export function findFaults(books: Books, promises: Promises, posthog: HostilePosthog): string[] {
  const byId = new Map(books.events.map((event) => [event.id, event]));
  return [
    ...faultsOfBooks(books, byId),
    ...faultsOfPromises(promises, byId),
    ...faultsOfRows(books, promises, byId),
    ...faultsOfServer(books, posthog, byId),
  ];
}

type ById = ReadonlyMap<string, KeptEvent>;

function faultsOfBooks({ events, ids, deliveries }: Books, byId: ById): string[] {
  const faults: string[] = [];
  if (byId.size !== events.length) faults.push(`${events.length - byId.size} events are there twice`);
  if (ids !== events.length) faults.push(`${events.length} events, but ${ids} ids`);
  if (deliveries !== events.length) faults.push(`${events.length} events, but ${deliveries} deliveries`);
  for (const { id, state, mark, isInvalid } of events) {
    if (state === null) faults.push(`${id} was never queued`);
    if (mark !== markOf(id) || isInvalid) faults.push(`${id} is not whole`);
  }
  return faults;
}

function faultsOfPromises({ acknowledged, rolledBack }: Promises, byId: ById): string[] {
  const faults: string[] = [];
  for (const id of acknowledged) if (!byId.has(id)) faults.push(`${id} was acknowledged and is lost`);
  for (const id of rolledBack) if (byId.has(id)) faults.push(`${id} was rolled back and is there`);
  return faults;
}

function faultsOfRows({ events, projects }: Books, { rows }: Promises, byId: ById): string[] {
  const faults: string[] = [];
  const made = new Set(events.filter(({ event }) => event === "project_created").map((e) => e.projectId));
  const names = new Map(projects.map(({ id, name }) => [id, name]));
  for (const [id, name] of names) {
    if (!made.has(id)) faults.push(`the row ${id} has no event`);
    if (name !== markOf(id)) faults.push(`the row ${id} is not whole`);
  }
  for (const id of made)
    if (!names.has(id)) faults.push(`an event tells of the row ${id}, which is not there`);
  for (const [id, row] of rows) {
    if (byId.get(id)?.projectId !== row) faults.push(`${id} does not tell of its row ${row}`);
  }
  return faults;
}

function faultsOfServer({ events }: Books, { server, dropped }: HostilePosthog, byId: ById): string[] {
  const faults = [...server.violations];
  for (const { uuid, event, distinct_id: distinctId, timestamp, properties } of server.received) {
    const kept = byId.get(uuid);
    // PostHog tells doubles by these four.
    const isSame = kept?.event === event && kept.distinctId === distinctId && kept.timestamp === timestamp;
    if (kept === undefined) faults.push(`${uuid} was sent and is not in the database`);
    else if (!isSame || properties.project_id !== kept.projectId)
      faults.push(`${uuid} was changed on its way`);
  }
  for (const { id, state } of events) {
    const isThere = server.events.has(id);
    if (state === "sent" && !isThere && !dropped.has(id)) faults.push(`${id} is marked as sent and was not`);
    if (state !== "sent" && dropped.has(id) && !isThere) faults.push(`${id} was taken and is ${state}`);
    if (state === "parked" && isThere) faults.push(`${id} is parked and was taken`);
  }
  return faults;
}
