/**
 * What the maintenance of the embedded database changes: the same inserts and updates without it and with a run
 * after every sixth round. Prints the table of docs/embedded.md.
 *
 * node --conditions=@devora/source packages/db-schema/scripts/measure-maintenance.ts
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedDatabase, openEmbedded } from "../src/embedded.ts";

const rounds = 30;
const rowsPerRound = 2000;

async function measure(maintained: boolean): Promise<Record<string, number>> {
  const parent = mkdtempSync(join(tmpdir(), "devora-maintenance-"));
  const dataDir = join(parent, "data");
  const embedded = await openEmbedded({ dataDir, maintainEveryMs: 0 });
  try {
    const runs = await write(embedded, maintained);
    const facts = await factsOf(embedded);
    return {
      ...facts,
      "pg_wal, MB": sizeOf(join(dataDir, "pg_wal")),
      "longest run, ms": Math.round(Math.max(0, ...runs)),
    };
  } finally {
    await embedded.close();
    rmSync(parent, { recursive: true });
  }
}

/** Answers how long each run of the maintenance took, in ms. */
async function write({ client, maintain }: EmbeddedDatabase, maintained: boolean): Promise<number[]> {
  await client.exec(`
    create table notes (id int primary key, edits int, state text, body text, words tsvector);
    create index on notes (state);
    create index on notes using gin (words)`);
  const runs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await client.query(
      `insert into notes
       select g, 0, case when g % 200 = 0 then 'open' else 'done' end, repeat(md5(g::text), 8),
              to_tsvector('simple', md5(g::text) || ' word' || g % 500)
         from generate_series($1::int + 1, $1::int + $2::int) g`,
      [round * rowsPerRound, rowsPerRound],
    );
    await client.query("update notes set edits = edits + 1 where id % 3 = $1", [round % 3]);
    if (maintained && round % 6 === 5) runs.push((await maintain()).durationMs);
  }
  return runs;
}

async function factsOf({ client }: EmbeddedDatabase): Promise<Record<string, number>> {
  await client.query("select pg_stat_force_next_flush()");
  const { rows } = await client.query<{ dead: number; mb: number }>(
    `select n_dead_tup::int as dead, (pg_total_relation_size(relid) / 1048576)::int as mb
       from pg_stat_user_tables where relname = 'notes'`,
  );
  const plan = await client.query<{ "QUERY PLAN": [{ Plan: { "Plan Rows": number } }] }>(
    "explain (format json) select * from notes where state = 'done'",
  );
  return {
    "dead rows": rows[0]?.dead ?? 0,
    "table and indexes, MB": rows[0]?.mb ?? 0,
    "planner's estimate of 59,700 rows": plan.rows[0]?.["QUERY PLAN"][0].Plan["Plan Rows"] ?? 0,
    "count of a rare state, ms": await median(client, "select count(*) from notes where state = 'open'"),
    "full-text search, ms": await median(
      client,
      "select count(*) from notes where words @@ to_tsquery('simple', 'word77')",
    ),
  };
}

async function median(client: EmbeddedDatabase["client"], query: string): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 21; run++) {
    const start = performance.now();
    await client.query(query);
    times.push(performance.now() - start);
  }
  return Number(times.sort((a, b) => a - b)[10]?.toFixed(1));
}

const sizeOf = (folder: string): number =>
  Math.round(readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0) / 2 ** 20);

console.table({ without: await measure(false), with: await measure(true) });
