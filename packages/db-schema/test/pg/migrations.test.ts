import {
  type Database,
  type MigrationTarget,
  migrate,
  moduleNames,
  newId,
  plan,
  planRollback,
  rollback,
  rowsOf,
  type SchemaError,
  status,
  withUser,
} from "@devora/db-schema";
import {
  catalogueOf,
  createTestDatabase,
  installedModules,
  openEmptyEmbedded,
  useTestDatabase,
} from "@devora/testing";
import { sql } from "drizzle-orm";
import { bigint, pgTable, text } from "drizzle-orm/pg-core";
import { expect, test } from "vitest";

const database = useTestDatabase();
const modules = installedModules();
const targetOf = ({
  client,
  url,
}: {
  client: unknown;
  url: string | undefined;
}): MigrationTarget & { modules: typeof modules } => ({
  ...(url === undefined ? { client } : { url }),
  modules,
});

test("a second run changes nothing, and every migration is applied", async () => {
  expect(await migrate(targetOf(database))).toEqual({ applied: [] });
  const states = await status(targetOf(database));
  expect(
    states.every((migration) => migration.state === "applied" && migration.appliedAt instanceof Date),
  ).toBe(true);
  expect(new Set(states.map((migration) => migration.module))).toEqual(new Set(modules));
});

test("down and up again leaves the same catalogue, and down leaves nothing of ours", async () => {
  const own = await createTestDatabase();
  try {
    const before = await catalogueOf(own.db);
    expect(before.length).toBeGreaterThan(300);
    const steps = (await status(targetOf(own))).length;
    expect((await rollback({ ...targetOf(own), steps })).rolledBack).toHaveLength(steps);
    expect(await catalogueOf(own.db)).toEqual([]);
    await migrate(targetOf(own));
    expect(await catalogueOf(own.db)).toEqual(before);
  } finally {
    await own.close();
  }
});

test("a plan lists what would run, and changes nothing on an empty database", async () => {
  const embedded = await openEmptyEmbedded();
  const { client } = embedded;
  const planned = await plan({ client, modules: ["search"] });
  expect(planned.map(({ module }) => module)).toEqual(["core", "search"]);
  expect(planned[0]).toMatchObject({ name: "0001_core", transactional: true });
  expect(planned[0]?.sql).toContain("create function devora.protect_table");
  expect(await planRollback({ client, steps: 1 })).toEqual([]);
  expect((await status({ client, modules: ["core"] })).map(({ state }) => state)).toEqual(["pending"]);
  expect(await rowsOf(embedded.db, sql`select to_regnamespace('devora')::text as schema`)).toEqual([
    { schema: null },
  ]);
  const { applied } = await migrate({ client, modules: ["search"] });
  expect(applied).toEqual(planned.map(({ module, name }) => ({ module, name })));
  expect((await planRollback({ client, steps: 2 })).map(({ module }) => module)).toEqual(["search", "core"]);
  expect(await plan({ client, modules: ["search"] })).toEqual([]);
  await embedded.close();
});

test("a failed migration leaves the database as it was and names itself", async () => {
  const embedded = await openEmptyEmbedded();
  await embedded.client.exec("create table public.projects (id int)");
  const failure = await migrate({ client: embedded.client, modules: ["app"] }).catch(
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({
    code: "MIGRATION_FAILED",
    message: expect.stringMatching(/app\/0001_app.*42P07.*relation "projects" already exists/),
  });
  expect(await rowsOf(embedded.db, sql`select module from devora.migrations`)).toEqual([{ module: "core" }]);
  expect(await rowsOf(embedded.db, sql`select to_regclass('public.users')::text as users`)).toEqual([
    { users: null },
  ]);
  await embedded.close();
});

test("an edited file is refused, not skipped", async () => {
  const own = await createTestDatabase();
  try {
    await own.db.execute(sql`update devora.migrations set checksum = 'edited' where module = 'app'`);
    await expect(migrate(targetOf(own))).rejects.toMatchObject({
      code: "MIGRATION_CHANGED",
    } satisfies Partial<SchemaError>);
    expect((await status(targetOf(own))).find((migration) => migration.module === "app")?.state).toBe(
      "changed",
    );
  } finally {
    await own.close();
  }
});

test("the modules install beside a host's own users table of bigint ids, without app", async () => {
  const embedded = await openEmptyEmbedded();
  await embedded.client.exec(
    "create table users (id bigint primary key, name text); insert into users values (7, 'Host')",
  );
  const { applied } = await migrate({ client: embedded.client, modules: ["metrics", "search"] });
  expect(applied.map((migration) => migration.module)).toEqual(["core", "analytics", "metrics", "search"]);

  const hostUsers = pgTable("users", {
    id: bigint("id", { mode: "number" }).primaryKey(),
    name: text("name"),
  });
  expect(await embedded.db.select().from(hostUsers)).toEqual([{ id: 7, name: "Host" }]);
  const event = [{ id: newId(), event: "opened", distinct_id: "7", owner_id: "7", occurred_at: new Date() }];
  const capture = (db: Database) =>
    rowsOf(db, sql`select outcome from devora.capture_events(${JSON.stringify(event)}::jsonb, '{}')`);
  expect(await withUser(embedded.db, "7", capture)).toEqual([{ outcome: "accepted" }]);
  expect(await withUser(embedded.db, "7", capture)).toEqual([{ outcome: "duplicate" }]);
  await embedded.close();
});

test("only the embeddings module asks for pgvector", async () => {
  const embedded = await openEmptyEmbedded();
  await migrate({
    client: embedded.client,
    modules: moduleNames.filter((module) => module !== "embeddings"),
  });
  expect(
    await rowsOf(embedded.db, sql`select extname::text from pg_extension where extname = 'vector'`),
  ).toEqual([]);
  await embedded.close();
});

test.each([{}, { url: "postgres://x", client: {} }])("url and client are exclusive: %j", async (target) => {
  await expect(migrate(target)).rejects.toMatchObject({ code: "INVALID_OPTION" });
});

test("a client of no known driver and an unknown module are refused", async () => {
  await expect(migrate({ client: {} })).rejects.toMatchObject({ code: "UNSUPPORTED_CLIENT" });
  await expect(migrate({ client: database.client, modules: ["billing" as "app"] })).rejects.toMatchObject({
    code: "INVALID_OPTION",
    message: expect.stringContaining("billing"),
  });
});
