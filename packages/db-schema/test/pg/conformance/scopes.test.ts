import {
  type Database,
  projects,
  rowsOf,
  withDatabaseErrors,
  withReadScope,
  withService,
  withUser,
} from "@devora/db-schema";
import { seedProject, seedUser } from "@devora/testing";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { describeDrivers } from "./drivers.ts";

const names = async (db: Database): Promise<string[]> =>
  (await db.select({ name: projects.name }).from(projects).orderBy(projects.name)).map((row) => row.name);

const scopeOf = async (db: Database) => {
  const [row] = await rowsOf(
    db,
    sql`select current_user::text as role, coalesce(current_setting('app.user_id', true), '') as user_id`,
  );
  return { role: String(row?.role), userId: String(row?.user_id) };
};

async function seedTwo(db: Database) {
  const [alice, bob] = [await seedUser(db), await seedUser(db)];
  await seedProject(db, alice, { name: "Alice's" });
  await seedProject(db, bob, { name: "Bob's" });
  return { alice, bob };
}

describeDrivers((database) => {
  test("a user reads and writes the own rows alone", async () => {
    const { db } = database;
    const { alice, bob } = await seedTwo(db);
    expect(await withUser(db, alice, names)).toEqual(["Alice's"]);
    const changed = await withUser(db, bob, (tx) =>
      tx.update(projects).set({ name: "taken" }).where(sql`true`).returning({ owner: projects.userId }),
    );
    expect(changed).toEqual([{ owner: bob }]);
    const planted = withUser(db, bob, (tx) => tx.insert(projects).values({ userId: alice, name: "planted" }));
    await expect(withDatabaseErrors("test.insert", () => planted)).rejects.toMatchObject({
      sqlState: "42501",
      retryable: false,
    });
    expect(await withUser(db, alice, names)).toEqual(["Alice's"]);
  });

  test("the role without a user sees nothing, and the service sees all", async () => {
    const { db } = database;
    const { alice, bob } = await seedTwo(db);
    const unscoped = await db.transaction(async (tx) => {
      await tx.execute(sql`select set_config('role', 'devora_app', true)`);
      return names(tx);
    });
    expect(unscoped).toEqual([]);
    const owners = await withService(db, (tx) => tx.select({ owner: projects.userId }).from(projects));
    expect(owners.map((row) => row.owner)).toEqual(expect.arrayContaining([alice, bob]));
  });

  test("a read scope is the owner's or the service's, and read only", async () => {
    const { db } = database;
    const { alice } = await seedTwo(db);
    expect(await withReadScope({ db }, { ownerId: alice }, names)).toEqual(["Alice's"]);
    expect(await withReadScope({ db }, { allOwners: true }, scopeOf)).toEqual({
      role: "devora_service",
      userId: "",
    });
    const write = (tx: Database) => tx.insert(projects).values({ userId: alice, name: "x" });
    for (const call of [
      () => withReadScope({ db }, { ownerId: alice }, write),
      () => withReadScope({ db }, { allOwners: true }, write),
      () => withUser(db, alice, write, { readOnly: true }),
    ]) {
      await expect(withDatabaseErrors("test.write", call)).rejects.toMatchObject({ sqlState: "25006" });
    }
    await withUser(db, alice, async (tx) => {
      expect(await withReadScope({ db }, { db: tx }, scopeOf)).toEqual({ role: "devora_app", userId: alice });
    });
  });

  test("the scope ends with its transaction, after success and after failure", async () => {
    const { db } = database;
    const { alice } = await seedTwo(db);
    const login = await scopeOf(db);
    expect(login.userId).toBe("");
    expect(await withUser(db, alice, scopeOf)).toEqual({ role: "devora_app", userId: alice });
    expect(await scopeOf(db)).toEqual(login);
    await withUser(db, alice, () => Promise.reject(new Error("stop"))).catch(() => {});
    expect(await scopeOf(db)).toEqual(login);
  });

  test("what the function throws is thrown, and nothing of the transaction stays", async () => {
    const { db } = database;
    const { alice } = await seedTwo(db);
    const failure = new Error("stop");
    const call = withUser(db, alice, async (tx) => {
      await tx.insert(projects).values({ userId: alice, name: "half" });
      throw failure;
    });
    await expect(call).rejects.toBe(failure);
    expect(await withUser(db, alice, names)).toEqual(["Alice's"]);
  });

  test("a scope inside another restores the outer one, and its failure takes back its own writes alone", async () => {
    const { db } = database;
    const { alice, bob } = await seedTwo(db);
    await withUser(db, alice, async (outer) => {
      expect(await withUser(outer, bob, names)).toEqual(["Bob's"]);
      expect(await withService(outer, scopeOf)).toEqual({ role: "devora_service", userId: "" });
      expect(await scopeOf(outer)).toEqual({ role: "devora_app", userId: alice });
      await outer.insert(projects).values({ userId: alice, name: "kept" });
      const inner = withUser(outer, bob, async (tx) => {
        await tx.insert(projects).values({ userId: bob, name: "undone" });
        await tx.insert(projects).values({ userId: alice, name: "refused" });
      });
      await expect(inner).rejects.toThrow();
      expect(await scopeOf(outer)).toEqual({ role: "devora_app", userId: alice });
    });
    expect(await withUser(db, alice, names)).toEqual(["Alice's", "kept"]);
    expect(await withUser(db, bob, names)).toEqual(["Bob's"]);
  });

  test("200 calls at once of four users never see another's rows, nor leave a scope behind", async () => {
    const { db } = database;
    const owners = await Promise.all(Array.from({ length: 4 }, () => seedUser(db)));
    await Promise.all(owners.map((owner) => seedProject(db, owner, { name: owner })));
    const seen = await Promise.all(
      Array.from({ length: 200 }, async (_, call) => {
        const owner = owners[call % owners.length] as string;
        if (call % 5 === 0) return { expected: "", seen: [(await scopeOf(db)).userId] };
        const rows = await withUser(db, owner, async (tx) => {
          const first = await names(tx);
          // A second statement: other calls had their turn in between.
          return [...first, ...(await names(tx)), (await scopeOf(tx)).userId];
        });
        return { expected: owner, seen: rows };
      }),
    );
    const crossings = seen.filter((call) => call.seen.some((name) => name !== call.expected));
    expect(crossings).toEqual([]);
    expect(seen.filter((call) => call.seen.length === 3)).toHaveLength(160);
  });
});
