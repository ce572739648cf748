import { sql } from "drizzle-orm";
import { type Database, rowsOf } from "./database.ts";
import { withDatabaseErrors } from "./database-error.ts";
import { SchemaError } from "./errors.ts";
import { withService } from "./scope.ts";

/** Rows that one round trip of an archive reads. */
const archiveBatch = 2_000;

export interface EnsurePartitionsOptions {
  /** Months to have ready after the current one. 0 to 120, default 3. */
  monthsAhead?: number;
  /** The first month, by its UTC date. Default: this month. */
  from?: Date;
}

/**
 * Makes the missing monthly partitions of `analytics_events`, and moves the rows that waited for them out of the
 * default partition. A second run makes nothing; any number of processes may call it at once. Call it at the start
 * of the host and once a day.
 *
 * @returns the names of the partitions that this call made
 * @throws {SchemaError} INVALID_OPTION
 * @throws {DatabaseError} retryable (55P03) when a long transaction holds the events for more than 2 s
 *
 * @example
 * await ensurePartitions(db); // this month and the next three
 */
export async function ensurePartitions(
  db: Database,
  { monthsAhead = 3, from = new Date() }: EnsurePartitionsOptions = {},
): Promise<{ created: string[] }> {
  if (!Number.isInteger(monthsAhead) || monthsAhead < 0 || monthsAhead > 120) {
    throw invalid(
      "ensurePartitions",
      `monthsAhead must be a whole number from 0 to 120; received ${monthsAhead}.`,
    );
  }
  const first = monthOf("ensurePartitions", "from", from);
  return withDatabaseErrors("ensurePartitions", () =>
    withService(db, async (tx) => {
      const [row] = await rowsOf(
        tx,
        sql`select to_json(devora.ensure_event_partitions(${first}::date, (${first}::date + make_interval(months => ${monthsAhead}::int))::date))::text as made`,
      );
      return { created: JSON.parse(String(row?.made)) as string[] };
    }),
  );
}

/** A month of events that has left `analytics_events` and is about to be dropped. */
export interface DetachedMonth {
  /** `analytics_events_y2026m01`. */
  partition: string;
  /**
   * Its events in order of their ids, each as one line of JSON without line break, with the names of the columns.
   * Load them back with `jsonb_populate_record(null::devora.analytics_events, line)`.
   */
  lines: AsyncIterable<string>;
}

export interface DropPartitionsOptions {
  /**
   * Called with each month before it is dropped; when it throws, that month stays and the error is thrown.
   * A month may come twice, when a process dies between the archive and the drop: write to a name of the month.
   */
  archive?: (month: DetachedMonth) => Promise<void>;
}

export interface DroppedPartitions {
  dropped: string[];
  /** Months with events that a destination has not taken yet; they stay. */
  kept: { partition: string; undelivered: number }[];
}

/**
 * Drops the months of `analytics_events` that end by `before` (UTC), oldest first, with an archive first on request.
 *
 * A month is detached in a moment, archived at leisure, then dropped; a call that dies in between is finished by the
 * next one. Months that hold undelivered events stay. Their ids are kept in `event_ids`, so that an event sent
 * again after its month is gone counts as a duplicate. Not inside a transaction of the caller.
 *
 * @throws {SchemaError} INVALID_OPTION for a date that is not one, or in the future
 * @throws {DatabaseError} retryable (55P03) when a long transaction holds the events for more than 2 s
 *
 * @example
 * await dropPartitionsBefore(db, new Date("2026-01-01"), {
 *   archive: ({ partition, lines }) =>
 *     pipeline(lines, async function* (all) { for await (const line of all) yield `${line}\n`; },
 *       createGzip(), createWriteStream(`${partition}.jsonl.gz`)),
 * });
 */
export async function dropPartitionsBefore(
  db: Database,
  before: Date,
  { archive }: DropPartitionsOptions = {},
): Promise<DroppedPartitions> {
  const month = monthOf("dropPartitionsBefore", "before", before);
  if (before.getTime() > Date.now()) {
    throw invalid("dropPartitionsBefore", "before lies in the future; pass the first day to keep.");
  }
  const result: DroppedPartitions = { dropped: [], kept: [] };
  for (const { partition, detached } of await inDatabase(() => monthsBefore(db, month))) {
    const undelivered = detached ? 0 : await inDatabase(() => detach(db, partition));
    if (undelivered > 0) {
      result.kept.push({ partition, undelivered });
      continue;
    }
    await archive?.({ partition, lines: linesOf(db, partition) });
    await inDatabase(() => dropDetached(db, partition));
    result.dropped.push(partition);
  }
  return result;
}

