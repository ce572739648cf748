import { type Database, newId, rowsOf, withService, withUser } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { type SQL, sql } from "drizzle-orm";
import { bigint, boolean, PgDialect, pgTable, text } from "drizzle-orm/pg-core";
import { beforeAll, expect, test } from "vitest";
import { createEmbeddings, defineSource, type Embedder } from "../../src/index.ts";
import { type NearestParams, nearestQuery } from "../../src/queries/nearest.ts";

const database = useTestDatabase();

const dimensions = 16;
const rows = 5_200;

const items = pgTable("items", {
  id: bigint("id", { mode: "number" }).primaryKey(),
  ownerId: text("owner_id").notNull(),
  hidden: boolean("hidden").notNull().default(false),
});
const source = defineSource({
  name: "items",
  table: items,
  id: items.id,
  owner: items.ownerId,
  text: items.ownerId,
  where: sql`not ${items.hidden}`,
  filters: { hidden: items.hidden, id: items.id },
});

/** A vector by the number in the text. */
const embedder: Embedder = {
  model: "numbers",
  dimensions,
  maxInputTokens: 100,
  embed: async (texts) => ({ embeddings: texts.map((n) => vectorOf(Number(n))), usage: { tokens: 0 } }),
};
function vectorOf(n: number): number[] {
  let state = Math.round(n * 1_000) + 1;
  return Array.from({ length: dimensions }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return state / 2 ** 31;
  });
}
const embeddings = () => createEmbeddings({ db: database.db, embedder, sources: [source] });

/** 1 of 50 rows is Alice's, the others Bob's. */
const ownerOf = (n: number) => (n % 50 === 0 ? "alice" : "bob");

let modelId: number;

beforeAll(async () => {
  const { db } = database;
  await db.execute(
    sql`create table items (id bigint primary key, owner_id text not null, hidden boolean not null default false)`,
  );
  await db.execute(sql`alter table items enable row level security`);
  await db.execute(sql`grant select, update on items to devora_app, devora_service`);
  await db.execute(sql`create policy items_owner on items to devora_app
    using (owner_id = (select nullif(current_setting('app.user_id', true), '')))`);
  await db.execute(sql`create policy items_service on items to devora_service using (true)`);
  // Registers the model.
  await db.execute(sql`insert into items (id, owner_id) values (-1, 'nobody')`);
  await createEmbeddings({
    db,
    embedder: { ...embedder, embed: async () => ({ embeddings: [vectorOf(1)], usage: { tokens: 0 } }) },
    sources: [source],
  }).embed("items", -1);

  const batch = Array.from({ length: rows }, (_, n) => {
    const vector = JSON.stringify(vectorOf(n));
    return { n, id: newId(), owner: ownerOf(n), vector };
  });
  const json = JSON.stringify(batch);
  await db.execute(sql`insert into items (id, owner_id)
    select n, owner from jsonb_to_recordset(${json}::jsonb) as r (n bigint, owner text)`);
  await withService(db, async (tx) => {
    await tx.execute(sql`insert into devora.chunks
      (id, owner_id, source, entity_id, ordinal, start_offset, end_offset, text, text_hash, tokens)
      select id, owner, 'items', n::text, 0, 0, 0, n::text, '', 0
      from jsonb_to_recordset(${json}::jsonb) as r (n bigint, id uuid, owner text)`);
    [{ id: modelId }] = (await rowsOf(tx, sql`select id::int from devora.embedding_models`)) as [
      { id: number },
    ];
    await tx.execute(sql`insert into devora.embeddings (chunk_id, model_id, owner_id, source, embedding)
      select id, ${modelId}::int, owner, 'items', vector::halfvec
      from jsonb_to_recordset(${json}::jsonb) as r (id uuid, owner text, vector text)`);
    await tx.execute(sql`select devora.ensure_embedding_index(${modelId}::int)`);
  });
  for (const table of ["items", "devora.chunks", "devora.embeddings"]) {
    await db.execute(sql`analyze ${sql.raw(table)}`);
  }
});

