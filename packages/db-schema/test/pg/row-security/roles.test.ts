import { type Database, newId, rowsOf, withUser } from "@devora/db-schema";
import { plantRows, quoted, readTables, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { installedFacts } from "./facts.ts";

const database = useTestDatabase();

test("the login of the tests is bound by policies, in the scopes at the least", async () => {
  const bound = (tx: Database) =>
    rowsOf(
      tx,
      sql`select current_user::text as role, rolsuper, rolbypassrls, row_security_active('public.projects') as active
          from pg_roles where rolname = current_user`,
    );
  expect(await withUser(database.db, newId(), bound)).toEqual([
    { role: "devora_app", rolsuper: false, rolbypassrls: false, active: true },
  ]);
});

test("a role with every grant, but no member of the service, sees the own rows alone", async () => {
  const { db } = database;
  const facts = installedFacts();
  const tables = await readTables(db);
  const { alice } = await plantRows(db, tables, facts);
  const undo = new Error("undo");
  const transaction = db.transaction(async (tx) => {
    const name = `devora_stranger_${newId().replaceAll("-", "")}`;
    await tx.execute(sql`create role ${sql.identifier(name)}`);
    await tx.execute(sql`grant ${sql.identifier(name)} to current_user`);
    await tx.execute(sql`grant usage on schema devora to ${sql.identifier(name)}`);
    await tx.execute(sql`grant all on all tables in schema public, devora to ${sql.identifier(name)}`);
    await tx.execute(sql`select set_config('role', ${name}, true)`);
    for (const table of tables) {
      const owner = facts.tables[table.name]?.owner ?? null;
      const foreign = sql.raw(owner === null ? "true" : `${quoted(owner)}::text <> '${alice}'`);
      const counts = () =>
        rowsOf(
          tx,
          sql`select ${sql.raw(`'${table.name}'`)} as name, count(*)::int as total, (count(*) filter (where ${foreign}))::int as foreign
              from ${sql.raw(quoted(table.name))}`,
        );
      await tx.execute(sql`select set_config('app.user_id', '', true)`);
      expect(await counts()).toEqual([{ name: table.name, total: 0, foreign: 0 }]);
      await tx.execute(sql`select set_config('app.user_id', ${alice}, true)`);
      const own = owner === null ? 0 : expect.toSatisfy((total: number) => total > 0);
      expect(await counts()).toEqual([{ name: table.name, total: own, foreign: 0 }]);
    }
    throw undo;
  });
  await expect(transaction).rejects.toBe(undo);
});
