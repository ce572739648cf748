import { inspect } from "node:util";
import {
  type Database,
  type MigrationRetry,
  migrate,
  rollback,
  rowsOf,
  withService,
} from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { expect, test } from "vitest";
import { migrateWith, planRollbackWith, planWith, rollbackWith } from "../../src/migrations/runner.ts";
import { indexState, ledgerOf, migrationFile, targetOf } from "../support/migration-files.ts";

const database = useTestDatabase();
const run = async (...statements: string[]) => {
  for (const statement of statements) await database.db.execute(sql.raw(statement));
};
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable("it should have failed"),
    (error: unknown) => error,
  );

test("a file without a transaction goes up and down, and the plan says how each would run", async () => {
  await run("create table public.parcels (id int, weight int)");
  const column = migrationFile(
    "alter table public.parcels add column height int;",
    "alter table public.parcels drop column height;",
  );
  const index = migrationFile(
    "-- no-transaction\ncreate index concurrently if not exists parcels_weight_idx on public.parcels (weight);",
    "-- no-transaction\ndrop index concurrently if exists public.parcels_weight_idx;",
  );
  const list = [column, index];
  const target = targetOf(database);

  expect(await planWith(list, target)).toEqual([
    { module: "core", name: column.name, transactional: true, sql: column.up },
    { module: "core", name: index.name, transactional: false, sql: index.up },
  ]);
  expect((await migrateWith(list, target)).applied.map(({ name }) => name)).toEqual([
    column.name,
    index.name,
  ]);
  expect(await indexState(database, "public.parcels_weight_idx")).toBe("valid");
  expect(await planWith(list, target)).toEqual([]);

  expect(await planRollbackWith(list, { ...target, steps: 2 })).toEqual([
    { module: "core", name: index.name, transactional: false, sql: index.down },
    { module: "core", name: column.name, transactional: true, sql: column.down },
  ]);
  await rollbackWith(list, { ...target, steps: 2 });
  expect(await indexState(database, "public.parcels_weight_idx")).toBeUndefined();
  expect(await ledgerOf(database)).toEqual([]);
});

test("the invalid index of a failed attempt is dropped before the retry, others stay", async () => {
  await run("create table public.tickets (code int)", "insert into public.tickets values (1), (1)");
  const unique = (name: string) =>
    `create unique index concurrently if not exists ${name} on public.tickets (code)`;
  await failureOf(run(unique("foreign_idx")));
  const index = migrationFile(`-- no-transaction\n${unique("tickets_code_idx")};\n`);

  expect(await failureOf(migrateWith([index], targetOf(database)))).toMatchObject({
    code: "MIGRATION_FAILED",
    message: expect.stringContaining("outside a transaction"),
  });
  expect(await indexState(database, "public.tickets_code_idx")).toBe("invalid");

  await run("delete from public.tickets");
  await migrateWith([index], targetOf(database));
  expect(await indexState(database, "public.tickets_code_idx")).toBe("valid");
  expect(await indexState(database, "public.foreign_idx")).toBe("invalid");
  expect(await ledgerOf(database)).toEqual([index.name]);
  await rollbackWith([index], { ...targetOf(database), steps: 1 });
});

test("an index that was built before a crash is entered into the ledger", async () => {
  await run("create table public.crates (id int)", "create index crates_id_idx on public.crates (id)");
  const index = migrationFile(
    "-- no-transaction\ncreate index concurrently if not exists crates_id_idx on public.crates (id);",
  );
  await migrateWith([index], targetOf(database));
  expect(await ledgerOf(database)).toEqual([index.name]);
  await rollbackWith([index], { ...targetOf(database), steps: 1 });
});

test.each(["40P01", "55P03"])("a step that met %s is tried again as a whole", async (sqlState) => {
  await run(`create sequence public.attempts_${sqlState}`);
  // A sequence does not roll back: the first attempt fails half-way, the second passes.
  const flaky = migrationFile(`
    create table public.flaky_${sqlState} (id int);
    do $$ begin
      if nextval('public.attempts_${sqlState}') = 1 then raise exception 'once' using errcode = '${sqlState}'; end if;
    end $$;`);
  const retries: MigrationRetry[] = [];
  await migrateWith([flaky], { ...targetOf(database), onRetry: (retry) => retries.push(retry) });
  expect(retries).toEqual([{ module: "core", name: flaky.name, attempt: 1, sqlState }]);
  expect(await ledgerOf(database)).toEqual([flaky.name]);
  await rollbackWith([flaky], { ...targetOf(database), steps: 1 });
});

test("other failures are not tried again", async () => {
  const broken = migrationFile("select 1 / 0;");
  const retries: MigrationRetry[] = [];
  await failureOf(migrateWith([broken], { ...targetOf(database), onRetry: (retry) => retries.push(retry) }));
  expect(retries).toEqual([]);
});

test("a file that sorts before an applied one is refused, and nothing runs", async () => {
  const [first, second, third] = ["a", "b", "c"].map((name) =>
    migrationFile(`create table public.ordered_${name} (id int);`, `drop table public.ordered_${name};`),
  ) as [ReturnType<typeof migrationFile>, ReturnType<typeof migrationFile>, ReturnType<typeof migrationFile>];
  const newest = migrationFile("create table public.ordered_d (id int);");
  await migrateWith([first, third], targetOf(database));
  expect(await failureOf(migrateWith([first, second, third, newest], targetOf(database)))).toMatchObject({
    code: "MIGRATION_OUT_OF_ORDER",
    message: expect.stringContaining(second.name),
  });
  expect(await ledgerOf(database)).toEqual([first.name, third.name]);
  await rollbackWith([first, third], { ...targetOf(database), steps: 2 });
});