const params = (over: Partial<NearestParams> = {}): NearestParams => ({
  sources: [source],
  owner: "all",
  modelId,
  dimensions,
  vector: vectorOf(3),
  scan: "halfvec",
  oversampling: 20,
  candidates: 40,
  perEntity: true,
  limit: 10,
  ...over,
});

const planOf = async (tx: Database, query: NearestParams): Promise<string> =>
  JSON.stringify(await rowsOf(tx, sql`explain (format json) ${nearestQuery(query)}`));

test("the service's search is served by the model's index, the exact one is not", async () => {
  const index = `embeddings_model_${modelId}_hnsw_idx`;
  await withService(database.db, async (tx) => {
    expect(await planOf(tx, params())).toContain(index);
    expect(await planOf(tx, params({ minSimilarity: 0.5 }))).toContain(index);
    expect(await planOf(tx, params({ scan: "all" }))).not.toContain(index);
  });
});

test("under row level security the index serves too, and rows are looked up by their keys", async () => {
  await withUser(database.db, "bob", async (tx) => {
    const plan = await planOf(tx, params({ owner: { id: "bob" } }));
    expect(plan).toContain(`embeddings_model_${modelId}_hnsw_idx`);
    expect(plan).toContain("items_pkey");
    expect(plan).not.toMatch(/"Node Type":"Seq Scan"/);
  });
});

test("a generic plan, as a prepared statement gets it, keeps the index", async () => {
  const { sql: statement } = new PgDialect().sqlToQuery(nearestQuery(params()));
  const explain = `explain (generic_plan, format json) ${statement}`;
  const run = database.client as {
    exec?: (text: string) => Promise<unknown>;
    unsafe?: (text: string) => { simple(): Promise<unknown> };
  };
  const plan = run.exec ? await run.exec(explain) : await run.unsafe?.(explain).simple();
  expect(JSON.stringify(plan)).toContain(`embeddings_model_${modelId}_hnsw_idx`);
});

const exactly = async (n: number, limit: number): Promise<string[]> =>
  (
    await withService(database.db, (tx) =>
      rowsOf(
        tx,
        nearestQuery(
          params({ vector: vectorOf(n), scan: "all", candidates: limit, perEntity: false, limit }),
        ),
      ),
    )
  ).map((row) => String(row.entity_id));

test("the index misses next to nothing of the exact answer", async () => {
  let found = 0;
  for (let n = 0; n < 20; n++) {
    const { passages, complete } = await embeddings().retrieve({
      query: `${n}.5`,
      allOwners: true,
      limit: 10,
    });
    expect(complete).toBe(true);
    expect(passages).toHaveLength(10);
    const truth = new Set(await exactly(n + 0.5, 10));
    found += passages.filter((passage) => truth.has(passage.entityId)).length;
  }
  expect(found / 200).toBeGreaterThanOrEqual(0.95);
});

test("an owner of 1 row in 50 gets all ten hits, exactly", async () => {
  for (const ownerId of ["alice", "bob"]) {
    const { results, complete } = await embeddings().semanticSearch({ queryText: "7.5", ownerId });
    expect(results).toHaveLength(10);
    expect(complete).toBe(true);
    expect(results.every((hit) => ownerOf(Number(hit.entityId)) === ownerId)).toBe(true);
  }
});

/** Runs `search` as the service in a transaction, and answers how often each way to scan was gone. */
async function scansOf(search: (tx: Database) => Promise<unknown>): Promise<Record<string, number>> {
  const scans = { index: 0, all: 0, rows: 0 };
  await withService(database.db, (tx) => {
    const counting = new Proxy(tx, {
      get: (target, key) => {
        if (key !== "execute") return Reflect.get(target, key);
        return (query: SQL) => {
          const { sql: statement } = new PgDialect().sqlToQuery(query);
          if (statement.includes("as passing\n") && statement.includes("near as")) scans.rows += 1;
          else if (statement.includes(") + 0 as distance")) scans.all += 1;
          else if (statement.includes("near as materialized")) scans.index += 1;
          return target.execute(query);
        };
      },
    });
    return search(counting);
  });
  return scans;
}

