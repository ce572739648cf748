import { setTimeout as pause } from "node:timers/promises";
import {
  type Database,
  type MigrationRetry,
  type MigrationTarget,
  migrate,
  rollback,
  status,
} from "@devora/db-schema";
import { catalogueOf, createEmptyDatabase, hasServer, installedModules } from "@devora/testing";
import { drizzle } from "drizzle-orm/postgres-js";
import pg from "pg";
import postgres from "postgres";
import { describe, expect, test } from "vitest";
import { migrateWith } from "../../src/migrations/runner.ts";
import { bundledMigrations } from "../../src/migrations.generated.ts";
import { migrationFile } from "../support/migration-files.ts";
import { spawnMigrate } from "../support/spawn-migrate.ts";

const modules = installedModules();
const pooler = process.env.PGBOUNCER_URL ?? "";
const adminUrl = process.env.DATABASE_ADMIN_URL ?? "";
const bundled = bundledMigrations.filter(({ module }) => modules.includes(module));
const table = migrationFile("create table public.orders (id int, total int);");
const index = migrationFile(
  "-- no-transaction\ncreate index concurrently if not exists orders_total_idx on public.orders (total);",
);

/** An empty database with a client of the test's own. */
async function useEmpty(fn: (url: string, client: postgres.Sql, db: Database) => Promise<void>) {
  const empty = await createEmptyDatabase();
  const client = postgres(empty.url, { max: 4, onnotice: () => {} });
  try {
    await fn(empty.url, client, drizzle({ client }) as unknown as Database);
  } finally {
    // With a limit, because a test that failed left its connections reserved.
    await client.end({ timeout: 1 });
    await empty.drop();
  }
}

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Waits for a session of this database to wait for a lock in a statement of that kind; answers its process id. */
async function waiterOf(client: postgres.Sql, like: string): Promise<number> {
  for (;;) {
    const [waiter] = await client<{ pid: number }[]>`
      select pid from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like ${like}`;
    if (waiter) return waiter.pid;
    await pause(10);
  }
}

/** Waits for a session to end. */
async function endOf(client: postgres.Sql, pid: number): Promise<void> {
  while ((await client`select from pg_stat_activity where pid = ${pid}`).length > 0) await pause(10);
}

const invalidIndexes = (client: postgres.Sql) =>
  client`select indexrelid::regclass::text as name from pg_index where not indisvalid`;

/** A transaction that reads `name` and stays open until `end` is called. */
async function readerOf(client: postgres.Sql, name: string): Promise<{ end: () => Promise<void> }> {
  const connection = await client.reserve();
  await connection.unsafe(`begin; select * from ${name}`);
  return {
    end: async () => {
      await connection.unsafe("commit");
      connection.release();
    },
  };
}

