import { rowsOf } from "@devora/db-schema";
import { type EmbeddedDatabase, type MaintenanceReport, openEmbedded } from "@devora/db-schema/embedded";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";

let embedded: EmbeddedDatabase;
beforeAll(async () => {
  embedded = await openEmbedded({ maintainEveryMs: 0 });
  await embedded.maintain();
});
afterAll(() => embedded.close());

const exec = (text: string) => embedded.client.exec(text);
/** What a run did to the tables of a test. */
const treated = async (prefix: string) => {
  const { tables, failures } = await embedded.maintain();
  expect(failures).toEqual([]);
  return tables.filter(({ name }) => name.startsWith(`public.${prefix}`));
};
const fill = (table: string, rows: number) =>
  exec(`insert into ${table} select g from generate_series(1, ${rows}) g`);

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

test("tables are vacuumed and analyzed when autovacuum would, and not before", async () => {
  await exec("create table due_dead (n int); create table due_new (n int); create table due_few (n int)");
  await fill("due_dead", 1000);
  await fill("due_new", 1001);
  await fill("due_few", 50);
  // 1,000 inserted rows are not more than the threshold of 1,000 for a vacuum; more than 50 changed are for an analyze.
  expect(await treated("due")).toEqual([
    { name: "public.due_dead", vacuumed: false, analyzed: true },
    { name: "public.due_new", vacuumed: true, analyzed: true },
  ]);
  expect(await treated("due")).toEqual([]);

  // 50 and a fifth of 1,000 rows.
  await exec("delete from due_dead where n <= 250");
  expect(await treated("due")).toEqual([{ name: "public.due_dead", vacuumed: false, analyzed: true }]);
  await exec("delete from due_dead where n = 251");
  expect(await treated("due")).toEqual([{ name: "public.due_dead", vacuumed: true, analyzed: false }]);
  const [dead] = await rowsOf(
    embedded.db,
    sql`select n_dead_tup::int as dead from pg_stat_user_tables where relname = 'due_dead'`,
  );
  expect(dead).toEqual({ dead: 0 });
});

test("a table's own settings and odd name are respected", async () => {
  await exec(`
    create table own_off (n int) with (autovacuum_enabled = false);
    create table "own 'soon'; --" (n int) with (autovacuum_analyze_threshold = 5, autovacuum_analyze_scale_factor = 0)`);
  await fill("own_off", 2000);
  await fill(`"own 'soon'; --"`, 6);
  const { tables } = await embedded.maintain();
  expect(tables.map(({ name }) => name)).toContain(`public."own 'soon'; --"`);
  expect(tables.map(({ name }) => name)).not.toContain("public.own_off");
});

test("the planner knows the rows afterwards", async () => {
  await exec("create table planned (n int, kind text); create index on planned (kind)");
  await exec(
    "insert into planned select g, case when g % 100 = 0 then 'rare' else 'common' end from generate_series(1, 5000) g",
  );
  const estimate = async (kind: string) => {
    const [row] = await rowsOf(
      embedded.db,
      sql`explain (format json) select * from planned where kind = ${sql.raw(`'${kind}'`)}`,
    );
    const plan = row?.["QUERY PLAN"] as [{ Plan: { "Plan Rows": number } }];
    return plan[0].Plan["Plan Rows"];
  };
  expect(await estimate("common")).toBeLessThan(100);
  await embedded.maintain();
  expect(await estimate("common")).toBe(4950);
  expect(await estimate("rare")).toBe(50);
});

test("the pending entries of a GIN index are merged by an analyze alone, as autovacuum's does", async () => {
  await exec("create table words (v tsvector); create index words_idx on words using gin (v)");
  await exec("insert into words select to_tsvector('simple', 'word' || g) from generate_series(1, 500) g");
  expect(await treated("words")).toEqual([{ name: "public.words", vacuumed: false, analyzed: true }]);
  const [pending] = await rowsOf(embedded.db, sql`select gin_clean_pending_list('words_idx')::int as pages`);
  expect(pending).toEqual({ pages: 0 });
});

test("a checkpoint follows 16 MB of writing, and no less", async () => {
  await exec("checkpoint; create table written (text text)");
  expect((await embedded.maintain()).checkpointed).toBe(false);
  await exec("insert into written select repeat(md5(g::text), 50) from generate_series(1, 12000) g");
  expect((await embedded.maintain()).checkpointed).toBe(true);
  expect((await embedded.maintain()).checkpointed).toBe(false);
});

test("a statement that fails is told without values, and the rest is done", async () => {
  await exec(`
    create table broken (n int);
    insert into broken select g from generate_series(1, 60) g;
    create function broken_key(n int) returns int language plpgsql immutable as $$ begin
      if current_setting('test.broken', true) = 'yes' then raise exception 'secret %', n; end if; return n; end $$;
    create index on broken (broken_key(n));
    create table sound (n int); insert into sound select g from generate_series(1, 70) g;
    set test.broken = 'yes'`);
  const { tables, failures } = await embedded.maintain();
  expect(failures).toMatchObject([
    { statement: "analyze public.broken", error: { code: "DATABASE", sqlState: "P0001" } },
  ]);
  expect(String(failures[0]?.error)).not.toContain("secret");
  expect(tables).toContainEqual({ name: "public.sound", vacuumed: false, analyzed: true });
  await exec("drop table broken; reset test.broken");
});

test("a transaction begun by hand is not disturbed", async () => {
  await exec("create table by_hand (n int); begin");
  await fill("by_hand", 100);
  expect(await embedded.maintain()).toMatchObject({ tables: [], interrupted: true, failures: [] });
  await exec("commit");
  expect(await treated("by_hand")).toHaveLength(1);
});

test("callers get their turn between two tables, and a second call joins the run", async () => {
  await exec("create table turn_a (n int); create table turn_b (n int)");
  await fill("turn_a", 100);
  await fill("turn_b", 100);
  const log: string[] = [];
  const run = embedded.maintain().then((report) => {
    log.push("maintained");
    return report;
  });
  const joined = embedded.maintain();
  const callers = Array.from({ length: 3 }, () =>
    embedded.db.execute(sql`select 1`).then(() => log.push("caller")),
  );
  await Promise.all([run, ...callers]);
  expect(log).toEqual(["caller", "caller", "caller", "maintained"]);
  expect(await joined).toBe(await run);
});

test("it runs by schedule, and no more after close", async () => {
  const reports: MaintenanceReport[] = [];
  const three = deferred();
  const scheduled = await openEmbedded({
    maintainEveryMs: 1,
    onMaintained: (report) => {
      if (reports.push(report) === 3) three.resolve();
    },
  });
  await scheduled.client.exec(
    "create table timed (n int); insert into timed select g from generate_series(1, 100) g",
  );
  await three.promise;
  await scheduled.close();
  const { length } = reports;
  expect(reports.flatMap(({ tables }) => tables)).toContainEqual({
    name: "public.timed",
    vacuumed: false,
    analyzed: true,
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(reports).toHaveLength(length);
});

test.each([-1, 0.5, Number.NaN, 2 ** 31])("an interval of %d ms is refused", async (maintainEveryMs) => {
  await expect(openEmbedded({ maintainEveryMs })).rejects.toMatchObject({ code: "INVALID_OPTION" });
});
