import {
  type Database,
  type ModuleName,
  migrate,
  moduleNames,
  newId,
  rollback,
  rowsOf,
  users,
  withService,
} from "@devora/db-schema";
import { seedPopulation } from "@devora/db-schema/seed";
import {
  catalogueOf,
  createEmptyDatabase,
  createTestDatabase,
  hasServer,
  installedModules,
  openEmptyEmbedded,
} from "@devora/testing";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { expect, test } from "vitest";
import { withRequirements } from "../../src/modules.ts";
import { targetOf } from "../support/migration-files.ts";

const modules = installedModules();
const requiring = (module: ModuleName) =>
  modules.filter((other) => withRequirements([other]).includes(module));

/** Rows in every table that users fill, event partitions, and an index over vectors. */
async function fillWithData(db: Database): Promise<void> {
  const { counts } = await seedPopulation(db, { size: 0.05, seed: 7 });
  expect(counts.users).toBeGreaterThan(5);
  await withService(db, async (tx) => {
    await tx.execute(sql`insert into devora.system_config (name, value) values ('demo', 'true')`);
    await tx.execute(sql`
      select devora.log_search_queries(${JSON.stringify([{ id: newId(), query: "hello", query_hash: "h", sources: ["projects"], result_count: 1, relaxed: false, duration_ms: 1, occurred_at: new Date() }])}::jsonb)`);
    if (!modules.includes("embeddings")) return;
    await tx.execute(
      sql`insert into devora.embedding_models (name, dimensions, state) values ('test', 3, 'active')`,
    );
    await tx.execute(sql`select devora.ensure_embedding_index(1)`);
    const chunk = newId();
    await tx.execute(sql`
      insert into devora.chunks (id, owner_id, source, entity_id, ordinal, start_offset, end_offset, text, text_hash, tokens)
      values (${chunk}::uuid, 'a', 'notes', '1', 0, 0, 5, 'hello', 'h', 1)`);
    await tx.execute(sql`
      insert into devora.embeddings (chunk_id, model_id, owner_id, source, embedding)
      values (${chunk}::uuid, 1, 'a', 'notes', '[1,2,3]')`);
  });
}

test("a database full of data goes down one by one and up again to the same catalogue", async () => {
  const own = await createTestDatabase();
  try {
    const fresh = await catalogueOf(own.db);
    await fillWithData(own.db);
    const full = await catalogueOf(own.db);
    expect(full.some((line) => line.includes("devora.analytics_events_y20"))).toBe(true);
    expect(full.some((line) => line.includes("USING hnsw"))).toBe(modules.includes("embeddings"));

    const taken: ModuleName[] = [];
    for (const _module of modules) {
      const { rolledBack } = await rollback({ ...targetOf(own), steps: 1 });
      taken.push(...rolledBack.map(({ module }) => module));
    }
    expect(taken).toEqual([...modules].reverse());
    expect(await catalogueOf(own.db)).toEqual([]);

    await migrate({ ...targetOf(own), modules });
    expect(await catalogueOf(own.db)).toEqual(fresh);
    expect(await withService(own.db, (tx) => tx.select().from(users))).toEqual([]);
  } finally {
    await own.close();
  }
});

// Each module as the newest, beside all that do not need it: from the last in dependency order to the first.
test.each([...moduleNames].reverse())(
  "module %s goes down alone and up again, and leaves the others' rows",
  async (module) => {
    if (!modules.includes(module)) return;
    const own = await createEmpty();
    try {
      const others = modules.filter((other) => !requiring(module).includes(other));
      if (others.length > 0) await migrate({ ...own.target, modules: others });
      const without = await catalogueOf(own.db);
      await migrate({ ...own.target, modules: [module] });
      const within = await catalogueOf(own.db);
      if (others.includes("app") || module === "app") await fillOwn(own.db, module);

      const { rolledBack } = await rollback({ ...own.target, steps: 1 });
      expect(rolledBack).toMatchObject([{ module }]);
      expect(await catalogueOf(own.db)).toEqual(without);
      await migrate({ ...own.target, modules: [module] });
      expect(await catalogueOf(own.db)).toEqual(within);
      if (others.includes("app")) {
        expect(await withService(own.db, (tx) => tx.$count(users))).toBe(1);
      }
    } finally {
      await own.close();
    }
  },
);

/** A user, and an event where there are events. */
async function fillOwn(db: Database, module: ModuleName): Promise<void> {
  await withService(db, (tx) => tx.insert(users).values({ id: newId(), email: "a@example.com" }));
  if (module !== "analytics" && module !== "metrics") return;
  const event = { id: newId(), event: "opened", distinct_id: "a", owner_id: "a", occurred_at: new Date() };
  await rowsOf(db, sql`select * from devora.capture_events(${JSON.stringify([event])}::jsonb, '{}')`);
}

async function createEmpty() {
  if (!hasServer()) {
    const { db, client, close } = await openEmptyEmbedded();
    return { db, target: { client }, close };
  }
  const { url, drop } = await createEmptyDatabase();
  const client = postgres(url, { max: 2, onnotice: () => {} });
  const close = async () => {
    await client.end();
    await drop();
  };
  return { db: drizzle({ client }) as unknown as Database, target: { url }, close };
}