// Pools, locks and several processes: none of it exists on the embedded database.
describe.skipIf(!hasServer())("on a server (skipped where DATABASE_URL names none)", () => {
  test("of twenty connections and three processes that start at once one applies each, concurrent index included", () =>
    useEmpty(async (url, client) => {
      const list = [...bundled, table, index];
      const results = await Promise.all([
        ...Array.from({ length: 20 }, () => migrateWith(list, { url }).then(({ applied }) => applied.length)),
        ...Array.from({ length: 3 }, () => spawnMigrate(url, list).applied),
      ]);
      expect(results.sort((a, b) => b - a)).toEqual([list.length, ...Array(22).fill(0)]);
      expect([...(await invalidIndexes(client))]).toEqual([]);
      expect(await client`select to_regclass('public.orders_total_idx')::text as name`).toMatchObject([
        { name: "orders_total_idx" },
      ]);
    }));

  test("a table in use is waited for in short turns, between which others read it", () =>
    useEmpty(async (url, client) => {
      await migrateWith([table], { url });
      const alter = migrationFile("alter table public.orders add column note text;");
      const long = await readerOf(client, "public.orders");
      const retried = deferred<MigrationRetry>();
      const migrating = migrateWith([table, alter], { url, onRetry: retried.resolve });

      await waiterOf(client, "alter table%");
      // It comes while the migration waits, so it queues behind it; the long transaction never ends meanwhile.
      expect([...(await client`select count(*)::int as count from public.orders`)]).toEqual([{ count: 0 }]);
      expect(await retried.promise).toEqual({
        module: "core",
        name: alter.name,
        attempt: 1,
        sqlState: "55P03",
      });
      await long.end();
      expect((await migrating).applied).toEqual([{ module: "core", name: alter.name }]);
    }));

  test("a table in use for longer than lockTimeoutMs ends the attempt, and the next run passes", () =>
    useEmpty(async (url, client) => {
      await migrateWith([table], { url });
      const alter = migrationFile(
        "create table public.half (id int); alter table public.orders add column note text;",
      );
      const long = await readerOf(client, "public.orders");
      await expect(migrateWith([table, alter], { url, lockTimeoutMs: 50 })).rejects.toMatchObject({
        code: "MIGRATION_BLOCKED",
        retryable: true,
        message: expect.stringMatching(new RegExp(`core/${alter.name}.*pg_stat_activity`)),
      });
      expect(await client`select to_regclass('public.half')::text as name`).toMatchObject([{ name: null }]);
      await long.end();
      expect((await migrateWith([table, alter], { url, lockTimeoutMs: 5_000 })).applied).toHaveLength(1);
    }));

  test.skipIf(adminUrl === "")(
    "a migration that deadlocks with an application is tried again (skipped without DATABASE_ADMIN_URL)",
    () =>
      useEmpty(async (url, client) => {
        const lines = migrationFile("create table public.lines (id int);");
        await migrateWith([table, lines], { url });
        const alter = migrationFile(
          "alter table public.orders add column a text; alter table public.lines add column a text;",
        );
        // As a superuser it may put off its own search for deadlocks: the migration is the one that finds it.
        const admin = new URL(adminUrl);
        admin.pathname = new URL(url).pathname;
        const application = postgres(admin.href, { max: 1 });
        await application.unsafe("set deadlock_timeout = '10min'; begin; select * from public.lines");
        const retried = deferred<MigrationRetry>();
        const migrating = migrateWith([table, lines, alter], { url, onRetry: retried.resolve });
        await waiterOf(client, "alter table%");
        // Each now waits for the other. The migration gives way: the application's statement is answered.
        await application.unsafe("select * from public.orders");
        await application.unsafe("commit");
        await application.end();
        expect((await retried.promise).name).toBe(alter.name);
        expect((await migrating).applied).toHaveLength(1);
      }),
  );

  test("a concurrent index waits for an old transaction while others write", () =>
    useEmpty(async (url, client) => {
      await migrateWith([table], { url });
      const long = await readerOf(client, "public.orders");
      await client`insert into public.orders values (1, 1)`;
      const migrating = migrateWith([table, index], { url });
      const writer = await client.reserve();
      await writer`begin`;
      await writer`insert into public.orders values (2, 2)`;
      await waiterOf(client, "%create index%");
      await client`insert into public.orders values (3, 3)`;
      await writer`commit`;
      writer.release();
      await long.end();
      expect((await migrating).applied).toHaveLength(1);
      expect([...(await invalidIndexes(client))]).toEqual([]);
    }));

  test("a process killed in the middle of a transaction leaves nothing, and the next run completes", () =>
    useEmpty(async (url, client, db) => {
      // Half-way it waits for a lock of the test, for as long as the test wants.
      const slow = migrationFile(`set local lock_timeout = 0;
        create table public.first_half (id int);
        select pg_advisory_xact_lock(4711);
        create table public.second_half (id int);`);
      const list = [...bundled, slow];
      const gate = await client.reserve();
      await gate`select pg_advisory_lock(4711)`;
      const killed = spawnMigrate(url, list);
      await waiterOf(client, "%pg_advisory_xact_lock%");
      killed.child.kill("SIGKILL");
      await expect(killed.applied).rejects.toThrow("SIGKILL");

      // The dead process's backend still waits and has the migration lock; the next run waits for its end.
      const next = migrateWith(list, { url });
      await gate`select pg_advisory_unlock(4711)`;
      gate.release();
      expect((await next).applied).toEqual([{ module: "core", name: slow.name }]);
      await expectUndisturbed(db, list);
    }));

  test.each(["finishes it", "is ended in the middle"])(
    "a process killed in the middle of a concurrent index, whose backend %s: the next run completes",
    (fate) =>
      useEmpty(async (url, client, db) => {
        const list = [...bundled, table, index];
        await migrateWith([...bundled, table], { url });
        const long = await readerOf(client, "public.orders");
        const writer = await client.reserve();
        await writer.unsafe("begin; insert into public.orders values (1, 1)");
        const killed = spawnMigrate(url, list);
        const backend = await waiterOf(client, "%create index%");
        killed.child.kill("SIGKILL");
        await expect(killed.applied).rejects.toThrow("SIGKILL");
        if (fate === "is ended in the middle") {
          await client`select pg_terminate_backend(${backend})`;
          await endOf(client, backend);
          expect([...(await invalidIndexes(client))]).toEqual([{ name: "orders_total_idx" }]);
        }

        const next = migrateWith(list, { url });
        await writer.unsafe("commit");
        writer.release();
        await long.end();
        expect((await next).applied).toEqual([{ module: "core", name: index.name }]);
        expect([...(await invalidIndexes(client))]).toEqual([]);
        await expectUndisturbed(db, list);
      }),
  );

  test("a connection that is lost while it waits for the migration lock is an error of the call", () =>
    useEmpty(async (url, client) => {
      const holder = await client.reserve();
      await holder`select pg_advisory_lock(hashtextextended('devora.migrations', 0))`;
      const waits = migrate({ url, modules }).catch((error: unknown) => error);
      // Its statements are over at once: it is found by its last one, and ends between two.
      let ended = 0;
      while (ended === 0) {
        await pause(10);
        ended = (
          await client`
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and state = 'idle' and query like '%pg_try_advisory_lock%'`
        ).length;
      }
      expect(await waits).toMatchObject({ code: "DATABASE", retryable: true });
      holder.release();
    }));

  test.each(["url", "node-postgres Pool", "node-postgres Client", "postgres.js"])(
    "a connection that the server ends in the middle is an error of the call (%s), and the next run completes",
    (driver) =>
      useEmpty(async (url, client) => {
        await migrateWith([table], { url });
        const alter = migrationFile("alter table public.orders add column note text;");
        const long = await readerOf(client, "public.orders");
        const { target, close } = await openTarget(driver, url);
        const migrating = migrateWith([table, alter], target).catch((error: unknown) => error);
        await client`select pg_terminate_backend(${await waiterOf(client, "alter table%")})`;
        expect(await migrating).toMatchObject({ code: "MIGRATION_FAILED", retryable: true });
        if (target.url === undefined && driver !== "node-postgres Client") {
          // The host's pool goes on. postgres.js 3.4 tells the server's farewell a second time, to the first
          // statement of the connection that it opens instead.
          const states = [1, 2, 3].map(() => status(target).catch(() => status(target)));
          expect(await Promise.all(states)).toHaveLength(3);
        }
        await close();
        await long.end();
        expect((await migrateWith([table, alter], { url })).applied).toHaveLength(1);
      }),
  );
});

