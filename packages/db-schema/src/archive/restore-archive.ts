import { type SQL, sql } from "drizzle-orm";
import { type Database, rowsOf } from "../database.ts";
import { withDatabaseErrors } from "../database-error.ts";
import { ensurePartitions } from "../partitions.ts";
import { withService } from "../scope.ts";
import type { ArchivedEvent } from "./archived-event.ts";
import { invalidArchive, readManifest } from "./manifest.ts";
import { eventsOf } from "./read-archive.ts";
import { assertWhole } from "./read-lines.ts";

/** Rows and characters of one statement, as of those that capture. */
const mostRows = 1_000;
const mostCharacters = 4_000_000;

export interface RestoreOptions {
  /**
   * Answers true for events to leave out. Archives know nothing of what happened after them: whoever asked to be
   * erased since comes back unless you leave them out here.
   */
  skip?: (event: ArchivedEvent) => boolean;
  /** Ends the work between two statements; a later call goes on. */
  signal?: AbortSignal;
  onProgress?: (progress: { done: number; total: number }) => void;
}

/** What became of the events of an archive. */
export interface RestoredEvents {
  /** In the archive: the sum of the others. */
  events: number;
  /** Written now. */
  restored: number;
  /** There already. */
  present: number;
  /** Kept under another time: the id was pruned, and the event captured anew. Left as they are. */
  elsewhere: number;
  /** Left out by `skip`. */
  skipped: number;
}

/**
 * Writes the events of an archive back into their month, which is made when it is absent, with every digit and
 * microsecond, and their ids into `event_ids`. Nothing is queued for delivery. Run again it writes what is missing.
 *
 * The file is read to its end first: of one that is not whole nothing is written. Each thousand events is a
 * transaction of its own. The next {@link dropPartitionsBefore} takes the month out again; where nothing was added it
 * ends in the same archive.
 *
 * @throws {SchemaError} INVALID_ARCHIVE, as {@link readArchive}; a line at fault ends the work, those before it stay
 *
 * @example
 * await restoreArchive(db, "old/analytics_events_y2026m01.ndjson.gz", { skip: ({ distinctId }) => erased.has(distinctId) });
 */
export async function restoreArchive(
  db: Database,
  file: string,
  { skip = () => false, signal, onProgress }: RestoreOptions = {},
): Promise<RestoredEvents> {
  const manifest = await readManifest(file);
  await assertWhole(file, manifest);
  const month = monthOf(manifest.partition);
  const result: RestoredEvents = { events: 0, restored: 0, present: 0, elsewhere: 0, skipped: 0 };
  signal?.throwIfAborted();
  await ensurePartitions(db, { from: month.from, monthsAhead: 0 });

  const batch = { lines: [] as string[], characters: 0 };
  const write = async () => {
    signal?.throwIfAborted();
    if (batch.lines.length > 0) addTo(result, await writeEvents(db, batch.lines));
    batch.lines = [];
    batch.characters = 0;
    onProgress?.({ done: result.events, total: manifest.events });
  };
  for await (const { event, line } of eventsOf(file)) {
    result.events++;
    if (event.occurredAt < month.from || event.occurredAt >= month.to) {
      throw invalidArchive(file, `line ${result.events} is of another month than ${manifest.partition}`);
    }
    if (skip(event)) {
      result.skipped++;
      continue;
    }
    batch.lines.push(line);
    batch.characters += line.length;
    if (batch.lines.length === mostRows || batch.characters > mostCharacters) await write();
  }
  await write();
  return result;
}

function monthOf(partition: string): { from: Date; to: Date } {
  const [year, month] = [Number(partition.slice(18, 22)), Number(partition.slice(23))];
  return { from: new Date(Date.UTC(year, month - 1)), to: new Date(Date.UTC(year, month)) };
}

type Written = Pick<RestoredEvents, "restored" | "present" | "elsewhere">;

function addTo(result: RestoredEvents, { restored, present, elsewhere }: Written): void {
  result.restored += restored;
  result.present += present;
  result.elsewhere += elsewhere;
}

async function writeEvents(db: Database, lines: readonly string[]): Promise<Written> {
  const [row] = await withDatabaseErrors("restoreArchive", () =>
    withService(db, (tx) => rowsOf(tx, restoreEventsQuery(lines))),
  );
  const [restored, known] = [Number(row?.restored), Number(row?.known)];
  return { restored, present: known - restored, elsewhere: lines.length - known };
}

/** Events whose id stands for another time stay out: the same id would be two events. */
const restoreEventsQuery = (lines: readonly string[]): SQL => sql`
  with incoming as materialized (
    select * from json_populate_recordset(null::devora.analytics_events, ${`[${lines.join(",")}]`}::json)
  ),
  accepted as (
    insert into devora.event_ids (id, occurred_at)
    select id, occurred_at from incoming
    on conflict on constraint event_ids_pkey do nothing
    returning id
  ),
  known as materialized (
    select i.* from incoming i join accepted a on a.id = i.id
    union all
    select i.* from incoming i join devora.event_ids e on e.id = i.id and e.occurred_at = i.occurred_at
  ),
  restored as (
    insert into devora.analytics_events
      (id, event, distinct_id, owner_id, actor_id, session_id, occurred_at, claimed_at, received_at,
       counts_as_activity, retention_class, properties, context)
    select id, event, distinct_id, owner_id, actor_id, session_id, occurred_at, claimed_at, received_at,
           counts_as_activity, retention_class, properties, context
    from known
    on conflict do nothing
    returning id
  )
  select (select count(*) from restored)::integer as restored, (select count(*) from known)::integer as known`;