test("a filter that most rows pass is left to the index, one that few pass is answered by their keys", async () => {
  const everything = await exactly(7.5, rows);
  const nearest = everything.slice(0, 100);
  const others = Array.from({ length: rows }, (_, n) => n).filter((n) => !nearest.includes(String(n)));
  const wide = { query: "7.5", allOwners: true, filters: { id: others } } as const;
  const scans = await scansOf(async (db) => {
    const { passages, complete } = await embeddings().retrieve({ ...wide, db });
    expect(passages).toHaveLength(10);
    expect(passages.some((passage) => nearest.includes(passage.entityId))).toBe(false);
    expect(complete).toBe(true);
  });
  expect(scans).toEqual({ index: 1, all: 0, rows: 0 });
  const ids = Array.from({ length: 400 }, (_, n) => n * 13);
  const narrow = await scansOf(async (db) => {
    const { passages, complete } = await embeddings().retrieve({ ...wide, filters: { id: ids }, db });
    const truth = everything.filter((id) => ids.includes(Number(id)));
    expect(passages.map((passage) => passage.entityId)).toEqual(truth.slice(0, 10));
    expect(complete).toBe(true);
  });
  expect(narrow).toEqual({ index: 0, all: 0, rows: 1 });
});

test("a scan that ends early is followed by an exact one, of the rows that pass", async () => {
  // Nearly all rows pass, and the index is told to look at next to none.
  const ids = Array.from({ length: rows }, (_, n) => n).filter((n) => n > 150);
  const truth = (await exactly(7.5, rows)).filter((id) => Number(id) > 150);
  const scans = await scansOf(async (db) => {
    await db.execute(sql`select set_config('hnsw.max_scan_tuples', '1', true)`);
    const { passages, complete } = await embeddings().retrieve({
      query: "7.5",
      allOwners: true,
      limit: 500,
      ef: 10,
      filters: { id: ids },
      db,
    });
    expect(passages.map((passage) => passage.entityId)).toEqual(truth.slice(0, 500));
    expect(complete).toBe(true);
  });
  expect(scans).toEqual({ index: 1, all: 0, rows: 1 });
});

test("ef reaches the scan, and is the call's alone", async () => {
  const settings: unknown[] = [];
  await withService(database.db, async (tx) => {
    const watching = new Proxy(tx, {
      get: (target, key) => {
        if (key !== "execute") return Reflect.get(target, key);
        return async (query: SQL) => {
          const { sql: statement, params } = new PgDialect().sqlToQuery(query);
          if (statement.includes("set_config('hnsw.ef_search'")) settings.push(params);
          return target.execute(query);
        };
      },
    });
    await embeddings().retrieve({ query: "1", allOwners: true, ef: 321, db: watching });
  });
  expect(settings).toEqual([
    ["relaxed_order", "321"],
    ["off", "40"],
  ]);
});

test("found by their bits and compared again, hits are the exact ones", async () => {
  const { db } = database;
  const name = sql.identifier(`embeddings_model_${modelId}_bit_idx`);
  await db.execute(sql`create index ${name} on devora.embeddings using hnsw
    ((binary_quantize(embedding::halfvec(${sql.raw(String(dimensions))}))::bit(${sql.raw(String(dimensions))})) bit_hamming_ops)
    where model_id = ${sql.raw(String(modelId))}`);
  const byBits = createEmbeddings({ db, embedder, sources: [source], index: "bit", oversampling: 100 });
  let found = 0;
  for (let n = 0; n < 10; n++) {
    const { passages } = await byBits.retrieve({ query: `${n}.5`, allOwners: true, limit: 10 });
    const truth = new Set(await exactly(n + 0.5, 10));
    found += passages.filter((passage) => truth.has(passage.entityId)).length;
    expect(passages.map((passage) => passage.score)).toEqual(
      passages.map((passage) => passage.score).sort((a, b) => b - a),
    );
  }
  // 16 bits say little of 16 numbers: a hundred times as many are looked at.
  expect(found / 100).toBeGreaterThanOrEqual(0.8);
  await db.execute(sql`drop index devora.${name}`);
  // Without its index, the other one serves.
  const scans = await scansOf((tx) => byBits.retrieve({ query: "3", allOwners: true, db: tx }));
  expect(scans).toEqual({ index: 1, all: 0, rows: 0 });
});

