import type { Row } from "@devora/db-schema";
import type { SQL } from "drizzle-orm";
import { type Check, checkInteger } from "../check-option.ts";
import { isDestinationName } from "../destination-names.ts";
import { countEventsQuery } from "../queries/event-page.ts";
import {
  decodeEntry,
  decodeWindow,
  type LedgerEntry,
  ledgerPageQuery,
  type ReconcileWindow,
  requeueQuery,
  strangersQuery,
  windowQuery,
} from "../queries/reconcile.ts";
import { type Compared, compare } from "./compare.ts";
import { isDay, isTimeZone } from "./day.ts";
import type { DestinationReader } from "./destination-reader.ts";
import { holdingsOf } from "./holdings.ts";

export interface ReconcileOptions {
  /** `2026-11-22`, of the events' own times. */
  day: string;
  /** Whose day: an IANA name such as `Europe/Paris`. Default `UTC`. */
  timeZone?: string;
  /** 1 to 60 characters of a-z, 0-9, _ and -. */
  destination: string;
  /** Says what the destination has, such as `posthogReader(…)`. */
  reader: DestinationReader;
  /** What was sent in the last so many minutes is not judged: the destination may need them. 0 to 1,440, default 15. */
  lagMinutes?: number;
  /** Compares and queues nothing. Default false. */
  dryRun?: boolean;
  /** Told now and then how many of the day's events were compared. What it throws ends the comparison. */
  onProgress?: (progress: { done: number; total: number }) => void;
}

/** A day of ours beside a destination's, in events. */
export interface Reconciliation {
  /** The day, as it was taken. */
  from: Date;
  to: Date;
  /** Kept here: the sum of the five that follow. */
  captured: number;
  sent: number;
  pending: number;
  leased: number;
  parked: number;
  /** Without a delivery: captured before the destination was named, or its note was purged. See `replay`. */
  unqueued: number;
  /** Sent, and not there, though there was time enough. */
  missing: number;
  /** Of the missing those that are queued again. Less where another call was first. */
  requeued: number;
  /** Sent, and not there, but too recently to tell. */
  unjudged: number;
  /** Not there, and of people who have opted out since: not sent again, and not missing. */
  refused: number;
  /** There, and not here: erased here since, or sent by somebody else. */
  unexpected: number;
  /** Whether the destination has every event of the day, but for the refused. */
  complete: boolean;
  /** The missing, ascending, the first 1,000. */
  missingIds: string[];
  /** The unexpected, the first 1,000. */
  unexpectedIds: string[];
}

type Run = (query: SQL) => Promise<Row[]>;

/** Events of one page, and of one transaction that queues again. */
const pageSize = 5_000;
const batchSize = 1_000;
const mostIds = 1_000;

/**
 * @throws {AnalyticsError} INVALID_OPTION, and READ_FAILED where the destination does not say what it has; what was
 *   queued again by then stays so
 */
export async function reconcileDay(
  check: Check,
  run: Run,
  options: ReconcileOptions,
  signal: AbortSignal,
): Promise<Reconciliation> {
  checkOptions(check, options);
  const { day, timeZone = "UTC", destination, reader, lagMinutes = 15, dryRun = false, onProgress } = options;
  const window = decodeWindow((await run(windowQuery(day, timeZone, lagMinutes)))[0]);
  const total = onProgress === undefined ? 0 : Number((await run(countEventsQuery(window)))[0]?.count);
  const tally = emptyReconciliation(window);

  let missing: string[] = [];
  let foreign: string[] = [];
  const settle = async () => {
    if (missing.length > 0 && !dryRun) {
      const [row] = await run(requeueQuery(destination, missing, window.sentBy));
      tally.requeued += Number(row?.count);
    }
    if (foreign.length > 0) {
      const strangers = (await run(strangersQuery(foreign, window))).map((row) => String(row.id));
      tally.unexpected += strangers.length;
      keepSome(tally.unexpectedIds, strangers);
    }
    [missing, foreign] = [[], []];
  };

  const ours = ledgerOf(run, destination, window);
  const theirs = holdingsOf(reader, { from: window.from, to: window.to }, signal);
  for await (const pair of compare(ours, theirs)) {
    const verdict = judge(tally, pair);
    if (verdict === "missing") missing.push(pair.id);
    if (verdict === "foreign") foreign.push(pair.id);
    if (missing.length + foreign.length >= batchSize) await settle();
    if (pair.ours !== undefined && tally.captured % pageSize === 0) {
      onProgress?.({ done: tally.captured, total: Math.max(total, tally.captured) });
    }
  }
  await settle();
  return tally;
}

/** Counts a pair and says what is to be done about it. */
function judge(tally: Reconciliation, { id, ours, theirs }: Compared<LedgerEntry>) {
  if (ours === undefined) return "foreign";
  tally.captured++;
  tally[ours.state]++;
  if (theirs) return "there";
  if (ours.refused) {
    tally.refused++;
    return "refused";
  }
  tally.complete = false;
  if (ours.state !== "sent") return "undelivered";
  if (!ours.judged) {
    tally.unjudged++;
    return "unjudged";
  }
  tally.missing++;
  keepSome(tally.missingIds, [id]);
  return "missing";
}

async function* ledgerOf(
  run: Run,
  destination: string,
  window: ReconcileWindow,
): AsyncGenerator<LedgerEntry> {
  let after: string | undefined;
  while (true) {
    const query = ledgerPageQuery(destination, window.sentBy, window, { after, limit: pageSize });
    const entries = (await run(query)).map(decodeEntry);
    yield* entries;
    if (entries.length < pageSize) return;
    after = entries.at(-1)?.id;
  }
}

const keepSome = (kept: string[], ids: readonly string[]): void =>
  void kept.push(...ids.slice(0, mostIds - kept.length));

const emptyReconciliation = ({ from, to }: ReconcileWindow): Reconciliation => ({
  from,
  to,
  captured: 0,
  sent: 0,
  pending: 0,
  leased: 0,
  parked: 0,
  unqueued: 0,
  missing: 0,
  requeued: 0,
  unjudged: 0,
  refused: 0,
  unexpected: 0,
  complete: true,
  missingIds: [],
  unexpectedIds: [],
});

function checkOptions(check: Check, options: ReconcileOptions): void {
  const { day, timeZone = "UTC", destination, reader, lagMinutes = 15, dryRun = false, onProgress } = options;
  check("day", day, "a day as YYYY-MM-DD", isDay(day));
  check("timeZone", timeZone, "UTC or an IANA name such as Europe/Paris", isTimeZone(timeZone));
  const name = "1 to 60 characters of a-z, 0-9, _ and -";
  check("destination", destination, name, isDestinationName(destination));
  check("reader", reader, "an object with listIds", typeof reader?.listIds === "function");
  checkInteger(check, "lagMinutes", lagMinutes, 0, 1_440);
  check("dryRun", dryRun, "true or false", typeof dryRun === "boolean");
  const isFunction = onProgress === undefined || typeof onProgress === "function";
  check("onProgress", onProgress, "a function", isFunction);
}
