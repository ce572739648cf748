import { AnalyticsError } from "./errors.ts";
import type { CallOptions, CaptureOutcome, CaptureResult, EventRow } from "./event.ts";
import type { EventStore, Outcomes } from "./event-store.ts";
import type { Settings } from "./options.ts";
import { type PreparedEvent, prepareEvent } from "./prepare-event.ts";
import type { RequestContext } from "./request-context.ts";
import { type AnalyticsStats, countOutcome } from "./stats.ts";

export interface Capturing {
  settings: Settings;
  store: EventStore;
  stats: AnalyticsStats;
  request: RequestContext;
}

/** The general path of all tracking verbs: check all events, judge the invalid ones by mode, write the rest. */
export async function captureEvents(
  inputs: readonly unknown[],
  call: CallOptions,
  { settings, store, stats, request }: Capturing,
): Promise<CaptureResult[]> {
  const events: PreparedEvent[] = [];
  for (const input of inputs) {
    const event = await prepareEvent(input, settings, request);
    events.push(judge(event, events.length, settings, stats));
  }

  const rows = new Map<string, EventRow>();
  for (const { row } of events) if (row && !rows.has(row.id)) rows.set(row.id, row);
  const outcomes: Outcomes = rows.size === 0 ? new Map() : await store.write([...rows.values()], call);

  const results = events.map(({ id, row }) => ({
    id,
    outcome: row === undefined ? "invalid" : outcomeOf(row, rows, outcomes),
  }));
  for (const { outcome } of results) countOutcome(stats, outcome);
  return results;
}

/** Of two events with one id in one call the first is written. */
function outcomeOf(row: EventRow, written: Map<string, EventRow>, outcomes: Outcomes): CaptureOutcome {
  const outcome = outcomes.get(row.id) ?? "duplicate";
  return outcome === "accepted" && written.get(row.id) !== row ? "duplicate" : outcome;
}

/**
 * The event as its mode leaves it: without a row where it is dropped.
 * @param index its place in the call
 * @throws {AnalyticsError} INVALID_EVENT in the mode `strict`
 */
export function judge(
  event: PreparedEvent,
  index: number,
  { mode, onInvalid }: Settings,
  stats: AnalyticsStats,
): PreparedEvent {
  if (event.issues.length === 0) return event;
  stats.invalid++;
  if (mode === "strict") throw invalidEvent(event, index);
  const judged = mode === "warn" ? event : { ...event, row: undefined };
  onInvalid({ id: event.id, event: event.event, issues: event.issues, kept: judged.row !== undefined });
  return judged;
}

function invalidEvent({ event, issues }: PreparedEvent, index: number): AnalyticsError {
  const name = event === undefined ? `number ${index}` : JSON.stringify(event.slice(0, 60));
  const faults = issues.map(({ path, received }) => `${path} (${received})`).join(", ");
  return new AnalyticsError(
    "INVALID_EVENT",
    `capture: event ${name} is not as its catalogue says: ${faults}. Nothing was written. See the error's issues for what is allowed, correct the call or the catalogue, or choose the mode warn or drop.`,
    issues,
  );
}
