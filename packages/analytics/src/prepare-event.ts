import { newId } from "@devora/db-schema";
import { checkProperties } from "./check-properties.ts";
import { clampTime } from "./clamp-time.ts";
import type { EventIssue } from "./errors.ts";
import type { EventRow } from "./event.ts";
import { isUsable, readLinks } from "./event-links.ts";
import { createIssues, type Issues } from "./issues.ts";
import type { Settings } from "./options.ts";
import { contextColumns, type RequestContext } from "./request-context.ts";
import { isPlainObject, storableObject } from "./storable.ts";
import { isStorableText } from "./storable-text.ts";

/** An event before any SQL. */
export interface PreparedEvent {
  id: string;
  event: string | undefined;
  /** Undefined when the event cannot be kept in any mode: no name, no person, an id that is no UUID. */
  row: EventRow | undefined;
  issues: readonly EventIssue[];
}

/** All properties of one event together, as JSON: twice what Segment takes for a whole event. */
const maxPropertyBytes = 64 * 1024;
/** Ids of people are in a btree index, whose entries end at 2,704 bytes: 400 characters are at most 1,200. */
const maxIdLength = 400;
const maxNameLength = 200;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Checks an event against its catalogue and makes the row that PostgreSQL will take, a copy of all that it was given;
 * never throws for a bad event. A promise only where a schema of the catalogue answers one.
 */
export function prepareEvent(
  input: unknown,
  settings: Settings,
  request: RequestContext,
): PreparedEvent | Promise<PreparedEvent> {
  const issues = createIssues();
  const now = settings.now();
  const given = readFields("event", input, issues);
  const event = readText("event", given.event, maxNameLength, issues);
  const definition =
    event !== undefined && Object.hasOwn(settings.catalogue, event) ? settings.catalogue[event] : undefined;
  if (event !== undefined && definition === undefined) {
    issues.add("event", event, `a name of the catalogue; ${JSON.stringify(event.slice(0, 60))} is not in it`);
  }
  const person = readPerson(given, issues);
  const id = readId(given.id === undefined ? settings.generateId() : given.id, issues);
  const time = clampTime(readTime(given.occurredAt, now, issues), now, settings);
  const fromRequest = contextColumns(request);
  const sessionId = readOptionalText("sessionId", given.sessionId, issues) ?? fromRequest.sessionId;
  const links = readLinks(event, given, definition, issues);
  const withProperties = (checked: Readonly<Record<string, unknown>>): PreparedEvent => {
    const properties = storableObject(checked, "properties", maxPropertyBytes, issues);
    const usable = person !== undefined && isUsable(event, { ...person, properties: checked, links }, issues);
    if (event === undefined || id === undefined || !usable) {
      return { id: id ?? newId(), event, row: undefined, issues: issues.list };
    }
    const invalid = issues.list.length === 0 ? {} : { $invalid: issues.list.map((issue) => issue.path) };
    const row: EventRow = {
      id,
      event,
      ...person,
      sessionId,
      ...time,
      countsAsActivity: definition?.countsAsActivity ?? false,
      retentionClass: definition?.retention ?? "standard",
      properties,
      context: { ...settings.processContext, ...fromRequest.context, ...links, ...invalid },
    };
    return { id, event, row, issues: issues.list };
  };

  const checked = checkProperties(
    definition,
    readFields("properties", given.properties ?? {}, issues),
    issues,
  );
  return checked instanceof Promise ? checked.then(withProperties) : withProperties(checked);
}

/** A copy of an object's fields, so that each getter runs once; empty, and reported, where it cannot be read. */
function readFields(path: string, value: unknown, issues: Issues): Record<string, unknown> {
  try {
    if (isPlainObject(value)) return { ...value };
    issues.add(path, value, "a plain object");
  } catch {
    issues.add(path, value, "an object whose fields can be read", "an error on reading");
  }
  return {};
}

type Person = Pick<EventRow, "distinctId" | "ownerId" | "actorId">;

/** Ids are never repaired: a changed id is another person. */
function readPerson(given: Record<string, unknown>, issues: Issues): Person | undefined {
  const userId = readOptionalText("userId", given.userId, issues);
  const ownerId = readOptionalText("ownerId", given.ownerId, issues);
  const actorId = readOptionalText("actorId", given.actorId, issues);
  const distinctId = readOptionalText("distinctId", given.distinctId, issues);
  const unusable = issues.list.some(({ path }) => personFields.has(path));
  if (unusable) return undefined;
  const who = distinctId ?? userId;
  if (who === undefined) {
    issues.add("userId", given.userId, "userId or distinctId, 1 to 400 characters");
    return undefined;
  }
  return {
    distinctId: who,
    ownerId: given.ownerId === null ? null : (ownerId ?? userId ?? null),
    actorId: given.actorId === null ? null : (actorId ?? userId ?? null),
  };
}

const personFields = new Set(["userId", "ownerId", "actorId", "distinctId"]);

/** Undefined where it cannot be used: another id would be kept beside the one that was meant. */
function readId(value: unknown, issues: Issues): string | undefined {
  if (typeof value === "string" && uuid.test(value)) return value.toLowerCase();
  issues.add("id", value, "a UUID, 32 hexadecimal digits in groups of 8-4-4-4-12");
  return undefined;
}

function readTime(value: unknown, now: Date, issues: Issues): Date {
  if (value === undefined) return now;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value;
  issues.add("occurredAt", value, "a valid Date");
  return now;
}

function readOptionalText(field: string, value: unknown, issues: Issues): string | undefined {
  return value === undefined || value === null ? undefined : readText(field, value, maxIdLength, issues);
}

function readText(field: string, value: unknown, maxLength: number, issues: Issues): string | undefined {
  if (typeof value === "string" && value !== "" && value.length <= maxLength && isStorableText(value)) {
    return value;
  }
  issues.add(field, value, `1 to ${maxLength} characters without U+0000 and lone surrogates`);
  return undefined;
}
