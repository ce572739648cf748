import { type SQL, sql } from "drizzle-orm";
import { type Database, type Row, rowsOf } from "./database.ts";
import { withDatabaseErrors } from "./database-error.ts";
import { withService } from "./scope.ts";

/** Characters that one round trip of an archive is to read, and rows at most: 60 events of 64 kB. */
const batchCharacters = 4_000_000;
const mostRows = 5_000;

/** A month of events that has left `analytics_events` and is about to be dropped. */
export interface DetachedMonth {
  /** `analytics_events_y2026m01`. */
  partition: string;
  /** How many events it has. */
  events: number;
  /**
   * Its events in order of their ids, each as one line of JSON without line break, with the names of the columns and
   * times in UTC. To be read to the end, once. The same events make the same lines.
   */
  lines: AsyncIterable<string>;
}

const detachedTable = (partition: string) => sql`devora.${sql.identifier(`${partition}_detached`)}`;

const asService = (db: Database, query: SQL): Promise<Row[]> =>
  withDatabaseErrors("dropPartitionsBefore", () =>
    withService(db, async (tx) => {
      await tx.execute(sql`select set_config('TimeZone', 'UTC', true)`);
      return rowsOf(tx, query);
    }),
  );

export async function countEvents(db: Database, partition: string): Promise<number> {
  const [row] = await asService(db, sql`select count(*)::float8 as count from ${detachedTable(partition)}`);
  return Number(row?.count);
}

/** See {@link DetachedMonth.lines}. In batches by key: a cursor would hold back vacuum for as long as it is read. */
export async function* linesOf(db: Database, partition: string): AsyncGenerator<string> {
  let after = sql`true`;
  // How wide the rows are is not known before the first batch.
  let limit = 100;
  while (true) {
    const rows = await asService(
      db,
      sql`
      select e.id::text as id, to_json(e.occurred_at) #>> '{}' as occurred_at, row_to_json(e)::text as line
      from ${detachedTable(partition)} e
      where ${after}
      order by e.id, e.occurred_at
      limit ${limit}::int`,
    );
    let characters = 0;
    for (const { line } of rows) {
      characters += String(line).length;
      yield String(line);
    }
    const last = rows.at(-1);
    if (!last || rows.length < limit) return;
    after = sql`(e.id, e.occurred_at) > (${String(last.id)}::uuid, ${String(last.occurred_at)}::timestamptz)`;
    limit = Math.min(mostRows, Math.max(10, Math.floor((batchCharacters * rows.length) / characters)));
  }
}
