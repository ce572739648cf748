import type { Row } from "@devora/db-schema";
import type { SQL } from "drizzle-orm";
import type { Check } from "../check-option.ts";
import { checkInteger } from "../check-option.ts";
import { isDestinationName } from "../destination-names.ts";
import { countEventsQuery, type EventRange } from "../queries/event-page.ts";
import { databaseTimeQuery, decodeReplayed, replayPageQuery, replayPlanQuery } from "../queries/replay.ts";
import { decodeCursor, encodeCursor, isCursor } from "./replay-cursor.ts";

export interface ReplayOptions {
  /** Events that happened from then on, by the time under which they are kept. */
  from: Date;
  /** Exclusive. */
  to: Date;
  /** 1 to 60 characters of a-z, 0-9, _ and -: a name that a delivery worker knows. */
  destination: string;
  /** Names of events, 1 to 1,000. Default: all. */
  events?: readonly string[];
  /** Also events that the destination took before this began, as after a mistake over there. Default false. */
  again?: boolean;
  /** Counts and queues nothing. Default false. */
  dryRun?: boolean;
  /** Events of one transaction, 1 to 10,000. Default 2,000. */
  batchSize?: number;
  /** Goes on where an earlier call of the same options stopped. Default: at the beginning. */
  cursor?: string;
  /** Told after each batch; what it throws ends the replay, and what was queued stays. */
  onProgress?: (progress: ReplayProgress) => void;
}

/** What a replay did so far, in events. */
export interface ReplayResult {
  /** Events of the range. */
  read: number;
  /** Queued that had never been, or whose note was purged. */
  queued: number;
  /** Sent before, queued again. */
  again: number;
  /** Left out: their person has opted out since. */
  refused: number;
}

export interface ReplayProgress extends ReplayResult {
  /** Events of the range; a call with a cursor reads fewer. */
  total: number;
  /** For {@link ReplayOptions.cursor}. */
  cursor: string;
}

type Run = (query: SQL) => Promise<Row[]>;

const day = 86_400_000;

/** Walks the events of a range in order of their ids, a batch to a transaction. @throws {AnalyticsError} INVALID_OPTION */
export async function replayEvents(check: Check, run: Run, options: ReplayOptions): Promise<ReplayResult> {
  const { destination, again = false, dryRun = false, batchSize = 2_000, cursor, onProgress } = options;
  const range = checkOptions(check, options);
  checkInteger(check, "batchSize", batchSize, 1, 10_000);

  const resumed = cursor === undefined ? undefined : decodeCursor(cursor);
  const startedAt = resumed?.startedAt ?? String((await run(databaseTimeQuery()))[0]?.time);
  const total = onProgress === undefined ? 0 : Number((await run(countEventsQuery(range)))[0]?.count);
  const target = { destination, sentBy: again ? startedAt : undefined };
  const query = dryRun ? replayPlanQuery : replayPageQuery;

  const result: ReplayResult = { read: 0, queued: 0, again: 0, refused: 0 };
  let after = resumed?.after;
  while (true) {
    const page = decodeReplayed((await run(query(target, range, { after, limit: batchSize })))[0]);
    for (const name of ["read", "queued", "again", "refused"] as const) result[name] += page[name];
    if (page.last === undefined) return result;
    after = page.last;
    onProgress?.({ ...result, total, cursor: encodeCursor({ startedAt, after }) });
    if (page.read < batchSize) return result;
  }
}

function checkOptions(check: Check, options: ReplayOptions): EventRange {
  const { from, to, destination, events, again, dryRun, cursor, onProgress } = options;
  const isTime = (value: unknown) => value instanceof Date && !Number.isNaN(value.getTime());
  check("from", from, "a valid Date", isTime(from));
  check("to", to, "a valid Date after from, at most 50 years", isTime(to) && to > from);
  check("to", to, "at most 50 years after from", to.getTime() - from.getTime() <= 50 * 366 * day);
  const name = "1 to 60 characters of a-z, 0-9, _ and -";
  check("destination", destination, name, isDestinationName(destination));
  const areEvents =
    events === undefined ||
    (Array.isArray(events) &&
      events.length >= 1 &&
      events.length <= 1_000 &&
      events.every((event) => typeof event === "string" && event !== ""));
  check("events", events, "an array of 1 to 1,000 names, or undefined for all", areEvents);
  for (const [option, value] of Object.entries({ again, dryRun })) {
    check(option, value, "true or false", value === undefined || typeof value === "boolean");
  }
  check("cursor", cursor, "what onProgress was told", cursor === undefined || isCursor(cursor));
  check("onProgress", onProgress, "a function", onProgress === undefined || typeof onProgress === "function");
  return { from, to, events };
}
