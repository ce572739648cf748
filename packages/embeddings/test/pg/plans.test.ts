import { type Database, newId, rowsOf, withService, withUser } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { type SQL, sql } from "drizzle-orm";
import { bigint, integer, PgDialect, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { beforeAll, describe, expect, test } from "vitest";
import { createEmbeddings, defineSource, type Embedder, type Source } from "../../src/index.ts";

/*
 * Every statement that a search sends, caught on its way to the database and explained as it is and as a generic plan,
 * on 5,100 vectors of each owner: more than are ever compared one by one.
 */

const database = useTestDatabase();
const dimensions = 16;
const rows = 5_100;

const columns = { ownerId: text("owner_id").notNull(), colour: integer("colour").notNull() };
const boxes = pgTable("boxes", { id: bigint("id", { mode: "bigint" }).primaryKey(), ...columns });
const crates = pgTable("crates", { id: uuid("id").primaryKey(), ...columns });
const filters = { colour: boxes.colour };
const boxSource = defineSource({
  name: "boxes",
  table: boxes,
  id: boxes.id,
  owner: boxes.ownerId,
  text: boxes.ownerId,
  filters,
});
const openSource = defineSource({
  name: "open_boxes",
  table: boxes,
  id: boxes.id,
  text: boxes.ownerId,
  filters,
});
const crateSource = defineSource({
  name: "crates",
  table: crates,
  id: crates.id,
  owner: crates.ownerId,
  text: crates.ownerId,
  filters: { colour: crates.colour },
});

/** Distinct, and of all signs, which is what the bits are made of. */
const vectorOf = (n: number): number[] => {
  let state = n + 1;
  return Array.from({ length: dimensions }, () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return state / 2 ** 31;
  });
};
const embedder: Embedder = {
  model: "plans",
  dimensions,
  maxInputTokens: 100,
  embed: async (texts) => ({ embeddings: texts.map((_, n) => vectorOf(n)), usage: { tokens: 0 } }),
};

let modelId: number;
let hnsw: Record<"halfvec" | "bit", string>;

beforeAll(async () => {
  const { db } = database;
  for (const [table, type] of [
    [sql`boxes`, sql`bigint`],
    [sql`crates`, sql`uuid`],
  ] as const) {
    await db.execute(
      sql`create table ${table} (id ${type} primary key, owner_id text not null, colour integer not null)`,
    );
    await db.execute(sql`alter table ${table} enable row level security`);
    await db.execute(sql`grant select on ${table} to devora_app, devora_service`);
    await db.execute(sql`create policy app on ${table} to devora_app
      using (owner_id = (select nullif(current_setting('app.user_id', true), '')))`);
    await db.execute(sql`create policy service on ${table} to devora_service using (true)`);
    await db.execute(sql`create index on ${table} (owner_id, colour)`);
  }
  // Colour 0 is every second row's, colour 1 of 60 rows.
  const colour = sql`case when n % 2 = 0 then 0 when n % 100 = 1 then 1 else 2 end`;
  await db.execute(
    sql`insert into boxes select n, 'ann', ${colour} from generate_series(1, ${rows}::integer) as n`,
  );
  await db.execute(
    sql`insert into crates select gen_random_uuid(), 'ann', ${colour} from generate_series(1, ${rows}::integer) as n`,
  );
  await withService(db, async (tx) => {
    const [model] = await rowsOf(
      tx,
      sql`insert into devora.embedding_models (name, dimensions, state) values ('plans', ${dimensions}::integer, 'active') returning id::integer`,
    );
    modelId = Number(model?.id);
  });
  hnsw = { halfvec: `embeddings_model_${modelId}_hnsw_idx`, bit: `embeddings_model_${modelId}_bit_idx` };
  const crateIds = await rowsOf(db, sql`select id::text as id from crates order by id limit 300`);
  const boxIds = Array.from({ length: rows }, (_, n) => String(n + 1));
  await store("boxes", "ann", boxIds, 10_000);
  await store("open_boxes", null, boxIds, 20_000);
  await store(
    "crates",
    "ann",
    crateIds.map((row) => String(row.id)),
    30_000,
  );
  await withService(db, (tx) => tx.execute(sql`select devora.ensure_embedding_index(${modelId}::integer)`));
  await db.execute(
    sql.raw(`create index ${hnsw.bit} on devora.embeddings using hnsw
    ((binary_quantize(embedding::halfvec(${dimensions}))::bit(${dimensions})) bit_hamming_ops) where model_id = ${modelId}`),
  );
  for (const table of ["boxes", "crates", "devora.chunks", "devora.embeddings"]) {
    await db.execute(sql`analyze ${sql.raw(table)}`);
  }
});

