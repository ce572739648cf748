import { AsyncResource } from "node:async_hooks";
import { rowsOf, users, withDatabaseErrors, withUser } from "@devora/db-schema";
import { type EmbeddedDatabase, openEmbedded } from "@devora/db-schema/embedded";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let embedded: EmbeddedDatabase;
beforeAll(async () => {
  embedded = await openEmbedded();
  await embedded.client.exec("create table notes (text text); create table users (id uuid)");
});
afterAll(() => embedded.close());

const refusal = { name: "SchemaError", code: "OUTSIDE_TRANSACTION" };
const note = (text: string) => sql`insert into notes values (${text}::text)`;
const notes = async () =>
  (await rowsOf(embedded.db, sql`select text from notes order by text`)).map((row) => row.text);

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe("inside a transaction a call on the outside is refused at once", () => {
  test.each<[string, (outer: EmbeddedDatabase) => Promise<unknown>]>([
    ["db.execute", ({ db }) => db.execute(sql`select 1`)],
    ["a query", async ({ db }) => db.select({ id: users.id }).from(users)],
    ["db.$count", async ({ db }) => db.$count(users)],
    ["db.transaction", ({ db }) => db.transaction(async () => {})],
    ["withUser", ({ db }) => withUser(db, "7", async () => {}, { role: null })],
    ["within withDatabaseErrors", ({ db }) => withDatabaseErrors("test", () => db.execute(sql`select 1`))],
    ["client.query", ({ client }) => client.query("select 1")],
    ["client.exec", ({ client }) => client.exec("select 1")],
    ["client.transaction", ({ client }) => client.transaction(async () => {})],
    ["client.listen", ({ client }) => client.listen("news", () => {})],
    ["client.close", ({ client }) => client.close()],
    ["close", (outer) => outer.close()],
    ["maintain", (outer) => outer.maintain()],
  ])("%s", async (_call, call) => {
    await embedded.db.transaction(async (tx) => {
      await expect(call(embedded)).rejects.toMatchObject(refusal);
      // The transaction itself goes on, at any depth.
      await tx.transaction(async () => expect(call(embedded)).rejects.toMatchObject(refusal));
      expect(await rowsOf(tx, sql`select 1::int as one`)).toEqual([{ one: 1 }]);
    });
    await embedded.client.transaction(async () => expect(call(embedded)).rejects.toMatchObject(refusal));
  });

  test("within withUser, and uncaught it rolls back", async () => {
    await expect(
      withUser(
        embedded.db,
        "7",
        async (tx) => {
          await tx.execute(note("gone"));
          await embedded.db.execute(note("outside"));
        },
        { role: null },
      ),
    ).rejects.toMatchObject(refusal);
    expect(await notes()).toEqual([]);
  });
});

test("others wait for the transaction's end and then run", async () => {
  const order: string[] = [];
  const entered = deferred();
  const leave = deferred();
  const first = embedded.db.transaction(async () => {
    entered.resolve();
    await leave.promise;
    order.push("first");
  });
  await entered.promise;
  const second = embedded.db.transaction(async () => void order.push("second"));
  const third = embedded.db.execute(sql`select 1`).then(() => order.push("third"));
  leave.resolve();
  await Promise.all([first, second, third]);
  expect(order).toEqual(["first", "second", "third"]);
});

test("work that is started inside and comes due after the end passes", async () => {
  const ended = deferred();
  let late: Promise<unknown> | undefined;
  await embedded.db.transaction(async () => {
    late = ended.promise.then(() => embedded.db.execute(note("late")));
  });
  ended.resolve();
  await late;
  expect(await notes()).toEqual(["late"]);
});

test("work bound to the context outside passes too, after the transaction", async () => {
  const write = AsyncResource.bind(() => embedded.db.execute(note("bound")));
  let bound: Promise<unknown> | undefined;
  await embedded.db.transaction(async () => {
    bound = write();
  });
  await bound;
  expect(await notes()).toContain("bound");
});

test("another embedded database may be called from within", async () => {
  await using other = await openEmbedded();
  await embedded.db.transaction(async () => {
    expect(await rowsOf(other.db, sql`select 1::int as one`)).toEqual([{ one: 1 }]);
  });
});