const inDatabase = <T>(fn: () => Promise<T>): Promise<T> => withDatabaseErrors("dropPartitionsBefore", fn);

interface Month {
  partition: string;
  /** An earlier call detached it and did not come to drop it. */
  detached: boolean;
}

/** Left-over detached months, then attached ones that end by `month`, oldest first. */
async function monthsBefore(db: Database, month: string): Promise<Month[]> {
  const rows = await rowsOf(
    db,
    sql`
      select left(relname, 25) as partition, relname like '%\\_detached' as detached
      from pg_class
      where relnamespace = 'devora'::regnamespace and relkind = 'r'
        and (relname ~ '^analytics_events_y\\d{4}m\\d{2}_detached$'
             or relname ~ '^analytics_events_y\\d{4}m\\d{2}$' and right(relname, 7) < to_char(${month}::date, 'YYYY"m"MM'))
      order by detached desc, relname`,
  );
  return rows.map((row) => ({ partition: String(row.partition), detached: row.detached === true }));
}

/** Detaches a month unless it has undelivered events; answers how many. */
async function detach(db: Database, partition: string): Promise<number> {
  const undelivered = new Undelivered();
  try {
    await withService(db, async (tx) => {
      await tx.execute(sql`select devora.detach_event_partition(${partition}::text)`);
      // Counted after the lock was had: no capture into this month is under way any more.
      undelivered.count = await countUndelivered(tx, partition);
      if (undelivered.count > 0) throw undelivered;
    });
  } catch (error) {
    if (error !== undelivered) throw error;
  }
  return undelivered.count;
}

/** Takes the transaction back. */
class Undelivered extends Error {
  count = 0;
}

async function countUndelivered(tx: Database, partition: string): Promise<number> {
  const [year, month] = [Number(partition.slice(18, 22)), Number(partition.slice(23))];
  const [from, to] = [new Date(Date.UTC(year, month - 1)), new Date(Date.UTC(year, month))];
  const [row] = await rowsOf(
    tx,
    sql`
      select count(*)::int as count
      from devora.analytics_outbox
      where state <> 'sent' and occurred_at >= ${from.toISOString()}::timestamptz and occurred_at < ${to.toISOString()}::timestamptz`,
  );
  return Number(row?.count);
}

async function dropDetached(db: Database, partition: string): Promise<void> {
  await withService(db, (tx) =>
    tx.execute(sql`select devora.drop_detached_events(${`${partition}_detached`}::text)`),
  );
}

async function* linesOf(db: Database, partition: string): AsyncGenerator<string> {
  const table = sql`devora.${sql.identifier(`${partition}_detached`)}`;
  let after = sql`true`;
  while (true) {
    const batch = sql`
      select e.id::text as id, e.occurred_at::text as occurred_at, to_jsonb(e)::text as line
      from ${table} e
      where ${after}
      order by e.id, e.occurred_at
      limit ${archiveBatch}::int`;
    const rows = await inDatabase(() => withService(db, (tx) => rowsOf(tx, batch)));
    yield* rows.map((row) => String(row.line));
    const last = rows.at(-1);
    if (!last || rows.length < archiveBatch) return;
    after = sql`(e.id, e.occurred_at) > (${String(last.id)}::uuid, ${String(last.occurred_at)}::timestamptz)`;
  }
}

/** The month of a date in UTC, as `2026-01-01`. */
function monthOf(verb: string, option: string, date: Date): string {
  if (!(date instanceof Date) || Number.isNaN(date.getTime())) {
    throw invalid(
      verb,
      `${option} must be a valid Date; received ${date instanceof Date ? "an invalid one" : typeof date}.`,
    );
  }
  return `${date.toISOString().slice(0, 7)}-01`;
}

const invalid = (verb: string, text: string) => new SchemaError("INVALID_OPTION", `${verb}: ${text}`);
