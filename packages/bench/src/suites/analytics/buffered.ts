import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createAnalytics } from "@devora/analytics";
import { type Database, newId } from "@devora/db-schema";
import pg from "pg";
import { from } from "pg-copy-streams";
import { percentile } from "../../measure.ts";
import { type BenchRow, toRow } from "../../row.ts";

const count = 100_000;
const rounds = 3;

/**
 * Events through `captureBuffered` until all are committed, a thousand to a commit, beside COPY of as many of the same
 * shape into the same two tables with their indexes, round by round.
 */
export async function buffered(
  db: Database,
  url: string | undefined,
  log: (text: string) => void,
): Promise<BenchRow[]> {
  const ours: number[] = [];
  const copies: number[] = [];
  const calls: number[] = [];
  for (let round = 0; round < rounds; round++) {
    log(`${count.toLocaleString("en")} buffered events, round ${round + 1} of ${rounds} …`);
    ours.push(await captureAll(db, calls));
    if (url !== undefined) copies.push(await copyAll(url));
  }
  if (url === undefined) log("COPY is not measured: the embedded database reads no stream");
  const perSecond = (times: readonly number[]) => (count / percentile(times, 0.5)) * 1000;
  const measured = perSecond(ours);
  const rows = [
    toRow({
      suite: "analytics",
      name: "the call of captureBuffered, p50",
      measured: percentile(calls, 0.5) * 1000,
      unit: "µs",
      goal: 20,
    }),
    toRow({
      suite: "analytics",
      name: "buffered events until committed",
      measured,
      unit: "events/s",
      better: "higher",
      goal: 20_000,
    }),
  ];
  if (copies.length === 0) return rows;
  const copy = perSecond(copies);
  return [
    ...rows,
    toRow({
      suite: "analytics",
      name: "buffered events, share of COPY",
      measured: measured / copy,
      unit: "",
      better: "higher",
      goal: 0.35,
    }),
    toRow({
      suite: "analytics",
      name: "COPY into the same tables",
      measured: copy,
      unit: "events/s",
      better: "higher",
    }),
  ];
}

const propertiesOf = (n: number) => ({
  model: "gpt-4o",
  tokens_used: 1000 + (n % 4000),
  generation_time_ms: n % 3000,
});

/** In turns of a thousand, so that the writer has its turn as in a service that waits for requests. */
async function captureAll(db: Database, calls: number[]): Promise<number> {
  const analytics = createAnalytics({ db, buffer: { maxEvents: count, maxBytes: 512 * 1024 * 1024 } });
  const start = performance.now();
  for (let n = 0; n < count; n++) {
    const before = performance.now();
    analytics.captureBuffered({
      event: "code_generated",
      userId: `user_${n % 997}`,
      properties: propertiesOf(n),
    });
    if (n % 10 === 0) calls.push(performance.now() - before);
    if (n % 1000 === 999) await new Promise((resolve) => setImmediate(resolve));
  }
  const { remaining } = await analytics.close({ timeoutMs: 120_000 });
  const time = performance.now() - start;
  const { captured, lost } = analytics.stats();
  if (remaining > 0 || captured !== count || lost > 0)
    throw new Error(`${captured} of ${count} events were kept, ${lost} lost`);
  return time;
}

async function copyAll(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`
      begin;
      create temp table incoming (like devora.analytics_events including defaults) on commit drop;
      grant select, insert on incoming to devora_definer;
      set local role devora_definer`);
    const start = performance.now();
    await pipeline(
      Readable.from(lines()),
      client.query(
        from(
          "copy incoming (id, event, distinct_id, owner_id, actor_id, occurred_at, counts_as_activity, properties, context) from stdin",
        ),
      ),
    );
    await client.query("insert into devora.event_ids (id, occurred_at) select id, occurred_at from incoming");
    await client.query("insert into devora.analytics_events select * from incoming");
    await client.query("commit");
    return performance.now() - start;
  } finally {
    await client.end();
  }
}

function* lines(): Generator<string> {
  const context = JSON.stringify({ $lib: "@devora/analytics", $lib_version: "0.1.0" });
  for (let n = 0; n < count; n++) {
    const user = `user_${n % 997}`;
    const columns = [newId(), "code_generated", user, user, user, new Date().toISOString(), "t"];
    yield `${[...columns, JSON.stringify(propertiesOf(n)), context].join("\t")}\n`;
  }
}