test("a failure tells state, line and objects, and keeps the rows' values to itself", async () => {
  await run("create table public.people (id int primary key, email text)");
  await run("insert into public.people values (1, 'secret@example.com'), (2, 'secret@example.com')");
  const failing = async (text: string) => {
    const error = (await failureOf(migrateWith([migrationFile(text)], targetOf(database)))) as Error;
    // What a logger prints of the error: message, causes, stacks and own properties.
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/secret|example\.com/);
    return error.message;
  };

  const duplicate = await failing(
    "alter table public.people add constraint people_email_key unique (email);",
  );
  expect(duplicate).toContain("23505");
  expect(duplicate).toContain("people_email_key");
  expect(duplicate).toContain("table people");
  expect(duplicate).toContain("as it was before");

  expect(await failing("select email::uuid from public.people;")).toContain("22P02");

  // The server counts characters, and the line must: each of these is one of them and two UTF-16 units.
  const missing = await failing(`-- ${"🎉".repeat(40)}\nselect 1;\n\nselect nothing from public.people;`);
  expect(missing).toContain('42703. column "nothing" does not exist');
  expect(missing).toContain("Line 4 of the file");

  const raised = await failing(
    "do $$ begin\n  raise exception 'no: %', (select email from public.people limit 1);\nend $$;",
  );
  expect(raised).toContain("P0001");
  expect(raised).toContain("PL/pgSQL function inline_code_block line 2");

  const dynamic = await failing(
    "do $$ begin execute (select 'select ' || email from public.people limit 1); end $$;",
  );
  expect(dynamic).toMatch(/42\w{3}\. In PL\/pgSQL function inline_code_block line 1/);
});

/** The test's database as a host with one connection sees it. */
const oneConnection = () =>
  database.url === undefined
    ? { client: database.client, db: database.db, end: async () => {} }
    : openOne(database.url);

function openOne(url: string) {
  const client = postgres(url, { max: 1, onnotice: () => {} });
  return { client, db: drizzle({ client }) as unknown as Database, end: () => client.end() };
}

test("two calls on one connection take turns", async () => {
  const { client } = database;
  const table = migrationFile("create table public.turns (id int);", "drop table public.turns;");
  const results = await Promise.all([
    migrateWith([table], { client }),
    migrateWith([table], { client }),
    migrateWith([table], { client }),
  ]);
  expect(results.flatMap(({ applied }) => applied)).toHaveLength(1);
  await rollbackWith([table], { client, steps: 1 });
});

test("the host's settings of a connection are as before", async () => {
  const { client, db, end } = oneConnection();
  const settings = async () =>
    rowsOf(
      db,
      sql`select current_setting('lock_timeout') as lock, current_setting('client_min_messages') as messages`,
    );
  await db.execute(sql`set lock_timeout = '123s'`);
  await db.execute(sql`set client_min_messages = 'error'`);
  const before = await settings();
  expect(before).toEqual([{ lock: "123s", messages: "error" }]);
  const index = migrationFile("-- no-transaction\nselect 1;");
  await migrateWith([index], { client });
  expect(await settings()).toEqual(before);
  await rollbackWith([index], { client, steps: 1 });
  await db.execute(sql`reset lock_timeout`);
  await db.execute(sql`reset client_min_messages`);
  await end();
});

test("a backfill reaches rows as the service alone: in one transaction, or in batches that commit", async () => {
  await run(
    "create table public.notes (id int primary key, owner_id text not null, length int)",
    "select devora.protect_table('public.notes')",
  );
  await withService(database.db, (tx) =>
    tx.execute(sql`insert into public.notes select n, 'a' from generate_series(1, 25) as n`),
  );
  const missing = async () => {
    const rows = await withService(database.db, (tx) =>
      rowsOf(tx, sql`select count(*)::int as count from public.notes where length is null`),
    );
    return rows[0]?.count;
  };
  const update = "update public.notes set length = 0 where length is null";
  const asOwner = migrationFile(`${update};`);
  const asService = migrationFile(`set local role devora_service; ${update} and id <= 5; reset role;`);
  const batches = migrationFile(`-- no-transaction
do $$ begin
  loop
    perform set_config('role', 'devora_service', true);
    ${update} and id in (select id from public.notes where length is null limit 10);
    exit when not found;
    commit;
  end loop;
end $$;`);
  const list = [asOwner, asService, batches];

  await migrateWith(list.slice(0, 1), targetOf(database));
  // Before PostgreSQL 16 the owner inherits from the service, and sees them.
  const [owner] = await rowsOf(
    database.db,
    sql`select current_setting('server_version_num')::int < 160000 as sees`,
  );
  expect(await missing()).toBe(owner?.sees === true ? 0 : 25);
  await withService(database.db, (tx) => tx.execute(sql`update public.notes set length = null`));
  await migrateWith(list.slice(0, 2), targetOf(database));
  expect(await missing()).toBe(20);
  await migrateWith(list, targetOf(database));
  expect(await missing()).toBe(0);
  expect(await ledgerOf(database)).toHaveLength(3);
  await rollbackWith(list, { ...targetOf(database), steps: 3 });
});

test.each([-1, Number.NaN, 2 ** 31])("lockTimeoutMs %d is refused", async (lockTimeoutMs) => {
  const refusal = { code: "INVALID_OPTION", message: expect.stringContaining("lockTimeoutMs") };
  await expect(migrate({ ...targetOf(database), lockTimeoutMs })).rejects.toMatchObject(refusal);
  await expect(rollback({ ...targetOf(database), steps: 1, lockTimeoutMs })).rejects.toMatchObject(refusal);
});
