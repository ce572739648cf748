import { inspect } from "node:util";
import {
  type Database,
  DatabaseError,
  driverErrorOf,
  projects,
  rowsOf,
  users,
  withDatabaseErrors,
  withService,
  withUser,
} from "@devora/db-schema";
import { openEmptyEmbedded, seedProject, seedUser } from "@devora/testing";
import { sql } from "drizzle-orm";
import { drizzle as drizzleNodePostgres } from "drizzle-orm/node-postgres";
import { drizzle as drizzlePostgresJs } from "drizzle-orm/postgres-js";
import pg from "pg";
import postgres from "postgres";
import { expect, test } from "vitest";
import { describeDrivers } from "./drivers.ts";

const secret = "s3cr3t-value";

interface Failure {
  name: string;
  run(db: Database, owner: string): Promise<unknown>;
  expected: Partial<DatabaseError>;
}

const failures: Failure[] = [
  {
    name: "a duplicate key",
    run: async (db) => {
      const email = `${secret}@example.com`;
      await seedUser(db, { email }).catch(() => {});
      await seedUser(db, { email });
    },
    expected: {
      sqlState: "23505",
      schema: "public",
      table: "users",
      constraint: "users_email_normalized_live_idx",
    },
  },
  {
    name: "a value that the column refuses",
    run: (db, owner) =>
      withUser(db, owner, (tx) =>
        tx.insert(projects).values({ userId: owner, name: secret, status: secret as "active" }),
      ),
    expected: { sqlState: "23514", table: "projects", constraint: "projects_status_check" },
  },
  {
    name: "a missing value",
    run: (db) =>
      withService(db, (tx) =>
        tx.execute(sql`insert into users (id, email) values (gen_random_uuid(), ${secret}::text || null)`),
      ),
    expected: { sqlState: "23502", table: "users", column: "email" },
  },
  {
    name: "a row that refers to nothing",
    run: (db) =>
      withService(db, (tx) =>
        tx.execute(
          sql`insert into projects (id, user_id, name) values (gen_random_uuid(), gen_random_uuid(), ${secret}::text)`,
        ),
      ),
    expected: { sqlState: "23503", table: "projects", constraint: "projects_user_id_fkey" },
  },
  {
    name: "a value of the wrong form",
    run: (db) => db.execute(sql`select ${secret}::text::uuid`),
    expected: { sqlState: "22P02" },
  },
  {
    name: "another's row",
    run: (db, owner) =>
      withUser(db, owner, (tx) =>
        tx.insert(projects).values({ userId: "0190a6c2-0000-7000-8000-000000000001", name: secret }),
      ),
    expected: { sqlState: "42501" },
  },
  {
    name: "a table that is missing",
    run: (db) => db.execute(sql`select * from missing where name = ${secret}::text`),
    expected: { sqlState: "42P01" },
  },
  {
    name: "an exception of a function with the value in message, detail and hint",
    run: (db) =>
      db.transaction(async (tx) => {
        await tx.execute(sql`
          create function pg_temp.complain(value text) returns void language plpgsql as $$
          begin raise exception 'bad %', value using errcode = 'DV001', detail = value, hint = value; end $$`);
        await tx.execute(sql`select pg_temp.complain(${secret}::text)`);
      }),
    expected: { sqlState: "DV001" },
  },
];

/** Every way in which an error may reach a log or another process. */
const forms = (error: unknown): string[] => [
  String(error),
  (error as Error).message,
  (error as Error).stack ?? "",
  JSON.stringify(error),
  inspect(error, { depth: 10, showHidden: true, getters: true }),
  inspect(structuredClone(error), { depth: 10, showHidden: true }),
  JSON.stringify(
    Object.getOwnPropertyNames(error).map((name) => [name, String(Reflect.get(error as object, name))]),
  ),
];

describeDrivers((database) => {
  test.each(failures)(
    "$name has the same state and names, and no value in any form",
    async ({ run, expected }) => {
      const owner = await seedUser(database.observer);
      await seedProject(database.observer, owner);
      const error = await withDatabaseErrors("test.run", () => run(database.db, owner)).catch(
        (e: unknown) => e,
      );
      expect(error).toBeInstanceOf(DatabaseError);
      expect(error).toMatchObject({ ...expected, operation: "test.run", code: "DATABASE", retryable: false });
      expect(forms(error).filter((form) => form.includes(secret))).toEqual([]);
      // The test itself is able to see a leak: the driver's error has the value or its statement.
      expect(driverErrorOf(error as DatabaseError)).toBeInstanceOf(Error);
    },
  );

  test("a driver's error below another error's cause is found, and its values are dropped", async () => {
    const wrapped = await withDatabaseErrors("test.run", async () => {
      try {
        await database.db.execute(sql`select ${secret}::text::uuid`);
      } catch (cause) {
        throw new Error(`could not save ${secret}`, { cause });
      }
    }).catch((e: unknown) => e);
    expect(wrapped).toMatchObject({ sqlState: "22P02" });
    expect(forms(wrapped).filter((form) => form.includes(secret))).toEqual([]);
  });

  test("after a failure the database answers", async () => {
    await database.db.execute(sql`select 1 / 0`).catch(() => {});
    expect(await rowsOf(database.db, sql`select 1::int as one`)).toEqual([{ one: 1 }]);
    expect(await withService(database.db, (tx) => tx.$count(users))).toEqual(expect.any(Number));
  });
});

// Real failures of each driver before or after a connection; none of them has a SQLSTATE.
const nowhere = "postgres://nobody:s3cr3t-value@127.0.0.1:1/none";
const pooled = () => new pg.Pool({ connectionString: nowhere, connectionTimeoutMillis: 2000 });
test.each<[string, () => Promise<unknown>, Partial<DatabaseError>]>([
  [
    "postgres.js",
    () => drizzlePostgresJs({ client: postgres(nowhere, { max: 1 }) }).execute("select 1"),
    { sqlState: "ECONNREFUSED" },
  ],
  [
    "node-postgres Pool",
    () => drizzleNodePostgres({ client: pooled() }).execute("select 1"),
    { sqlState: "ECONNREFUSED" },
  ],
  [
    "node-postgres Client",
    () => new pg.Client({ connectionString: nowhere }).connect(),
    { sqlState: "ECONNREFUSED" },
  ],
])("%s that finds no server is worth a retry, and tells no password", async (_driver, run, expected) => {
  const error = await withDatabaseErrors("test.connect", run).catch((e: unknown) => e);
  expect(error).toMatchObject({ ...expected, code: "DATABASE", retryable: true });
  expect(forms(error).filter((form) => form.includes(secret))).toEqual([]);
});

test("a closed PGlite is a database error that is not worth a retry", async () => {
  const { db, close } = await openEmptyEmbedded();
  await close();
  const error = await withDatabaseErrors("test.closed", async () => db.execute(sql`select 1`)).catch(
    (e: unknown) => e,
  );
  expect(error).toMatchObject({ code: "DATABASE", retryable: false });
  expect((error as Error).message).toContain("open a new one");
});
