import { type Database, newId, rowsOf, withService } from "@devora/db-schema";
import { sql } from "drizzle-orm";

/** Every column of the events of a month as text, in order: equal when nothing was lost. */
export async function wholeEvents(db: Database, month: string): Promise<unknown[]> {
  const rows = await withService(db, (tx) =>
    rowsOf(
      tx,
      sql`
        select e::text as whole from devora.analytics_events e
        where occurred_at >= ${`${month}-01`}::date::timestamp at time zone 'UTC'
          and occurred_at < (${`${month}-01`}::date + interval '1 month') at time zone 'UTC'
        order by id, occurred_at`,
    ),
  );
  return rows.map((row) => row.whole);
}

/** A number beyond what JavaScript holds exactly, twice. */
export const manyDigits =
  '{"big": 12345678901234567890, "fine": 0.1234567890123456789012, "huge": 1e300, "kept": 1.50}';

/** Texts that break what is split, quoted or escaped carelessly. */
export const hostileTexts: readonly string[] = [
  "line\nbreak\r\n",
  'quote " and \\ backslash \\n',
  "\u2028\u2029\u0085\u0001",
  "emoji 👩‍👩‍👧 and \ufeffbom",
  "'); drop table users; --",
  "{}[],:",
  "%s $1 :name \\u0000",
];

/** Captures events into a month, as the service. Answers their ids. */
export async function captureInto(
  db: Database,
  month: string,
  count: number,
  destinations = "{}",
): Promise<string[]> {
  const events = Array.from({ length: count }, (_, n) => ({
    id: newId(),
    event: `opened ${hostileTexts[n % hostileTexts.length]}`,
    distinct_id: n % 2 ? "ada" : `bob ${hostileTexts[n % hostileTexts.length]}`,
    owner_id: n % 3 ? "ada" : null,
    actor_id: n % 5 ? null : "support",
    session_id: n % 2 ? null : "s",
    occurred_at: `${month}-${String(1 + (n % 28)).padStart(2, "0")}T23:59:59.${String(n).padStart(6, "0")}Z`,
    claimed_at: n % 4 ? null : "0001-01-01T00:00:00.000001Z",
    counts_as_activity: n % 2 === 0,
    retention_class: "long",
    properties: { text: hostileTexts[n % hostileTexts.length], list: [null, true, { deep: [] }] },
    context: { [String(hostileTexts[n % hostileTexts.length])]: n },
  }));
  await withService(db, (tx) =>
    tx.execute(
      sql`select * from devora.capture_events(${JSON.stringify(events)}::jsonb, ${destinations}::text[])`,
    ),
  );
  return events.map(({ id }) => id);
}

/** Sets deliveries to a state, as a worker or a person would: those of an event, or all. */
export const setState = (
  db: Database,
  id: string | "all",
  state: "pending" | "leased" | "sent" | "parked",
): Promise<unknown> =>
  withService(db, (tx) =>
    tx.execute(sql`
      update devora.analytics_outbox
      set state = ${state}::text,
          lease_token = ${state === "leased" ? newId() : null}::uuid,
          leased_until = ${state === "leased" ? "2099-01-01T00:00:00Z" : null}::timestamptz
      where ${id}::text in (event_id::text, 'all')`),
  );
