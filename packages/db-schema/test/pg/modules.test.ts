import {
  type Database,
  type ModuleName,
  migrate,
  moduleNames,
  newId,
  rollback,
  rowsOf,
  type SchemaError,
  status,
  withService,
  withUser,
} from "@devora/db-schema";
import {
  catalogueOf,
  createEmptyDatabase,
  hasServer,
  installedModules,
  openEmptyEmbedded,
} from "@devora/testing";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundledMigrations } from "../../src/migrations.generated.ts";
import { withRequirements } from "../../src/modules.ts";

interface OpenDatabase {
  client: unknown;
  db: Database;
  close(): Promise<void>;
}

async function openEmpty(): Promise<OpenDatabase> {
  if (!hasServer()) return openEmptyEmbedded();
  const empty = await createEmptyDatabase();
  const client = postgres(empty.url, { max: 2, onnotice: () => {} });
  const db = drizzle({ client }) as unknown as Database;
  const close = async () => {
    await client.end({ timeout: 5 });
    await empty.drop();
  };
  return { client, db, close };
}

/** What a user of the owner does with a module; answers what came of it. */
const uses: Record<ModuleName, (db: Database, owner: string) => Promise<unknown>> = {
  core: async (db) => {
    await withService(db, (tx) =>
      tx.execute(sql`insert into devora.system_config (name, value) values ('a', '1')`),
    );
    return withService(db, (tx) => rowsOf(tx, sql`select name, value from devora.system_config`));
  },
  app: async (db) => {
    const id = newId();
    await withService(db, (tx) =>
      tx.execute(sql`insert into users (id, email) values (${id}::uuid, ${`${id}@example.com`}::text)`),
    );
    return withUser(db, id, (tx) => rowsOf(tx, sql`select count(*)::int as users from users`));
  },
  analytics: (db, owner) => {
    const event = {
      id: newId(),
      event: "opened",
      distinct_id: owner,
      owner_id: owner,
      occurred_at: new Date(),
    };
    return withUser(db, owner, (tx) =>
      rowsOf(
        tx,
        sql`select outcome from devora.capture_events(${JSON.stringify([event])}::jsonb, '{}'::text[])`,
      ),
    );
  },
  metrics: async (db, owner) => {
    await withService(db, (tx) =>
      tx.execute(sql`
        insert into devora.user_days (day, owner_id, active_quarters, events, first_at, last_at)
        values ('2026-03-01', ${owner}::text, repeat('0', 96)::bit(96), 2, now(), now())`),
    );
    return withService(db, (tx) =>
      rowsOf(tx, sql`select owner_id, events from devora.mv_daily_user_activity`),
    );
  },
  search: async (db, owner) => {
    const entry = {
      id: newId(),
      query: "x",
      query_hash: "h",
      sources: ["a"],
      result_count: 0,
      relaxed: false,
      duration_ms: 1,
      occurred_at: new Date(),
    };
    await withUser(db, owner, (tx) =>
      tx.execute(sql`select devora.log_search_queries(${JSON.stringify([entry])}::jsonb)`),
    );
    await withUser(db, `${owner}0`, (tx) =>
      tx.execute(
        sql`select devora.log_search_queries(${JSON.stringify([{ ...entry, id: newId() }])}::jsonb)`,
      ),
    );
    return withUser(db, owner, (tx) => rowsOf(tx, sql`select owner_id from devora.search_queries`));
  },
  embeddings: (db, owner) =>
    withUser(db, owner, (tx) =>
      rowsOf(tx, sql`select devora.enqueue_embeddings('notes', '{7}'::text[], ${owner}::text) as queued`),
    ),
};
const results = (owner: string): Record<ModuleName, unknown> => ({
  core: [{ name: "a", value: 1 }],
  app: [{ users: 1 }],
  analytics: [{ outcome: "accepted" }],
  metrics: [{ owner_id: owner, events: 2 }],
  search: [{ owner_id: owner }],
  embeddings: [{ queued: 1 }],
});

const hosts = [
  { name: "an empty database", owner: "someone", type: undefined },
  { name: "a host whose users and projects have bigint ids", owner: "42", type: "bigint" },
  { name: "a host whose users and projects have text ids", owner: "user_2Zq", type: "text" },
] as const;

describe.each(hosts)("in $name", ({ owner, type }) => {
  let database: OpenDatabase;
  const hasHost = type !== undefined;
  const possible = installedModules().filter((module) => !hasHost || module !== "app");
  const hostRows = async () =>
    hasHost
      ? rowsOf(
          database.db,
          sql`select u.id::text as user_id, u.email, p.id::text as id, p.name from users u join projects p on p.user_id = u.id`,
        )
      : [];
  /** The schema devora, its ledger, the extensions and the roles stay after a rollback. */
  const hostCatalogue = () => catalogueOf(database.db);

  beforeAll(async () => {
    database = await openEmpty();
    if (!hasHost) return;
    const id = sql.raw(type);
    await database.db.execute(sql`create table users (id ${id} primary key, email text unique)`);
    await database.db.execute(
      sql`create table projects (id ${id} primary key, user_id ${id} not null references users, name text)`,
    );
    await database.db.execute(sql`insert into users values (${owner}::text::${id}, 'host@example.com')`);
    await database.db.execute(
      sql`insert into projects values (${owner}::text::${id}, ${owner}::text::${id}, 'theirs')`,
    );
  });
  afterAll(async () => database.close());

  test.each([...possible.map((module) => [module]), possible])(
    "%s … installs with what it needs, works for the host's ids, and leaves nothing behind",
    async (...modules) => {
      const { client, db } = database;
      const [rows, catalogue] = [await hostRows(), await hostCatalogue()];
      const { applied } = await migrate({ client, modules });
      expect(applied.map((migration) => migration.module)).toEqual(
        expect.arrayContaining(withRequirements(modules)),
      );
      expect(new Set(applied.map((migration) => migration.module))).toEqual(
        new Set(withRequirements(modules)),
      );
      for (const module of modules)
        expect([module, await uses[module](db, owner)]).toEqual([module, results(owner)[module]]);
      expect(await hostRows()).toEqual(rows);

      await rollback({ client, steps: applied.length });
      expect(await hostCatalogue()).toEqual(catalogue);
      expect(await hostRows()).toEqual(rows);
    },
  );

  test.runIf(hasHost)(
    "app is refused with what to do, and nothing of it stays (beside a host's tables)",
    async () => {
      const { client, db } = database;
      const rows = await hostRows();
      const refused = await migrate({ client, modules: ["app"] }).catch((error: SchemaError) => error);
      expect(refused).toMatchObject({ code: "MIGRATION_FAILED", retryable: false });
      expect((refused as SchemaError).message).toContain("leave the module app out");
      expect(await hostRows()).toEqual(rows);
      const states = await status({ client, modules: ["app"] });
      expect(states.filter(({ module }) => module === "app").every(({ state }) => state === "pending")).toBe(
        true,
      );
      const [left] = await rowsOf(db, sql`select to_regclass('public.conversations')::text as name`);
      expect(left).toEqual({ name: null });
    },
  );
});

test("embeddings alone asks for pgvector", () => {
  const asking = bundledMigrations.filter(
    ({ up }) => /create extension[^;]*vector/i.test(up) || /halfvec/.test(up),
  );
  expect([...new Set(asking.map(({ module }) => module))]).toEqual(["embeddings"]);
  expect(moduleNames).toContain("embeddings");
});
