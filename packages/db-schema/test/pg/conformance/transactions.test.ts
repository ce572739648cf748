import {
  type Database,
  DatabaseError,
  projects,
  rowsOf,
  withDatabaseErrors,
  withService,
  withTransaction,
  withUser,
} from "@devora/db-schema";
import { seedProject, seedUser } from "@devora/testing";
import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { describeDrivers } from "./drivers.ts";

const count = (db: Database, name: string) =>
  db.transaction(async (tx) => {
    await tx.execute(sql`select set_config('role', 'devora_service', true)`);
    return tx.$count(projects, eq(projects.name, name));
  });

const failureOf = async (work: () => Promise<unknown>): Promise<DatabaseError> => {
  const error = await withDatabaseErrors("test.work", work).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DatabaseError)) throw new Error("expected a DatabaseError", { cause: error });
  return error;
};

/** Repeats a call that failed with a retryable error once; answers whether it had to. */
async function onceMore(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await withDatabaseErrors("test.call", call);
    return false;
  } catch (error) {
    expect(error).toMatchObject({ code: "DATABASE", retryable: true });
    await call();
    return true;
  }
}

const pidOf = async (tx: Database) => Number((await rowsOf(tx, sql`select pg_backend_pid() as pid`))[0]?.pid);
const terminate = (observer: Database, pid: number) =>
  observer.execute(sql`select pg_terminate_backend(${pid}::int)`);

async function terminateAndNotice(tx: Database, observer: Database, lost: Promise<void>): Promise<void> {
  await terminate(observer, await pidOf(tx));
  await lost;
}

/** Ends the connection once the server says that it is within the statement. */
async function terminateWhileBusy(tx: Database, observer: Database): Promise<void> {
  const pid = await pidOf(tx);
  const busy = Promise.resolve(tx.execute(sql`select pg_sleep(60)`));
  busy.catch(() => {});
  const isBusy = sql`select 1 from pg_stat_activity where pid = ${pid}::int and wait_event = 'PgSleep'`;
  while ((await rowsOf(observer, isBusy)).length === 0);
  await terminate(observer, pid);
  await busy;
}

