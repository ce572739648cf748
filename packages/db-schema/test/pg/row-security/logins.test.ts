import {
  type Database,
  migrate,
  newId,
  projects,
  rowsOf,
  users,
  withDatabaseErrors,
  withService,
  withUser,
} from "@devora/db-schema";
import { createEmptyDatabase, hasServer, installedModules, seedProject, seedUser } from "@devora/testing";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

interface Login {
  db: Database;
  url: string;
  close(): Promise<void>;
}

// Logins belong to a server; PGlite has one.
describe.skipIf(!hasServer())(
  "the logins of docs/security.md (skipped where DATABASE_URL names no server)",
  () => {
    const suffix = newId().slice(-12);
    const names = { api: `shop_api_${suffix}`, worker: `shop_worker_${suffix}` };
    let version = 0;
    let drop = async (): Promise<void> => {};
    let migrator: Login;
    let api: Login;
    let worker: Login;
    let alice = "";
    let project = "";

    beforeAll(async () => {
      const empty = await createEmptyDatabase();
      drop = empty.drop;
      await migrate({ url: empty.url, modules: installedModules() });
      migrator = open(empty.url);
      const [row] = await rowsOf(
        migrator.db,
        sql`select current_setting('server_version_num')::int as version`,
      );
      version = Number(row?.version);
      // The statements of the page, for this version of the server.
      const create =
        version >= 160_000
          ? `create role ${names.api} login password 'secret';
           create role ${names.worker} login password 'secret';
           grant devora_app to ${names.api};
           grant devora_service to ${names.worker} with inherit false, set true`
          : `create role ${names.api} login password 'secret';
           create role ${names.worker} login noinherit password 'secret';
           grant devora_app to ${names.api};
           grant devora_service to ${names.worker}`;
      for (const statement of create.split(";")) await migrator.db.execute(sql.raw(statement));
      api = open(loginUrl(empty.url, names.api));
      worker = open(loginUrl(empty.url, names.worker));
      alice = await seedUser(migrator.db);
      project = await seedProject(migrator.db, alice);
      await seedProject(migrator.db, await seedUser(migrator.db));
    });

    afterAll(async () => {
      await api?.close();
      await worker?.close();
      for (const name of Object.values(names))
        await migrator?.db.execute(sql`drop role if exists ${sql.identifier(name)}`);
      await migrator?.close();
      await drop();
    });

    test("the application sees nothing outside a scope, and the user's rows within", async () => {
      expect(await api.db.select().from(projects)).toEqual([]);
      expect(await api.db.select().from(users)).toEqual([]);
      expect(await withUser(api.db, alice, (tx) => tx.select({ id: projects.id }).from(projects))).toEqual([
        { id: project },
      ]);
      await withUser(api.db, alice, (tx) => tx.insert(projects).values({ userId: alice, name: "Second" }));
    });

    test.each(["devora_service", "devora_definer", "postgres"])(
      "the application cannot become %s",
      async (role) => {
        const become = withService(api.db, (tx) => tx.select().from(projects), { role });
        await expect(withDatabaseErrors("test.become", () => become)).rejects.toMatchObject({
          sqlState: "42501",
        });
      },
    );

    test("the application owns nothing, is bound by policies, and migrates nothing", async () => {
      const [facts] = await rowsOf(
        api.db,
        sql`select rolsuper, rolbypassrls, rolcreaterole, row_security_active('public.projects') as active,
                 (select count(*)::int from pg_class where relowner = r.oid) as owned
          from pg_roles r where rolname = current_user`,
      );
      expect(facts).toEqual({
        rolsuper: false,
        rolbypassrls: false,
        rolcreaterole: false,
        active: true,
        owned: 0,
      });
      await expect(migrate({ url: api.url })).rejects.toMatchObject({ code: "DATABASE", sqlState: "42501" });
      for (const statement of [
        "alter table public.projects no force row level security",
        "truncate public.projects cascade",
      ]) {
        const attempt = withDatabaseErrors("test.owner", () => api.db.execute(sql.raw(statement)));
        await expect(attempt).rejects.toMatchObject({ sqlState: "42501" });
      }
    });

    test("the worker sees all in its scope alone, and acts for no user", async () => {
      const all = await withService(worker.db, (tx) => tx.select({ id: projects.id }).from(projects));
      expect(all.length).toBeGreaterThan(1);
      const unscoped = worker.db.select().from(projects);
      await expect(withDatabaseErrors("test.unscoped", async () => unscoped)).rejects.toMatchObject({
        sqlState: "42501",
      });
      const asUser = withUser(worker.db, alice, (tx) => tx.select().from(projects));
      await expect(withDatabaseErrors("test.user", () => asUser)).rejects.toMatchObject({
        sqlState: "42501",
      });
    });

    // Membership without inheritance exists from 16 on: the reason for logins of their own.
    test("the migrating login sees rows outside a scope before PostgreSQL 16, and none from 16 on", async () => {
      const seen = await migrator.db.select().from(projects);
      if (version >= 160_000) expect(seen).toEqual([]);
      else expect(seen.length).toBeGreaterThan(1);
      expect(await withUser(migrator.db, newId(), (tx) => tx.select().from(projects))).toEqual([]);
    });
  },
);

function open(url: string): Login {
  const client = postgres(url, { max: 2, onnotice: () => {} });
  return { url, db: drizzle({ client }) as unknown as Database, close: () => client.end() };
}

function loginUrl(url: string, name: string): string {
  const changed = new URL(url);
  changed.username = name;
  changed.password = "secret";
  return changed.href;
}
