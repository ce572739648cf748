import { type Database, migrate, projects, rollback, rowsOf, status, withUser } from "@devora/db-schema";
import { createEmptyDatabase, hasServer, installedModules, seedProject, seedUser } from "@devora/testing";
import { sql } from "drizzle-orm";
import { drizzle as drizzleNodePostgres } from "drizzle-orm/node-postgres";
import { drizzle as drizzlePostgresJs } from "drizzle-orm/postgres-js";
import pg from "pg";
import postgres from "postgres";
import { describe, expect, test } from "vitest";

const modules = installedModules();

// Pools, locks and several processes: none of it exists on the embedded database.
describe.skipIf(!hasServer())("on a server (skipped where DATABASE_URL names none)", () => {
  test.each(["node-postgres Pool", "node-postgres Client", "postgres.js"])(
    "%s migrates, scopes and stays open",
    async (driver) => {
      const empty = await createEmptyDatabase();
      const { client, db, close } = await openDriver(driver, empty.url);
      await migrate({ client, modules });
      const owner = await seedUser(db);
      const other = await seedUser(db);
      const project = await seedProject(db, owner);
      const seen = (userId: string) =>
        withUser(db, userId, (tx) => tx.select({ id: projects.id }).from(projects), { readOnly: true });
      expect(await seen(owner)).toEqual([{ id: project }]);
      expect(await seen(other)).toEqual([]);
      expect(await rowsOf(db, sql`select 1::int as one`)).toEqual([{ one: 1 }]);
      expect((await status({ client, modules })).every((migration) => migration.state === "applied")).toBe(
        true,
      );
      expect((await rollback({ client, steps: 1 })).rolledBack).toHaveLength(1);
      await close();
      await empty.drop();
    },
  );

  test("the login that migrates is neither superuser nor bypasses policies", async () => {
    const empty = await createEmptyDatabase();
    const client = postgres(empty.url, { max: 1 });
    expect([
      ...(await client`select rolsuper, rolbypassrls from pg_roles where rolname = current_user`),
    ]).toEqual([{ rolsuper: false, rolbypassrls: false }]);
    await client.end();
    await empty.drop();
  });

  test("a server that is gone is a retryable database error", async () => {
    await expect(migrate({ url: "postgres://nobody@127.0.0.1:1/none" })).rejects.toMatchObject({
      code: "DATABASE",
      retryable: true,
    });
  });
});

async function openDriver(
  driver: string,
  url: string,
): Promise<{ client: unknown; db: Database; close: () => Promise<void> }> {
  if (driver === "postgres.js") {
    const client = postgres(url, { max: 2, onnotice: () => {} });
    return { client, db: drizzlePostgresJs({ client }) as unknown as Database, close: () => client.end() };
  }
  const client = driver.endsWith("Pool")
    ? new pg.Pool({ connectionString: url, max: 2 })
    : new pg.Client({ connectionString: url });
  if (client instanceof pg.Client) await client.connect();
  return { client, db: drizzleNodePostgres({ client }) as unknown as Database, close: () => client.end() };
}
