import * as schema from "@devora/db-schema";
import { type Database, migrate, rowsOf } from "@devora/db-schema";
import { push } from "@devora/db-schema/push";
import {
  catalogueOf,
  createEmptyDatabase,
  hasServer,
  installedModules,
  type TestDatabase,
  useTestDatabase,
} from "@devora/testing";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/postgres-js";
import pg from "pg";
import postgres from "postgres";
import { describe, expect, test } from "vitest";
import { targetOf, withDatabase, withEmptyDatabase } from "../support/push-database.ts";
import { editedProjects, notes } from "../support/push-schema.ts";

const adminUrl = process.env.DATABASE_ADMIN_URL;
const edited = { ...schema, projects: editedProjects, notes };

// An event trigger is somebody else's automation that changes the schema within our transaction.
describe.skipIf(hasServer() && !adminUrl)(
  "with an event trigger (skipped without DATABASE_ADMIN_URL)",
  () => {
    const database = useTestDatabase();

    test.each([
      ["a policy of ours", "drop policy if exists messages_owner_isolation on public.messages"],
      ["a policy of the altered table", "drop policy if exists projects_service on public.projects"],
      ["what forces row security", "alter table public.messages no force row level security"],
      ["the clause of a policy", "alter policy messages_owner_isolation on public.messages using (true)"],
      ["a partition", "drop table if exists devora.analytics_events_default"],
      ["a view", "drop view if exists devora.slow_queries"],
      ["a trigger", "drop trigger if exists messages_touch_updated_at on public.messages"],
      ["a function", "drop function if exists devora.identifier_vector(text) cascade"],
      ["a grant", "revoke select on public.messages from devora_app"],
      ["a grant of a column", "revoke update (email) on public.users from devora_app"],
      ["security of the new table", "drop policy if exists notes_owner_isolation on public.notes"],
    ])("%s that goes meanwhile rolls everything back", async (_what, statement) => {
      const before = await catalogueOf(database.db);
      await asAdmin(database, meddling(statement));
      const failure = await push({ ...targetOf(database), schema: edited }).catch((error) => error);
      await asAdmin(database, "drop event trigger meddle; drop function public.meddle()");
      expect(failure).toMatchObject({
        code: "PUSH_REFUSED",
        message: expect.stringMatching(
          /rolled back, the database is as it was.*(was no more|not be protected)/s,
        ),
      });
      expect(await catalogueOf(database.db)).toEqual(before);
    });
  },
);

/** After whatever alters a table or makes a policy, the statement runs too. */
const meddling = (statement: string) => `
  create function public.meddle() returns event_trigger language plpgsql security definer as $f$
  begin
    if current_setting('test.meddling', true) = 'on' then return; end if;
    perform set_config('test.meddling', 'on', true);
    execute $s$${statement}$s$;
    perform set_config('test.meddling', 'off', true);
  end $f$;
  create event trigger meddle on ddl_command_end when tag in ('ALTER TABLE', 'CREATE POLICY')
    execute function public.meddle();`;

/** Only a superuser may have event triggers. */
async function asAdmin(own: TestDatabase, statements: string): Promise<void> {
  if (own.url === undefined || adminUrl === undefined) {
    const client = own.client as { exec(text: string): Promise<unknown> };
    await client.exec("set session authorization postgres");
    await client.exec(statements).finally(() => client.exec("set session authorization devora_migrator"));
    return;
  }
  const url = new URL(adminUrl);
  url.pathname = new URL(own.url).pathname;
  const client = postgres(url.href, { max: 1, onnotice: () => {} });
  await client.unsafe(statements);
  await client.end();
}

// A second connection, and several processes at once: the embedded database has one connection.
describe.skipIf(!hasServer())("on a server (skipped where DATABASE_URL names none)", () => {
  test("another connection sees every policy at every step, and the change only when it is whole", async () => {
    await withDatabase(async (own) => {
      const security = () =>
        rowsOf(
          own.db,
          sql`select (select count(*)::int from pg_policy where polqual is not null or polwithcheck is not null) as policies,
                     (select count(*)::int from pg_class where relrowsecurity and relforcerowsecurity) as forced,
                     to_regclass('public.notes')::text as notes`,
        );
      const [before] = await security();
      const seen: unknown[] = [];
      const { statements } = await push({
        url: own.url as string,
        modules: installedModules(),
        schema: edited,
        onStep: async () => void seen.push(...(await security())),
      });
      expect(seen).toEqual(statements.map(() => before));
      const [after] = await security();
      expect(after).toEqual({
        policies: Number(before?.policies) + 2,
        forced: Number(before?.forced) + 1,
        notes: "notes",
      });
    });
  });

  test("two pushes and a migration at once on an empty database: one does the work, all succeed", async () => {
    const modules = installedModules();
    await withEmptyDatabase(async (own) => {
      const options = { url: own.url as string, modules, schema: edited };
      const [first, second, migration] = await Promise.all([
        push(options),
        push(options),
        migrate({ url: own.url as string, modules }),
      ]);
      expect([...first.migrated, ...second.migrated, ...migration.applied]).toHaveLength(modules.length);
      expect([first, second].filter(({ statements }) => statements.length > 0)).toHaveLength(1);
      expect((await push(options)).statements).toEqual([]);
    });
  });

  test.each(["node-postgres Pool", "node-postgres Client", "postgres.js"])(
    "%s pushes, finds nothing to do the second time, and stays open",
    async (driver) => {
      const empty = await createEmptyDatabase();
      const { client, query, close } = await openDriver(driver, empty.url);
      const options = { client, modules: ["app"] as const, schema: { projects: editedProjects, notes } };
      expect((await push(options)).statements.length).toBeGreaterThan(8);
      expect((await push(options)).statements).toEqual([]);
      expect(await query("show search_path")).not.toContain("public, ");
      await close();
      await empty.drop();
    },
  );
});

async function openDriver(driver: string, url: string) {
  if (driver === "postgres.js") {
    const client = postgres(url, { max: 1, onnotice: () => {} });
    // As a host would: Drizzle changes what the client's parsers answer.
    const db = drizzle({ client }) as unknown as Database;
    const query = async (text: string) => JSON.stringify(await rowsOf(db, sql.raw(text)));
    return { client, query, close: () => client.end() };
  }
  if (driver === "node-postgres Pool") {
    const pool = new pg.Pool({ connectionString: url, max: 1 });
    const query = async (text: string) => JSON.stringify((await pool.query(text)).rows);
    return { client: pool, query, close: () => pool.end() };
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const query = async (text: string) => JSON.stringify((await client.query(text)).rows);
  return { client, query, close: () => client.end() };
}
