import type { analyticsEvents } from "../schema/analytics.ts";
import { invalidArchive } from "./manifest.ts";

/**
 * An event as it was kept. Times are of whole milliseconds and numbers as JavaScript has them; the archive itself
 * holds microseconds and all digits.
 */
export type ArchivedEvent = typeof analyticsEvents.$inferSelect;

type Check = (value: unknown) => boolean;
const isText: Check = (value) => typeof value === "string";
const isTextOrNull: Check = (value) => value === null || isText(value);
const isTime: Check = (value) => isText(value) && !Number.isNaN(Date.parse(String(value)));
const isObject: Check = (value) => typeof value === "object" && value !== null;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The columns of an event, and what each may hold. */
const columns: Readonly<Record<string, Check>> = {
  id: (value) => isText(value) && uuid.test(String(value)),
  event: isText,
  distinct_id: isText,
  owner_id: isTextOrNull,
  actor_id: isTextOrNull,
  session_id: isTextOrNull,
  occurred_at: isTime,
  claimed_at: (value) => value === null || isTime(value),
  received_at: isTime,
  counts_as_activity: (value) => typeof value === "boolean",
  retention_class: isText,
  properties: isObject,
  context: isObject,
};
const names = Object.entries(columns);

/**
 * The event of a line.
 * @throws {SchemaError} INVALID_ARCHIVE with the number of the line and the column at fault, never a value
 */
export function decodeLine(file: string, line: string, number: number): ArchivedEvent {
  const row = parse(line);
  if (row === undefined) throw invalidArchive(file, `line ${number} is no JSON object`);
  const wrong = names.find(([name, isRight]) => !isRight(row[name]))?.[0];
  if (wrong !== undefined) throw invalidArchive(file, `line ${number} has no valid ${wrong}`);
  if (Object.keys(row).length !== names.length) {
    throw invalidArchive(file, `line ${number} has columns that events do not have`);
  }
  return {
    id: row.id as string,
    event: row.event as string,
    distinctId: row.distinct_id as string,
    ownerId: row.owner_id as string | null,
    actorId: row.actor_id as string | null,
    sessionId: row.session_id as string | null,
    occurredAt: new Date(row.occurred_at as string),
    claimedAt: row.claimed_at === null ? null : new Date(row.claimed_at as string),
    receivedAt: new Date(row.received_at as string),
    countsAsActivity: row.counts_as_activity as boolean,
    retentionClass: row.retention_class as string,
    properties: row.properties as Record<string, unknown>,
    context: row.context as Record<string, unknown>,
  };
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