/** An undisturbed run of the same list leaves the same catalogue. */
async function expectUndisturbed(db: Database, list: typeof bundled) {
  await useEmpty(async (url, _client, calm) => {
    await migrateWith(list, { url });
    expect(await catalogueOf(db)).toEqual(await catalogueOf(calm));
  });
}

async function openTarget(
  driver: string,
  url: string,
): Promise<{ target: MigrationTarget; close: () => Promise<void> }> {
  if (driver === "url") return { target: { url }, close: async () => {} };
  if (driver === "postgres.js") {
    const client = postgres(url, { max: 2, onnotice: () => {} });
    // After a lost connection end() without a timeout never settles.
    return { target: { client }, close: () => client.end({ timeout: 1 }) };
  }
  if (driver.endsWith("Pool")) {
    const client = new pg.Pool({ connectionString: url, max: 2 });
    return { target: { client }, close: () => client.end() };
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return { target: { client }, close: () => client.end() };
}

describe.skipIf(pooler === "")("behind PgBouncer (skipped where PGBOUNCER_URL names none)", () => {
  const through = (url: string) => {
    const pooled = new URL(pooler);
    pooled.pathname = new URL(url).pathname;
    return pooled.href;
  };

  test.each(["url", "node-postgres Pool", "postgres.js"])(
    "a pooler in transaction mode is refused before anything happens (%s)",
    (driver) =>
      useEmpty(async (url, client) => {
        const { target, close } = await openTarget(driver, through(url));
        for (const call of [() => migrate(target), () => rollback({ ...target, steps: 1 })]) {
          await expect(call()).rejects.toMatchObject({ code: "POOLED_CONNECTION", retryable: false });
        }
        await close();
        expect([
          ...(await client`select to_regnamespace('devora')::text as schema,
            (select count(*)::int from pg_locks
               where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())) as locks`),
        ]).toEqual([{ schema: null, locks: 0 }]);
        await endPooled(url);
      }),
  );
});

/** The pool keeps sessions of its own, some as a superuser, and they would keep the database from being dropped. */
async function endPooled(url: string) {
  const admin = postgres(adminUrl, { max: 1 });
  await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${new URL(url).pathname.slice(1)} and usename = current_user`;
  await admin.end();
}
