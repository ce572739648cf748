import { sql } from "drizzle-orm";
import { type Database, rowsOf } from "./database.ts";
import { withDatabaseErrors } from "./database-error.ts";
import { countEvents, type DetachedMonth, linesOf } from "./detached-month.ts";
import { SchemaError } from "./errors.ts";
import { invalid, monthOf } from "./partitions.ts";
import { withService } from "./scope.ts";
import { withTransaction } from "./transaction.ts";

export interface DropPartitionsOptions {
  /**
   * Called with each month before it is dropped, as {@link archiveTo} makes it; when it throws, or has not read all
   * lines, that month stays and the error is thrown. A month may come twice: when a process dies between the archive
   * and the drop, and with other events when some came, or were restored, after it was dropped.
   */
  archive?: (month: DetachedMonth) => Promise<void>;
}

export interface DroppedPartitions {
  dropped: string[];
  /** Months with events that a destination has not taken yet (pending, leased or parked); they stay. */
  kept: { partition: string; undelivered: number }[];
}

/**
 * Drops the months of `analytics_events` that end by `before` (UTC), oldest first, with an archive first on request.
 *
 * A month is detached in a moment, archived at leisure, then dropped; a call that dies in between is finished by the
 * next one. Months that hold undelivered events stay: that is looked at behind the lock that detaches, and again
 * behind the lock that drops, after which a month that has some is attached again. Their ids are kept in `event_ids`,
 * so that an event sent again after its month is gone counts as a duplicate. Not inside a transaction of the caller.
 *
 * @throws {SchemaError} INVALID_OPTION for a date that is not one, or in the future; ARCHIVE_INCOMPLETE when `archive`
 *   has not read all events of a month
 * @throws {DatabaseError} retryable (55P03) when a long transaction holds the events for more than 2 s
 *
 * @example
 * await dropPartitionsBefore(db, new Date("2026-01-01"), { archive: archiveTo("/var/backups/events") });
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
    let undelivered = detached ? 0 : await inDatabase(() => detach(db, partition));
    if (undelivered === 0) {
      if (archive) await archiveWhole(db, partition, archive);
      undelivered = await inDatabase(() => dropDetached(db, partition));
    }
    if (undelivered === 0) result.dropped.push(partition);
    else result.kept.push({ partition, undelivered });
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
  // A look beforehand, so that a month that has to stay is not locked day after day.
  const waiting = await withService(db, (tx) => countUndelivered(tx, partition));
  if (waiting > 0) return waiting;
  return unlessUndelivered(db, partition, async (tx) => {
    await tx.execute(sql`select devora.detach_event_partition(${partition}::text)`);
  });
}

/** Drops a detached month; one that deliveries were queued for meanwhile is attached again. Answers how many. */
async function dropDetached(db: Database, partition: string): Promise<number> {
  const detached = `${partition}_detached`;
  const undelivered = await unlessUndelivered(
    db,
    partition,
    async (tx) => {
      // Until the commit nobody queues a delivery. Like detaching, it gives up rather than queue for long.
      await tx.execute(sql`select set_config('lock_timeout', '2s', true)`);
      await tx.execute(sql`lock table devora.analytics_outbox in share mode`);
    },
    (tx) => tx.execute(sql`select devora.drop_detached_events(${detached}::text)`),
  );
  if (undelivered > 0) {
    await withService(db, (tx) => tx.execute(sql`select devora.attach_event_partition(${detached}::text)`));
  }
  return undelivered;
}

/** Runs `lock`, counts the month's undelivered events, and goes on if there are none; else all of it is taken back. */
async function unlessUndelivered(
  db: Database,
  partition: string,
  lock: (tx: Database) => Promise<unknown>,
  then: (tx: Database) => Promise<unknown> = async () => {},
): Promise<number> {
  const undelivered = new Undelivered();
  const run = async (tx: Database) => {
    await lock(tx);
    // After the lock was had: what others were about to capture or queue is committed, and is seen.
    undelivered.count = await countUndelivered(tx, partition);
    if (undelivered.count > 0) throw undelivered;
    await then(tx);
  };
  try {
    // An earlier snapshot, as in a login that defaults to repeatable read, would not see it.
    await withTransaction(db, (tx) => withService(tx, run), { isolationLevel: "read committed" });
  } catch (error) {
    if (error !== undelivered) throw error;
  }
  return undelivered.count;
}

/** Takes the transaction back. */
class Undelivered extends Error {
  count = 0;
}

/** By the two partial indexes: `state <> 'sent'` would read years of sent rows while everybody waits. */
async function countUndelivered(tx: Database, partition: string): Promise<number> {
  const [year, month] = [Number(partition.slice(18, 22)), Number(partition.slice(23))];
  const [from, to] = [new Date(Date.UTC(year, month - 1)), new Date(Date.UTC(year, month))];
  const [row] = await rowsOf(
    tx,
    sql`
      select count(*)::int as count
      from devora.analytics_outbox
      where (state in ('pending', 'leased') or state = 'parked')
        and occurred_at >= ${from.toISOString()}::timestamptz and occurred_at < ${to.toISOString()}::timestamptz`,
  );
  return Number(row?.count);
}

/** Hands a detached month to `archive`, and makes sure that it has read each event that a count of its own finds. */
async function archiveWhole(
  db: Database,
  partition: string,
  archive: (month: DetachedMonth) => Promise<void>,
): Promise<void> {
  const events = await countEvents(db, partition);
  let read = 0;
  async function* counted() {
    for await (const line of linesOf(db, partition)) {
      read++;
      yield line;
    }
  }
  await archive({ partition, events, lines: counted() });
  if (read === events) return;
  throw new SchemaError(
    "ARCHIVE_INCOMPLETE",
    `dropPartitionsBefore: archive has read ${read} of the ${events} events of ${partition}, which stays. It must read all lines before it resolves.`,
  );
}
