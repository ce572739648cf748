import {
  type Database,
  migrate,
  projects,
  rowsOf,
  status,
  users,
  withService,
  withUser,
} from "@devora/db-schema";
import { openEmbedded } from "@devora/db-schema/embedded";
import { catalogueOf, seedProject, seedUser } from "@devora/testing";
import { PGlite } from "@electric-sql/pglite";
import { btree_gin } from "@electric-sql/pglite/contrib/btree_gin";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { unaccent } from "@electric-sql/pglite/contrib/unaccent";
import { vector } from "@electric-sql/pglite-pgvector";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";

const whoIs = async (db: Database) => {
  const [row] = await rowsOf(
    db,
    sql`select session_user::text as session, current_user::text as role, rolsuper, rolbypassrls
        from pg_roles where rolname = current_user`,
  );
  return row;
};
const login = { session: "devora_migrator", role: "devora_migrator", rolsuper: false, rolbypassrls: false };

test("the login is no superuser, whatever went before", async () => {
  await using embedded = await openEmbedded();
  const { client, db } = embedded;
  await migrate({ client });
  expect(await whoIs(db)).toEqual(login);
  const owner = await seedUser(db);
  await withUser(db, owner, async (tx) => {
    await withService(tx, (inner) => inner.select().from(users));
    await expect(tx.transaction((inner) => inner.execute(sql`select 1 / 0`))).rejects.toThrow();
  });
  await expect(withService(db, (tx) => tx.execute(sql`select 1 / 0`))).rejects.toThrow();
  await expect(client.exec("select nothing")).rejects.toThrow();
  for (const text of [
    "reset role",
    "reset session authorization",
    "reset all",
    "discard all",
    "begin; rollback",
  ]) {
    await client.exec(text);
    expect(await whoIs(db)).toEqual(login);
  }
  await expect(client.exec("create role boss superuser")).rejects.toMatchObject({ code: "42501" });
  await expect(client.exec("copy (select 1) to '/tmp/out'")).rejects.toMatchObject({ code: "42501" });
});

test("without a scope no row is seen or written, as on a server", async () => {
  await using embedded = await openEmbedded();
  const { client, db } = embedded;
  await migrate({ client, modules: ["app"] });
  const owner = await seedUser(db);
  const project = await seedProject(db, owner);
  expect(await db.select().from(projects)).toEqual([]);
  await expect(
    client.query("insert into users (id, email) values (gen_random_uuid(), 'x@example.com')"),
  ).rejects.toThrow("row-level security");
  expect(await withUser(db, owner, (tx) => tx.select({ id: projects.id }).from(projects))).toEqual([
    { id: project },
  ]);
});

test("a folder's archive opens with the same login and rows", async () => {
  const first = await openEmbedded();
  await migrate({ client: first.client, modules: ["app"] });
  const owner = await seedUser(first.db);
  const archive = await first.client.dumpDataDir("none");
  await first.close();
  await using second = await openEmbedded({ loadDataDir: archive });
  expect(await whoIs(second.db)).toEqual(login);
  expect(await withUser(second.db, owner, (tx) => tx.select({ id: users.id }).from(users))).toEqual([
    { id: owner },
  ]);
});

test("what a superuser made in an earlier version is the login's afterwards", async () => {
  const earlier = await PGlite.create({ extensions: { vector, pg_trgm, unaccent, btree_gin } });
  await migrate({ client: earlier });
  await earlier.exec(`
    create table zebra (id bigserial primary key, mood text);
    create type mood as enum ('fine');
    create materialized view zebras as select * from zebra;
    create role zebra_reader;
    insert into zebra (mood) values ('fine')`);
  const archive = await earlier.dumpDataDir("none");
  await earlier.close();

  await using adopted = await openEmbedded({ loadDataDir: archive });
  await using fresh = await openEmbedded();
  await migrate({ client: fresh.client });
  // Down to owners and grants, apart from the zebras.
  const comparable = (lines: string[]) => lines.filter((line) => !/zebra/.test(line));
  expect(comparable(await catalogueOf(adopted.db))).toEqual(await catalogueOf(fresh.db));

  await adopted.client.exec(
    "insert into zebra (mood) values ('fine'); refresh materialized view zebras; alter table zebra add n int; drop type mood",
  );
  await adopted.client.exec("grant zebra_reader to devora_app");
  const owner = await seedUser(adopted.db);
  expect(await withUser(adopted.db, owner, (tx) => tx.select({ id: users.id }).from(users))).toEqual([
    { id: owner },
  ]);
  const { length } = await status({ client: adopted.client });
  expect(length).toBeGreaterThan(4);
});