test("one index scan goes on past rows that are gone, until it has enough", async () => {
  const { db } = database;
  const nearest = await exactly(11.5, 200);
  await db.execute(sql`update items set hidden = true where id = any(${sql.param(nearest)}::bigint[])`);
  let scans = 0;
  const { passages, complete } = await withService(db, (tx) => {
    const counting = new Proxy(tx, {
      get: (target, key) => {
        if (key !== "execute") return Reflect.get(target, key);
        return (query: SQL) => {
          if (new PgDialect().sqlToQuery(query).sql.includes("with near as")) scans += 1;
          return target.execute(query);
        };
      },
    });
    return embeddings().retrieve({ query: "11.5", allOwners: true, limit: 10, db: counting });
  });
  await db.execute(sql`update items set hidden = false where hidden`);
  expect(passages).toHaveLength(10);
  expect(complete).toBe(true);
  expect(passages.some((passage) => nearest.includes(passage.entityId))).toBe(false);
  // A second one would be the exact scan, for an index that gave up.
  expect(scans).toBe(1);
});

test("the caller's transaction keeps its own scan settings", async () => {
  await withService(database.db, async (tx) => {
    await tx.execute(
      sql`select set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', '77', true)`,
    );
    const { passages } = await embeddings().retrieve({ query: "1", allOwners: true, db: tx });
    expect(passages).toHaveLength(10);
    const [settings] = await rowsOf(
      tx,
      sql`select current_setting('hnsw.iterative_scan') as scan, current_setting('hnsw.ef_search') as ef`,
    );
    expect(settings).toEqual({ scan: "strict_order", ef: "77" });
  });
});

test("one row that fills every scan makes the answer incomplete, and says so", async () => {
  const { db } = database;
  const unindexed = createEmbeddings({
    db,
    embedder: { ...embedder, model: "unindexed" },
    sources: [source],
  });
  await db.execute(sql`insert into items (id, owner_id) values (1000001, '5'), (1000002, '6')`);
  await unindexed.embed("items", 1_000_001);
  await unindexed.embed("items", 1_000_002);
  await db.execute(sql`update items set owner_id = 'carol' where id > 1000000`);
  await withService(db, async (tx) => {
    await tx.execute(
      sql`update devora.chunks set owner_id = 'carol' where entity_id in ('1000001', '1000002')`,
    );
    await tx.execute(sql`insert into devora.chunks
      (id, owner_id, source, entity_id, ordinal, start_offset, end_offset, text, text_hash, tokens)
      select gen_random_uuid(), 'carol', 'items', '1000001', n, 0, 0, '', '', 0 from generate_series(1, 10300) as n`);
    await tx.execute(sql`insert into devora.embeddings (chunk_id, model_id, owner_id, source, embedding)
      select id, (select max(id) from devora.embedding_models), 'carol', 'items', ${JSON.stringify(vectorOf(5))}::halfvec
      from devora.chunks where owner_id = 'carol' and ordinal > 0`);
    await tx.execute(sql`update devora.embeddings set owner_id = 'carol' where owner_id in ('5', '6')`);
  });
  const call = { queryText: "5", ownerId: "carol" };
  const { results, complete } = await unindexed.semanticSearch({ ...call, limit: 2 });
  expect(results.map((hit) => hit.entityId)).toEqual(["1000001"]);
  expect(complete).toBe(false);
  expect(await unindexed.semanticSearch({ ...call, limit: 1 })).toMatchObject({ complete: true });
});
