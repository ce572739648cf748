import { daySessions, momentAfter } from "../activity.ts";
import { domains } from "../banks/domains.ts";
import type { Person } from "../people.ts";
import type { Population } from "../population.ts";
import { entityAt } from "../project-text.ts";
import {
  below,
  chance,
  cumulate,
  kinds,
  pick,
  pickCumulative,
  type Stream,
  spread,
  streamOf,
  unit,
} from "../random.ts";
import { models } from "./conversations.ts";
import type { Happening } from "./happening.ts";

const pages = [
  "/",
  "/projects",
  "/projects/new",
  "/editor",
  "/conversations",
  "/deployments",
  "/templates",
  "/settings",
  "/billing",
];
const routes = [
  "/api/projects",
  "/api/files",
  "/api/messages",
  "/api/conversations",
  "/api/search",
  "/api/deployments",
  "/api/preview",
];
const searchTypes = ["all", "all", "projects", "messages", "files"];
const errorNames = ["PreviewCrashed", "UpstreamUnavailable", "InvalidFile", "RateLimited"];
const generationErrors = ["TIMEOUT", "CONTEXT_TOO_LONG", "MODEL_OVERLOADED"];

/** What a visit consists of besides what its rows say. */
const visitKinds = [
  "page_viewed",
  "request_completed",
  "search_performed",
  "error_occurred",
  "code_generation_failed",
] as const;
const visitCumulative = cumulate([48, 42, 9, 0.8, 0.08]);
/** Those that happen without the person doing anything. */
const systemKinds: ReadonlySet<string> = new Set(["request_completed", "error_occurred"]);

/**
 * Deals `total` events out to the active days of all people, in proportion to the time spent.
 * @returns a function to call once for each active day, day by day; it adds that day's share to `happenings`
 */
export function visitEvents(
  population: Population,
  total: number,
): (person: Person, day: number, happenings: Happening[]) => void {
  const { calendar, seed, people } = population;
  const timeSpent = (person: Person, day: number): number => {
    const { firstLength, secondLength } = daySessions(calendar, seed, person, day);
    return firstLength + secondLength;
  };
  let allTime = 0;
  for (const person of people) for (const day of person.activeDays) allTime += timeSpent(person, day);

  let time = 0;
  let dealt = 0;
  return (person, day, happenings) => {
    time += timeSpent(person, day);
    const due = Math.round((time / allTime) * total);
    addVisit(population, person, day, due - dealt, happenings);
    dealt = due;
  };
}

function addVisit(
  { calendar, seed }: Population,
  person: Person,
  day: number,
  count: number,
  happenings: Happening[],
): void {
  const s = streamOf(seed, kinds.filler, person.index, day);
  const sessions = daySessions(calendar, seed, person, day);
  const add = (at: number, event: string, properties: object, countsAsActivity = true) =>
    happenings.push({ at, event, person, countsAsActivity, properties });

  if (count === 0) return;
  const fixed = happenings.length;
  const visit = { entry_path: pick(s, pages), device_type: pick(s, devices) };
  add(sessions.first, "session_started", visit);
  if (count > 1 && chance(s, 0.4)) add(sessions.first, "user_logged_in", { method: pick(s, methods) });
  if (count > 2 && sessions.secondLength > 0) add(sessions.second, "session_started", visit);
  while (happenings.length - fixed < count) {
    const at = momentAfter(sessions, 0, unit(s));
    const kind = visitKinds[pickCumulative(s, visitCumulative)] ?? "page_viewed";
    add(at, kind, propertiesOf[kind](s, person), !systemKinds.has(kind));
  }
}

const devices = ["desktop", "desktop", "desktop", "mobile", "tablet"];
const methods = ["magic_link", "magic_link", "google", "github"];

const propertiesOf: Record<(typeof visitKinds)[number], (s: Stream, person: Person) => object> = {
  page_viewed: (s) => ({ path: pick(s, pages) }),
  request_completed: (s) => {
    const status = statusOf(unit(s));
    return {
      method: status === 201 ? "POST" : "GET",
      route: pick(s, routes),
      status,
      duration_ms: Math.round(420 * spread(s, 1)) / 10,
    };
  },
  search_performed: (s, { locale }) => ({
    query: entityAt(pick(s, domains), below(s, 3))[locale],
    search_type: pick(s, searchTypes),
    result_count: below(s, 25),
    duration_ms: Math.round(160 * spread(s, 0.8)) / 10,
  }),
  error_occurred: (s) => ({
    error_name: pick(s, errorNames),
    operation: pick(s, routes),
    handled: chance(s, 0.8),
  }),
  code_generation_failed: (s) => ({
    model: pick(s, models),
    generation_time_ms: Math.round(9000 * spread(s, 0.5)),
    error_code: pick(s, generationErrors),
  }),
};

const statusOf = (roll: number): number =>
  roll < 0.006 ? 500 : roll < 0.01 ? 503 : roll < 0.02 ? 404 : roll < 0.03 ? 422 : roll < 0.22 ? 201 : 200;
