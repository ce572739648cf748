import { type SQL, sql } from "drizzle-orm";
import { type Database, type Row, rowsOf } from "./database.ts";
import { withDatabaseErrors } from "./database-error.ts";
import { invalid } from "./partitions.ts";
import { withService } from "./scope.ts";
import { withTransaction } from "./transaction.ts";

/** Pages of `event_ids` that one transaction reads: 4 MB, some 75,000 ids. */
const pagesPerBatch = 512;

export interface PruneEventIdsOptions {
  /**
   * Ids of events that happened more than so many days ago go. At least 31, no default: an event that is sent again
   * later than this, less the `maxAgeDays` (30) of your clients' clocks, after it was first captured is a new event.
   */
  olderThanDays: number;
  /** Ends the work between two transactions; a later call goes on. */
  signal?: AbortSignal;
}

/**
 * Deletes old ids of events whose month was dropped, with the notes of their delivery. Ids of events that are still
 * there stay, however old, and so do those with a delivery that is not sent. Reads the table once, in transactions
 * of 4 MB; what it frees is used by ids to come.
 *
 * @throws {SchemaError} INVALID_OPTION
 *
 * @example
 * await pruneEventIds(db, { olderThanDays: 400 }); // once a month, after dropPartitionsBefore
 */
export async function pruneEventIds(
  db: Database,
  { olderThanDays, signal }: PruneEventIdsOptions,
): Promise<{ pruned: number }> {
  if (!(olderThanDays >= 31 && olderThanDays <= 100_000)) {
    throw invalid(
      "pruneEventIds",
      `olderThanDays must be a number from 31 to 100,000; received ${typeof olderThanDays === "number" ? olderThanDays : typeof olderThanDays}.`,
    );
  }
  let pruned = 0;
  for (let page = 0; ; page += pagesPerBatch) {
    signal?.throwIfAborted();
    const [row] = await withDatabaseErrors("pruneEventIds", () =>
      withTransaction(db, (tx) => withService(tx, (service) => prunePages(service, page, olderThanDays)), {
        isolationLevel: "read committed",
      }),
    );
    pruned += Number(row?.pruned);
    if (page + pagesPerBatch >= Number(row?.pages)) return { pruned };
  }
}

async function prunePages(tx: Database, page: number, olderThanDays: number): Promise<Row[]> {
  // Nobody makes, restores or detaches a month meanwhile: which are there is part of the question, asked after this.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('devora.event_partitions', 0))`);
  return rowsOf(tx, pruneQuery(page, olderThanDays));
}

/**
 * Ids of some pages. There is no index by time: it would cost every capture, to spare a scan a month. Months that have
 * a partition, or are detached, keep their ids; events of other months could only be in the default partition.
 */
const pruneQuery = (page: number, olderThanDays: number): SQL => sql`
  with months as materialized (
    select to_date(substr(relname, 19, 7), 'YYYY"m"MM') as month
    from pg_catalog.pg_class
    where relnamespace = 'devora'::regnamespace and relname ~ '^analytics_events_y\\d{4}m\\d{2}(_detached)?$'
  ),
  old as materialized (
    select k.id, k.occurred_at
    from devora.event_ids k
    where k.ctid >= ${`(${page},0)`}::tid and k.ctid < ${`(${page + pagesPerBatch},0)`}::tid
      and k.occurred_at < now() - ${olderThanDays}::float8 * interval '1 day'
      and date_trunc('month', k.occurred_at at time zone 'UTC')::date <> all (array(select month from months))
  ),
  gone as materialized (
    select old.id
    from old
    left join lateral (
      select e.id from devora.analytics_events e where e.id = old.id and e.occurred_at = old.occurred_at limit 1
    ) as kept on true
    left join lateral (
      select o.event_id from devora.analytics_outbox o where o.event_id = old.id and o.state <> 'sent' limit 1
    ) as waiting on true
    where kept.id is null and waiting.event_id is null
  ),
  notes as (
    delete from devora.analytics_outbox where event_id = any (array(select id from gone))
  ),
  pruned as (
    delete from devora.event_ids where id = any (array(select id from gone)) returning id
  )
  select (select count(*) from pruned)::integer as pruned,
         (pg_relation_size('devora.event_ids') / current_setting('block_size')::bigint)::float8 as pages`;
