import { rowsOf, withService } from "@devora/db-schema";
import { hasServer, seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { type SQL, sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { indexFromRows } from "../../src/build-index.ts";
import { createEmbeddings, hashingEmbedder } from "../../src/index.ts";
import { indexExists } from "../../src/queries/model-index.ts";
import { asServiceRows } from "./rows.ts";

const database = useTestDatabase();
const dimensions = 8;
let embedder = hashingEmbedder({ dimensions: 64 });
let modelId = 0;

/** A model of its own for each test, with some vectors. */
beforeEach(async () => {
  embedder = { ...hashingEmbedder({ dimensions: 64 }), dimensions, model: `model after ${modelId}` };
  await asServiceRows(
    database.db,
    sql`insert into devora.embedding_models (name, dimensions, state) values (${embedder.model}, ${dimensions}, 'active')`,
  );
  const [row] = await asServiceRows(database.db, sql`select max(id)::int as id from devora.embedding_models`);
  modelId = Number(row?.id);
  await addVectors(200);
});

const addVectors = (count: number) =>
  asServiceRows(
    database.db,
    sql`
      with passages as (
        insert into devora.chunks (id, owner_id, source, entity_id, ordinal, start_offset, end_offset, text, text_hash, tokens)
        select gen_random_uuid(), 'o', 'projects', gen_random_uuid()::text, 0, 0, 1, 'x', 'x', 1
        from generate_series(1, ${count}::int)
        returning id
      )
      insert into devora.embeddings (chunk_id, model_id, owner_id, source, embedding)
      select id, ${modelId}::int, 'o', 'projects',
        array(select sin(hashtext(id::text || n)) from generate_series(1, ${dimensions}::int) as n)::real[]::public.vector::public.halfvec
      from passages`,
  );

const embeddings = () => createEmbeddings({ db: database.db, embedder });

const indexes = () =>
  asServiceRows<{ name: string; definition: string; valid: boolean }>(
    database.db,
    sql`
      select c.relname as name, pg_get_indexdef(c.oid) as definition, i.indisvalid as valid
      from pg_index i join pg_class c on c.oid = i.indexrelid
      where c.relname like ${`embeddings_model_${modelId}_%`} order by c.relname`,
  );

const exists = async () =>
  (await asServiceRows(database.db, sql`select ${indexExists(sql`${modelId}::integer`)} as indexed`))[0]
    ?.indexed;

/** What a concurrent build leaves behind that was cut off. */
async function leaveInvalid(): Promise<void> {
  const { db } = database;
  // A build waits for a transaction that writes, and is cancelled while it does.
  const builder = await (database.client as Client).reserve();
  const [row] = await builder.unsafe("select pg_backend_pid() as pid");
  const pid = Number(row?.pid);
  await withService(db, async (tx) => {
    await tx.execute(sql`delete from devora.embeddings where false`);
    const build = builder
      .unsafe(
        `create index concurrently embeddings_model_${modelId}_hnsw_idx on devora.embeddings
         using hnsw ((embedding::public.halfvec(${dimensions})) public.halfvec_cosine_ops) where model_id = ${modelId}`,
      )
      .catch((error: { code: string }) => error.code);
    const waits = sql`select 1 from pg_locks where pid = ${pid}::int and not granted`;
    while ((await rowsOf(db, waits)).length === 0);
    await db.execute(sql`select pg_cancel_backend(${pid}::int)`);
    expect(await build).toBe("57014");
  });
  builder.release();
}

interface Client {
  reserve(): Promise<{ unsafe(text: string): Promise<Record<string, unknown>[]>; release(): void }>;
}

test("builds the index once, as it is said to be", async () => {
  const first = await embeddings().buildIndex();
  const index = `embeddings_model_${modelId}_hnsw_idx`;
  expect(first).toEqual({ indexes: [{ modelId, index, built: true, repaired: false, fitsMemory: true }] });
  expect(await indexes()).toEqual([
    {
      name: index,
      valid: true,
      definition: `CREATE INDEX ${index} ON devora.embeddings USING hnsw (((embedding)::halfvec(8)) halfvec_cosine_ops) WITH (m='16', ef_construction='64') WHERE (model_id = ${modelId})`,
    },
  ]);
  expect(await embeddings().buildIndex()).toMatchObject({ indexes: [{ built: false }] });
});

test("a bit index stands beside the other", async () => {
  await embeddings().buildIndex();
  expect(await embeddings().buildIndex({ kind: "bit" })).toMatchObject({ indexes: [{ built: true }] });
  const [bit] = await indexes();
  expect(bit?.definition).toContain(
    `USING hnsw (((binary_quantize((embedding)::halfvec(8)))::bit(8)) bit_hamming_ops) WITH (m='16', ef_construction='64') WHERE (model_id = ${modelId})`,
  );
  expect(await indexes()).toHaveLength(2);
});

test.each([{ concurrently: false }, { concurrently: true }])(
  "an index of other figures is built anew, one as asked stays: %o",
  async ({ concurrently }) => {
    await embeddings().buildIndex({ m: 8, efConstruction: 40, concurrently });
    expect((await indexes())[0]?.definition).toContain("(m='8', ef_construction='40')");
    expect(await embeddings().buildIndex({ concurrently })).toMatchObject({ indexes: [{ built: false }] });
    expect(await embeddings().buildIndex({ m: 12, concurrently })).toMatchObject({
      indexes: [{ built: true }],
    });
    expect((await indexes())[0]?.definition).toContain("(m='12', ef_construction='64')");
  },
);

test.runIf(hasServer()).each([{ concurrently: false }, { concurrently: true }])(
  "what a killed build left does not count, and is repaired: %o",
  async ({ concurrently }) => {
    await leaveInvalid();
    expect(await indexes()).toMatchObject([{ valid: false }]);
    expect(await exists()).toBe(false);
    expect(await embeddings().buildIndex({ concurrently })).toMatchObject({
      indexes: [{ built: true, repaired: true }],
    });
    expect(await indexes()).toMatchObject([{ valid: true }]);
    expect(await exists()).toBe(true);
  },
);

test("a concurrent build makes the same index as the function", async () => {
  for (const kind of ["halfvec", "bit"] as const) await embeddings().buildIndex({ kind });
  const byFunction = await indexes();
  const statement = sql`drop index ${sql.join(
    byFunction.map(({ name }) => sql`devora.${sql.identifier(name)}`),
    sql`, `,
  )}`;
  await database.db.execute(statement);
  for (const kind of ["halfvec", "bit"] as const) await embeddings().buildIndex({ kind, concurrently: true });
  expect(await indexes()).toEqual(byFunction);
});

test("both models get an index when there is a candidate", async () => {
  const candidate = { ...embedder, version: "2" };
  const { indexes: built } = await createEmbeddings({ db: database.db, embedder, candidate }).buildIndex();
  expect(built).toMatchObject([
    { modelId, built: true },
    { modelId: modelId + 1, built: true },
  ]);
  modelId += 1;
});

test("the memory of the build ends with it", async () => {
  await withService(database.db, async (tx) => {
    await tx.execute(sql`set local maintenance_work_mem = '2MB'`);
    await tx.execute(sql`select devora.ensure_embedding_index(${modelId}::int)`);
    const [row] = await asServiceRows(tx, sql`select current_setting('maintenance_work_mem') as memory`);
    expect(row?.memory).toBe("2MB");
  });
});

test.runIf(!hasServer())(
  "a graph that outgrows the memory of the login is told of (one session)",
  async () => {
    await addVectors(3_000);
    await database.db.execute(sql`set maintenance_work_mem = '1MB'`);
    const { indexes: built } = await embeddings().buildIndex({ concurrently: true });
    await database.db.execute(sql`reset maintenance_work_mem`);
    expect(built).toMatchObject([{ built: true, fitsMemory: false }]);
  },
);

test.each([
  ["another kind", { kind: "ivfflat" as "bit" }],
  ["too few links", { m: 1 }],
  ["fewer candidates than links", { m: 50 }],
])("%s is refused", async (_, options) => {
  await expect(embeddings().buildIndex(options)).rejects.toMatchObject({ code: "INVALID_INPUT" });
});

test.runIf(hasServer())("inside a transaction nothing is built concurrently", async () => {
  await database.db.transaction(async (db) => {
    await expect(embeddings().buildIndex({ concurrently: true, db })).rejects.toMatchObject({
      code: "INVALID_INPUT",
    });
  });
});

test("while another process builds, one is told so", async () => {
  await withService(database.db, (tx) =>
    tx.execute(sql`update devora.embedding_models
      set lease_token = gen_random_uuid(), leased_until = now() + interval '1 minute' where id = ${modelId}::int`),
  );
  await expect(embeddings().buildIndex()).rejects.toMatchObject({ code: "MODEL_BUSY", retryable: true });
});

test("progress ends with done", async () => {
  const phases: string[] = [];
  await embeddings().buildIndex({ onProgress: ({ phase }) => phases.push(phase) });
  expect(phases.at(-1)).toBe("done");
});

test("from ten thousand vectors on, embedAll builds the index by itself", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  await seedProject(db, owner, { name: "First" });
  const all = createEmbeddings({
    db,
    embedder: {
      ...embedder,
      embed: async (texts) => ({
        embeddings: texts.map(() => Array(dimensions).fill(1)),
        usage: { tokens: 0 },
      }),
    },
  });
  await all.embedAll({ sources: ["projects"], ownerId: owner });
  expect(await indexes()).toEqual([]);
  await addVectors(indexFromRows);
  // Left to another process while that builds.
  const lease = (until: SQL) =>
    withService(db, (tx) =>
      tx.execute(sql`update devora.embedding_models
        set lease_token = gen_random_uuid(), leased_until = ${until} where id = ${modelId}::int`),
    );
  await lease(sql`now() + interval '1 minute'`);
  await seedProject(db, owner, { name: "Second" });
  await all.embedAll({ sources: ["projects"], ownerId: owner });
  expect(await indexes()).toEqual([]);
  await lease(sql`now() - interval '1 second'`);
  await seedProject(db, owner, { name: "Third" });
  await all.embedAll({ sources: ["projects"], ownerId: owner });
  expect(await indexes()).toMatchObject([{ valid: true }]);
});

test.runIf(hasServer())("a login that does not own the tables is told what to do", async () => {
  // The login is a member of devora_definer, without what it may do.
  const done = database.db.transaction(async (db) => {
    await db.execute(sql`grant create on schema devora to devora_definer`);
    await db.execute(sql`alter table devora.embeddings owner to devora_definer`);
    await expect(embeddings().buildIndex({ concurrently: true, db })).rejects.toMatchObject({
      code: "NOT_OWNER",
      message: expect.stringContaining("migrating login"),
    });
    throw new Error("roll back");
  });
  await expect(done).rejects.toThrow("roll back");
});

test.runIf(hasServer())("the function has parallel workers, and the memory that they need", async () => {
  await addVectors(20_000);
  const client = await (database.client as Client).reserve();
  await client.unsafe("begin");
  // Less than a worker is given: without more, the build would be a serial one.
  await client.unsafe("set local maintenance_work_mem = '1MB'");
  await client.unsafe("set local min_parallel_table_scan_size = 0");
  const building = client.unsafe(`select devora.ensure_embedding_index(${modelId})`);
  const workers = sql`
    select count(*)::int as count from pg_stat_activity
    where backend_type = 'parallel worker' and datname = current_database()`;
  let most = 0;
  let ended = false;
  void building.then(() => {
    ended = true;
  });
  while (!ended && most === 0) most = Number((await rowsOf(database.db, workers))[0]?.count);
  await building;
  await client.unsafe("rollback");
  client.release();
  expect(most).toBeGreaterThan(0);
});