async function store(
  source: string,
  owner: string | null,
  entityIds: readonly string[],
  seed: number,
): Promise<void> {
  const json = JSON.stringify(
    entityIds.map((entity, n) => ({ entity, id: newId(), vector: JSON.stringify(vectorOf(seed + n)) })),
  );
  const row = sql`jsonb_to_recordset(${json}::jsonb) as r (entity text, id uuid, vector text)`;
  await withService(database.db, async (tx) => {
    await tx.execute(sql`insert into devora.chunks
      (id, owner_id, source, entity_id, ordinal, start_offset, end_offset, text, text_hash, tokens)
      select id, ${owner}::text, ${source}::text, entity, 0, 0, 0, entity, '', 0 from ${row}`);
    await tx.execute(sql`insert into devora.embeddings (chunk_id, model_id, owner_id, source, embedding)
      select id, ${modelId}::integer, ${owner}::text, ${source}::text, vector::halfvec from ${row}`);
  });
}

type Embeddings = ReturnType<typeof embeddingsOf>;
/** 800 of 5,100 short vectors are found quicker by sorting them all, as the planner knows: so 3 in place of 20 times. */
const oversampling = 3;
const embeddingsOf = (index: "halfvec" | "bit", sources: readonly Source[]) =>
  createEmbeddings({ db: database.db, embedder, sources, index, oversampling });

interface Caught {
  text: string;
  custom: string;
  generic: string;
}

/** Runs a search in a scope; answers the plans of each statement that reads passages. */
async function plansOf(
  scope: "ann" | "service",
  search: (tx: Database) => Promise<unknown>,
): Promise<Caught[]> {
  const caught: SQL[] = [];
  const run = async (tx: Database): Promise<Caught[]> => {
    const watching = new Proxy(tx, {
      get: (target, key) => {
        if (key !== "execute") return Reflect.get(target, key);
        return (query: SQL) => {
          if (new PgDialect().sqlToQuery(query).sql.includes("devora.chunks")) caught.push(query);
          return target.execute(query);
        };
      },
    });
    await search(watching);
    const plans: Caught[] = [];
    for (const query of caught) plans.push(await explain(tx, query));
    return plans;
  };
  return scope === "service" ? withService(database.db, run) : withUser(database.db, scope, run);
}

/** The plan for these very parameters, and the one that fits all, as a prepared statement gets it in the end. */
async function explain(tx: Database, query: SQL): Promise<Caught> {
  const planned = async (mode: string) => {
    await tx.execute(sql`select set_config('plan_cache_mode', ${mode}, true)`);
    return JSON.stringify(await rowsOf(tx, sql`explain (format json) ${query}`));
  };
  const { sql: statement, params } = new PgDialect().sqlToQuery(query);
  const custom = await planned("force_custom_plan");
  // `explain` itself plans for its parameters, unless what it explains is prepared.
  const values = sql.join(
    params.map((param) => sql.raw(literalOf(param))),
    sql`, `,
  );
  await tx.execute(sql`select set_config('plan_cache_mode', 'force_generic_plan', true)`);
  const name = sql.identifier(newId());
  await tx.execute(sql`prepare ${name} as ${sql.raw(statement)}`);
  const call = params.length === 0 ? sql`` : sql`(${values})`;
  const generic = JSON.stringify(await rowsOf(tx, sql`explain (format json) execute ${name} ${call}`));
  await tx.execute(sql`deallocate ${name}`);
  await tx.execute(sql`select set_config('plan_cache_mode', 'auto', true)`);
  return { text: statement, custom, generic };
}

/** Parameters of a test's own statements, as literals. */
function literalOf(param: unknown): string {
  if (param === null) return "null";
  if (Array.isArray(param)) return `'{${param.map((one) => `"${String(one)}"`).join(",")}}'`;
  return typeof param === "number" ? String(param) : `'${String(param).replaceAll("'", "''")}'`;
}

const all = ({ custom, generic }: Caught) => [custom, generic];
/** Tables that a plan reads from their first row to their last. */
const readWhole = (plan: string): string[] =>
  [...plan.matchAll(/"Node Type":"Seq Scan"[^}]*?"Relation Name":"(\w+)"/g)].map((found) => String(found[1]));

const question = { query: "a question" };
const scopes = [
  ["the service over all owners", "service", { allOwners: true }],
  ["the service for an owner", "service", { ownerId: "ann" }],
  ["an owner under row level security", "ann", { ownerId: "ann" }],
] as const;

