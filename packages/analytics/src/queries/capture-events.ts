import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { CaptureOutcome, CaptureResult, EventRow } from "../event.ts";

/**
 * Keeps events and answers the outcome of each; ids must be unique.
 * @param rows JSON of each, by {@link encodeRow}
 * @param destinations for which accepted events are queued
 * @param hasAliases whether `$create_alias` may be among them, whose aliases are kept too
 */
export const captureEventsQuery = (
  rows: readonly string[],
  destinations: readonly string[],
  hasAliases = false,
): SQL => sql`
  select id::text as id, outcome
  from devora.${hasAliases ? sql`capture_with_aliases` : sql`capture_events`}(
    ${`[${rows.join(",")}]`}::jsonb, ${sql.param([...destinations])}::text[])`;

/** A row as `devora.capture_events` reads it. */
export const encodeRow = (row: EventRow): string =>
  JSON.stringify({
    id: row.id,
    event: row.event,
    distinct_id: row.distinctId,
    owner_id: row.ownerId,
    actor_id: row.actorId,
    session_id: row.sessionId,
    occurred_at: row.occurredAt.toISOString(),
    claimed_at: row.claimedAt?.toISOString() ?? null,
    counts_as_activity: row.countsAsActivity,
    retention_class: row.retentionClass,
    properties: row.properties,
    context: row.context,
  });

export const decodeCaptured = (row: Row): CaptureResult => ({
  id: String(row.id),
  outcome: row.outcome as CaptureOutcome,
});
