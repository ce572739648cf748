import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { analyticsEvents, type Database, newId, withService } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import pg from "pg";
import { from } from "pg-copy-streams";
import { collect } from "../../measure.ts";
import { type BenchRow, toRow } from "../../row.ts";

const count = 100_000;
type NewEvent = typeof analyticsEvents.$inferInsert & { id: string };

const events: readonly NewEvent[] = Array.from({ length: count }, (_, n) => ({
  id: newId(),
  event: `event_${n % 50}`,
  distinctId: `user_${n % 997}`,
  ownerId: `user_${n % 997}`,
  occurredAt: new Date(Date.now() - n * 1000),
  properties: { plan: "pro", count: n, path: `/projects/${n % 300}` },
}));

/**
 * Events into their table with all of its indexes and its trigger, as the service: by Drizzle's `values`, by one JSON
 * parameter per batch, and by COPY into a temporary table first, because COPY into a table under row level security
 * is refused. Each run is rolled back.
 */
export async function bulkInsert(
  db: Database,
  url: string | undefined,
  log: (text: string) => void,
): Promise<BenchRow[]> {
  const byDrizzle = () => inRolledBack(db, drizzleInsert);
  const byJson = () => inRolledBack(db, jsonInsert);
  const runs = { runs: 3, warmUp: 1 };
  if (url === undefined) {
    log("COPY is not measured: the embedded database reads no stream");
    return rowsOf(await collect({ byDrizzle, byJson }, runs));
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return rowsOf(await collect({ byDrizzle, byJson, byCopy: () => copyInsert(client) }, runs));
  } finally {
    await client.end();
  }
}

function rowsOf(timings: Partial<Record<"byDrizzle" | "byJson" | "byCopy", { p50: number }>>): BenchRow[] {
  const names = {
    byDrizzle: "Drizzle, 1,000 rows a statement",
    byJson: "jsonb_to_recordset, 5,000 rows a statement",
    byCopy: "COPY to a temporary table, then insert",
  };
  const perSecond = (timing: { p50: number }) => (count / timing.p50) * 1000;
  const copy = timings.byCopy && perSecond(timings.byCopy);
  return Object.entries(timings).map(([key, timing]) =>
    toRow({
      suite: "schema",
      name: `100,000 events by ${names[key as keyof typeof names]}`,
      measured: perSecond(timing),
      unit: "rows/s",
      better: "higher",
      ...(copy === undefined ? {} : { peer: copy }),
    }),
  );
}

/** Times the work without its end, which takes it back. */
async function inRolledBack(db: Database, work: (tx: Database) => Promise<void>): Promise<number> {
  let time = Number.NaN;
  const end = new Error("rolled back on purpose");
  await withService(db, async (tx) => {
    const start = performance.now();
    await work(tx);
    time = performance.now() - start;
    throw end;
  }).catch((error: unknown) => {
    if (error !== end) throw error;
  });
  return time;
}

async function drizzleInsert(tx: Database): Promise<void> {
  for (let at = 0; at < count; at += 1000) {
    await tx.insert(analyticsEvents).values(events.slice(at, at + 1000));
  }
}

async function jsonInsert(tx: Database): Promise<void> {
  for (let at = 0; at < count; at += 5000) {
    const batch = JSON.stringify(events.slice(at, at + 5000).map(toColumns));
    await tx.execute(
      insertFrom(sql`
      jsonb_to_recordset(${batch}::jsonb) as e (
        id uuid, event text, distinct_id text, owner_id text, occurred_at timestamptz, properties jsonb)`),
    );
  }
}

const insertFrom = (source: SQL) => sql`
  insert into devora.analytics_events (id, event, distinct_id, owner_id, occurred_at, properties)
  select e.id, e.event, e.distinct_id, e.owner_id, e.occurred_at, e.properties
  from ${source}`;

const toColumns = (event: NewEvent) => ({
  id: event.id,
  event: event.event,
  distinct_id: event.distinctId,
  owner_id: event.ownerId,
  occurred_at: event.occurredAt.toISOString(),
  properties: event.properties,
});

async function copyInsert(client: pg.Client): Promise<number> {
  await client.query(`
    begin;
    create temp table incoming (id uuid, event text, distinct_id text, owner_id text, occurred_at timestamptz, properties jsonb)
      on commit drop;
    grant select, insert on incoming to devora_service;
    set local role devora_service`);
  const start = performance.now();
  const copy = client.query(from("copy incoming from stdin"));
  await pipeline(Readable.from(lines()), copy);
  await client.query(`
    insert into devora.analytics_events (id, event, distinct_id, owner_id, occurred_at, properties)
    select id, event, distinct_id, owner_id, occurred_at, properties from incoming`);
  const time = performance.now() - start;
  await client.query("rollback");
  return time;
}

/** COPY's text format; nothing in these events needs escaping but the JSON's backslashes, and it has none. */
function* lines(): Generator<string> {
  for (let at = 0; at < count; at += 1000) {
    const batch = events.slice(at, at + 1000).map((event) => {
      const columns = toColumns(event);
      return Object.values({ ...columns, properties: JSON.stringify(columns.properties) }).join("\t");
    });
    yield `${batch.join("\n")}\n`;
  }
}