describe.each(["halfvec", "bit"] as const)("with the index %s", (index) => {
  describe.each(scopes)("as %s", (_, scope, owner) => {
    const searches: [string, (embeddings: Embeddings, tx: Database) => Promise<unknown>][] = [
      ["retrieve", (e, db) => e.retrieve({ ...question, ...owner, db })],
      [
        "semanticSearch",
        (e, db) => e.semanticSearch({ queryText: "x", similarityThreshold: 0.5, ...owner, db }),
      ],
      ["findSimilarEntities", (e, db) => e.findSimilarEntities({ source: "boxes", id: 7, ...owner, db })],
      [
        "a filter that half the rows pass",
        (e, db) => e.retrieve({ ...question, ...owner, filters: { colour: [0, 2] }, db }),
      ],
      ["recommend", (e, db) => e.recommend({ source: "boxes", basedOn: [1, 2], ...owner, db })],
    ];
    test.each(searches)("%s is served by it", async (_, search) => {
      const plans = await plansOf(scope, (tx) => search(embeddingsOf(index, [boxSource]), tx));
      const scans = plans.filter(({ text }) => text.includes("operator(public.<"));
      expect(scans.length).toBeGreaterThan(0);
      for (const plan of scans.flatMap(all)) {
        expect(plan).toContain(hnsw[index]);
        expect(plan).toContain("boxes_pkey");
        expect(readWhole(plan)).toEqual([]);
      }
    });

    test("several sources, of uuid and of bigint, are one scan of it", async () => {
      const embeddings = embeddingsOf(index, [boxSource, crateSource]);
      const plans = await plansOf(scope, (db) => embeddings.retrieve({ ...question, ...owner, db }));
      const scan = plans.at(-1);
      for (const plan of scan === undefined ? [] : all(scan)) {
        expect(plan.split(hnsw[index])).toHaveLength(2);
        expect(plan).toContain("boxes_pkey");
        expect(plan).toContain("crates_pkey");
        expect(readWhole(plan)).toEqual([]);
      }
      expect(scan).toBeDefined();
    });

    test("candidates are served by it within the caller's statement", async () => {
      const embeddings = embeddingsOf(index, [boxSource]);
      const plans = await plansOf(scope, async (db) => {
        const near = await embeddings.candidates({ ...question, ...owner, db });
        if (near === undefined) throw new Error("this has no SQL");
        await db.execute(near.settings);
        await db.execute(sql`with near as materialized (${near.sql})
          select near.id, boxes.colour from near join boxes on boxes.id = near.entity_id::bigint`);
      });
      for (const plan of plans.slice(-1).flatMap(all)) expect(plan).toContain(hnsw[index]);
      expect(plans.length).toBeGreaterThan(0);
    });

    test("duplicates are looked up in it, once per row", async () => {
      const embeddings = embeddingsOf(index, [boxSource]);
      const plans = await plansOf(scope, (db) =>
        embeddings.findDuplicates({ source: "boxes", maxRows: 3, ...owner, db }),
      );
      const pairs = plans.filter(({ text }) => text.includes("probe"));
      expect(pairs).toHaveLength(1);
      for (const plan of pairs.flatMap(all)) expect(plan).toContain(hnsw[index]);
    });
  });

  test("candidates say whether it found as many as were asked for", async () => {
    const found = await withService(database.db, async (db) => {
      const near = await embeddingsOf(index, [boxSource]).candidates({
        ...question,
        allOwners: true,
        limit: 30,
        db,
      });
      if (near === undefined) throw new Error("this has no SQL");
      await db.execute(near.settings);
      const all = await rowsOf(db, near.sql);
      // An index that gives up after its first five, some of them of other sources.
      await db.execute(
        sql`select set_config('hnsw.iterative_scan', 'off', true), set_config('hnsw.ef_search', '5', true)`,
      );
      const few = await rowsOf(db, near.sql);
      return [all, few].map((hits) => [
        hits.length < 30,
        ...new Set(hits.map(({ complete }) => complete)),
        near.complete,
      ]);
    });
    expect(found).toEqual([
      [false, true, false],
      [true, false, false],
    ]);
  });

  test("what nobody owns is served by it", async () => {
    const plans = await plansOf("service", (db) =>
      embeddingsOf(index, [openSource]).retrieve({ ...question, db }),
    );
    for (const plan of plans.slice(-1).flatMap(all)) expect(plan).toContain(hnsw[index]);
    expect(plans.length).toBeGreaterThan(0);
  });
});

describe.each(scopes)("exactly, as %s", (_, scope, owner) => {
  test("few rows that pass a filter are looked up by their keys", async () => {
    const embeddings = embeddingsOf("halfvec", [boxSource, crateSource]);
    const plans = await plansOf(scope, (db) =>
      embeddings.retrieve({ ...question, ...owner, filters: { colour: 1 }, db }),
    );
    expect(plans).toHaveLength(2);
    for (const plan of plans.slice(-1).flatMap(all)) {
      expect(plan).not.toContain("_hnsw_idx");
      expect(plan).toContain("chunks_source_entity_id_ordinal_key");
      expect(plan).toContain("embeddings_pkey");
      expect(readWhole(plan)).not.toContain("embeddings");
      expect(readWhole(plan)).not.toContain("chunks");
    }
  });
});