describeDrivers((database) => {
  const onServer = database.lane !== "PGlite";

  test.each(["read committed", "repeatable read", "serializable"] as const)(
    "a transaction is %s when asked, and the next one is not",
    async (isolationLevel) => {
      const { db } = database;
      const levelOf = async (tx: Database) =>
        (await rowsOf(tx, sql`select current_setting('transaction_isolation') as level`))[0]?.level;
      expect(await db.transaction(levelOf, { isolationLevel })).toBe(isolationLevel);
      expect(await db.transaction(levelOf)).toBe("read committed");
      expect(await withTransaction(db, levelOf, { isolationLevel })).toBe(isolationLevel);
      expect(await withTransaction(db, levelOf)).toBe("read committed");
    },
  );

  test("inside a transaction another one is a savepoint, gone with the outer", async () => {
    const { db } = database;
    const owner = await seedUser(db);
    const outer = withUser(db, owner, async (tx) => {
      await withTransaction(tx, (inner) => inner.insert(projects).values({ userId: owner, name: "inner" }));
      throw new Error("the outer fails");
    });
    await expect(outer).rejects.toThrow("the outer fails");
    expect(await count(db, "inner")).toBe(0);
  });

  test("a failed savepoint leaves the transaction usable; a failed statement outside of one does not", async () => {
    const { db } = database;
    const owner = await seedUser(db);
    await withUser(db, owner, async (tx) => {
      await tx.insert(projects).values({ userId: owner, name: "before" });
      const failed = tx.transaction(async (savepoint) => {
        await savepoint.insert(projects).values({ userId: owner, name: "inside" });
        await savepoint.execute(sql`select 1 / 0`);
      });
      await expect(failed).rejects.toThrow();
      await tx.insert(projects).values({ userId: owner, name: "after" });
    });
    const names = await withUser(db, owner, (tx) => tx.select({ name: projects.name }).from(projects));
    expect(names.map((row) => row.name).sort()).toEqual(["after", "before"]);

    const aborted = await failureOf(() =>
      withUser(db, owner, async (tx) => {
        await tx.execute(sql`select 1 / 0`).catch(() => {});
        await tx.insert(projects).values({ userId: owner, name: "lost" });
      }),
    );
    expect(aborted).toMatchObject({ sqlState: "25P02", retryable: false });
    expect(await count(db, "lost")).toBe(0);
  });

  test("a constraint that is checked at the commit fails the call", async () => {
    const { db, observer } = database;
    await observer.execute(
      sql`create table seats (number int, constraint seats_number_key unique (number) deferrable initially deferred)`,
    );
    const twice = await failureOf(() =>
      withService(db, (tx) => tx.execute(sql`insert into seats values (1), (1)`), { role: null }),
    );
    expect(twice).toMatchObject({ sqlState: "23505", constraint: "seats_number_key" });
    expect(await rowsOf(observer, sql`select * from seats`)).toEqual([]);
  });

  test.runIf(onServer)("an acknowledged write is there, whichever connection it got (server)", async () => {
    const { db, observer } = database;
    const owner = await seedUser(observer);
    const write = (name: string) =>
      withUser(db, owner, (tx) => tx.insert(projects).values({ userId: owner, name }));
    const other = await database.reopen();
    const rounds = ["a", "b", "c", "d"];
    for (const round of rounds) {
      await write(`${round}1`);
      // Behind a pooler the other client has now the server connection of the first write.
      await other.db.transaction(async (tx) => {
        await tx.execute(sql`select 1`);
        await write(`${round}2`);
      });
    }
    await other.close();
    const written = await withUser(observer, owner, (tx) =>
      tx.select({ name: projects.name }).from(projects),
    );
    expect(written.map((row) => row.name).sort()).toEqual(
      rounds.flatMap((round) => [`${round}1`, `${round}2`]),
    );
  });

  // PGlite takes statement_timeout but does not act on it.
  test.runIf(onServer)(
    "a statement beyond its time limit ends, and the connection is usable (server)",
    async () => {
      const { db } = database;
      const slow = await failureOf(() =>
        db.transaction(async (tx) => {
          await tx.execute(sql`select set_config('statement_timeout', '50ms', true)`);
          await tx.execute(sql`select pg_sleep(30)`);
        }),
      );
      expect(slow).toMatchObject({ sqlState: "57014", retryable: false });
      const [row] = await rowsOf(db, sql`select current_setting('statement_timeout') as timeout`);
      expect(row?.timeout).toBe("0");
    },
  );

  test.runIf(onServer)("a lock that another holds gives up, retryable (server)", async () => {
    const { db, observer } = database;
    const owner = await seedUser(db);
    const project = await seedProject(db, owner);
    await withUser(observer, owner, async (holder) => {
      await holder.update(projects).set({ name: "held" }).where(eq(projects.id, project));
      const waiting = await failureOf(() =>
        withUser(db, owner, async (tx) => {
          await tx.execute(sql`select set_config('lock_timeout', '50ms', true)`);
          await tx.update(projects).set({ name: "waits" }).where(eq(projects.id, project));
        }),
      );
      expect(waiting).toMatchObject({ sqlState: "55P03", retryable: true });
    });
    expect(await count(db, "held")).toBe(1);
  });

  test.runIf(onServer)(
    "two serializable transactions that conflict: one fails, retryable (server)",
    async () => {
      const { db, observer } = database;
      const owner = await seedUser(db);
      const rename = (tx: Database, name: string) =>
        tx.update(projects).set({ name }).returning({ id: projects.id });
      await seedProject(db, owner, { name: "before" });
      const conflict = await failureOf(() =>
        db.transaction(
          async (tx) => {
            await tx.execute(sql`select set_config('role', 'devora_service', true)`);
            await tx.select().from(projects);
            await withUser(observer, owner, (other) => rename(other, "theirs"));
            await rename(tx, "ours");
          },
          { isolationLevel: "serializable" },
        ),
      );
      expect(conflict).toMatchObject({ sqlState: "40001", retryable: true });
      expect(await count(db, "ours")).toBe(0);
    },
  );

  const ways = ["between statements", "during a statement", "in a savepoint"] as const;
  test.runIf(onServer).each(ways)(
    "a connection that the server ends %s: retryable, nothing half written, the next calls work (server)",
    async (way) => {
      const { observer } = database;
      const owner = await seedUser(observer);
      const own = await database.reopen();
      const write = (tx: Database, name: string) => tx.insert(projects).values({ userId: owner, name });
      const cut = await failureOf(() =>
        withUser(own.db, owner, async (tx) => {
          await write(tx, "half");
          if (way === "during a statement") await terminateWhileBusy(tx, observer);
          else await terminateAndNotice(tx, observer, own.lost);
          if (way === "in a savepoint") await tx.transaction((savepoint) => write(savepoint, "half"));
          else await write(tx, "half");
        }),
      );
      expect(cut.retryable).toBe(true);
      expect(await count(observer, "half")).toBe(0);

      // A single Client does not connect again: the program has to open another one.
      const single = database.lane === "node-postgres Client";
      const next = single ? await database.reopen() : own;
      if (single) await expect(own.db.execute(sql`select 1`)).rejects.toThrow();
      // More calls at once than the pool has connections: none of them is left broken. postgres.js 3.4 tells the
      // first call on the new connection the end of the old one again.
      const repeated = await Promise.all(
        Array.from({ length: 6 }, () => onceMore(() => withUser(next.db, owner, (tx) => write(tx, way)))),
      );
      const mayRepeat = database.lane.startsWith("postgres.js") && way === "during a statement";
      expect(repeated.filter(Boolean)).toHaveLength(mayRepeat ? 1 : 0);
      expect(await count(observer, way)).toBe(6);
      if (single) await next.close();
      await own.close().catch(() => {});
    },
  );

  test.runIf(onServer)("a client that the program closed itself is not worth a retry (server)", async () => {
    const own = await database.reopen();
    await own.db.execute(sql`select 1`);
    await own.close();
    const closed = await failureOf(() => own.db.execute(sql`select ${"secret"}::text`));
    expect(closed).toMatchObject({ retryable: false });
    expect(closed.message).toContain("open a new one");
  });
});
