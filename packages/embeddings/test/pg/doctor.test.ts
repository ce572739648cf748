import { type Database, rowsOf, withService } from "@devora/db-schema";
import { hasServer, useTestDatabase } from "@devora/testing";
import { type SQL, sql } from "drizzle-orm";
import { bigint, pgTable, text } from "drizzle-orm/pg-core";
import { beforeAll, describe, expect, test } from "vitest";
import { diagnoseMemory } from "../../src/doctor/build-memory.ts";
import { diagnoseIndex } from "../../src/doctor/index-state.ts";
import { diagnoseUsage } from "../../src/doctor/index-usage.ts";
import { diagnoseLogin } from "../../src/doctor/login.ts";
import { diagnosePgvector } from "../../src/doctor/pgvector.ts";
import { recallOf } from "../../src/doctor/recall.ts";
import {
  createEmbeddings,
  type DoctorCheckName,
  type DoctorOptions,
  type DoctorReport,
  defineSource,
  type Embedder,
  type EmbeddingsOptions,
  installEmbeddingTriggers,
} from "../../src/index.ts";
import { asServiceRows } from "./rows.ts";

/*
 * A healthy database of 10,100 vectors, with both indexes. Each test breaks it in a transaction of its own, sees which
 * checks change, and rolls back.
 */

const database = useTestDatabase();
const dimensions = 16;
const rows = 10_100;

const boxes = pgTable("boxes", {
  id: bigint("id", { mode: "number" }).primaryKey(),
  ownerId: text("owner_id").notNull(),
});
const definition = { table: boxes, id: boxes.id, owner: boxes.ownerId, text: boxes.ownerId };
const boxSource = defineSource({ ...definition, name: "boxes" });
const lidSource = defineSource({ ...definition, name: "lids" });

const embedder: Embedder = {
  model: "healthy",
  dimensions,
  maxInputTokens: 100,
  embed: () => Promise.reject(new Error("The doctor calls no embedder.")),
};

let modelId: number;
let hnsw: SQL;

beforeAll(async () => {
  const { db } = database;
  await db.execute(sql`create table boxes (id bigint primary key, owner_id text not null)`);
  await db.execute(sql`grant select on boxes to devora_app, devora_service`);
  await db.execute(sql`insert into boxes select n, 'ann' from generate_series(1, ${rows}::integer) as n`);
  modelId = await register(db, sql`'healthy', ${dimensions}::integer, 'active'`);
  hnsw = sql`devora.${sql.identifier(`embeddings_model_${modelId}_hnsw_idx`)}`;
  await withService(db, async (tx) => {
    await tx.execute(sql`insert into devora.chunks
      (id, owner_id, source, entity_id, ordinal, start_offset, end_offset, text, text_hash, tokens)
      select gen_random_uuid(), 'ann', 'boxes', n, 0, 0, 0, n, '', 0 from generate_series(1, ${rows}::integer) as n`);
    await tx.execute(vectorsFor(modelId));
  });
  for (const kind of ["halfvec", "bit"] as const) await embeddingsOf().buildIndex({ kind });
  for (const table of [sql`boxes`, sql`devora.chunks`, sql`devora.embeddings`]) {
    await db.execute(sql`analyze ${table}`);
  }
});

const register = async (db: Database, values: SQL): Promise<number> => {
  const [row] = await asServiceRows(
    db,
    sql`insert into devora.embedding_models (name, dimensions, state) values (${values}) returning id::integer`,
  );
  return Number(row?.id);
};

/** Of each passage: distinct, and near to each other above all by their signs, which are what the bits are. */
const vectorsFor = (model: number): SQL => sql`
  insert into devora.embeddings (chunk_id, model_id, owner_id, source, embedding)
  select chunk.id, ${model}::integer, chunk.owner_id, chunk.source,
    array(
      select sign(number) * (1 + abs(number))
      from generate_series(1, ${dimensions}::integer) as n
      cross join lateral (select sin(hashtext(chunk.entity_id || ' ' || n))) as made (number)
    )::real[]::public.vector::public.halfvec
  from devora.chunks as chunk`;

const embeddingsOf = (options: Partial<EmbeddingsOptions> = {}) =>
  createEmbeddings({ db: database.db, embedder, sources: [boxSource], ...options });

/** All checks but `login`, which the test's own login, that of the migrations, cannot pass on a server. */
const unwell = ({ checks }: DoctorReport) =>
  Object.fromEntries(
    checks
      .filter(({ name, status }) => status !== "ok" && name !== "login")
      .map(({ name, status }) => [name, status]),
  );

const failed = new Error("rolled back");

interface Twin extends Partial<EmbeddingsOptions> {
  break?: SQL | ((tx: Database) => Promise<unknown>);
  doctor?: DoctorOptions;
}

/** The report on a database that was broken, which is whole again afterwards. */
async function reportOn({ break: broken, doctor, ...options }: Twin): Promise<DoctorReport> {
  let report: DoctorReport | undefined;
  const done = database.db.transaction(async (db) => {
    if (typeof broken === "function") await broken(db);
    else if (broken !== undefined) await asServiceRows(db, broken);
    report = await embeddingsOf(options).doctor({ sampleQueries: 3, db, ...doctor });
    throw failed;
  });
  await expect(done).rejects.toBe(failed);
  return report as DoctorReport;
}

const found = (report: DoctorReport, name: DoctorCheckName) =>
  report.checks.find((check) => check.name === name);

test("a healthy database is well, at its own database and in a transaction", async () => {
  const report = await embeddingsOf().doctor({ sampleQueries: 3 });
  expect(report.checks.map(({ name }) => name)).toEqual([
    "pgvector",
    "model",
    "retired-models",
    "index",
    "index-definition",
    "index-usage",
    "plan",
    "recall",
    "build-memory",
    "queue",
    "parked-jobs",
    "leases",
    "coverage",
    "orphans",
    "triggers",
    "login",
  ]);
  expect(unwell(report)).toEqual({});
  expect(found(report, "recall")?.figures).toMatchObject({ queries: 3, index: "halfvec" });
  expect(found(report, "plan")?.figures).toEqual({ index: `embeddings_model_${modelId}_hnsw_idx` });
  expect(unwell(await reportOn({}))).toEqual({});
  expect(unwell(await reportOn({ index: "bit" }))).toEqual({});
});

test("an empty configuration is no disease", async () => {
  const report = await embeddingsOf({ embedder: { ...embedder, model: "new" } }).doctor();
  expect(unwell(report)).toEqual({ model: "warning" });
  expect(report.status).toBe("warning");
});

const job = (values: SQL): SQL => sql`
  insert into devora.embedding_jobs (source, entity_id, owner_id, available_at, lease_token, leased_until, parked_at)
  values ('boxes', '1', 'ann', ${values})`;
const minutesAgo = (minutes: number): SQL => sql`now() - ${minutes}::integer * interval '1 minute'`;
const deleteVector = sql`
  delete from devora.embeddings
  where chunk_id = (select id from devora.chunks where source = 'boxes' and entity_id = '1')`;

const anew = (definition: SQL) => async (tx: Database) => {
  await tx.execute(sql`drop index ${hnsw}`);
  await tx.execute(
    sql`create index ${sql.identifier(`embeddings_model_${modelId}_hnsw_idx`)} on devora.embeddings using hnsw ${definition}`.inlineParams(),
  );
};

const twins: [string, () => Twin, Partial<Record<DoctorCheckName, string>>][] = [
  [
    "other dimensions than those stored",
    () => ({ embedder: { ...embedder, dimensions: 8 } }),
    { model: "error" },
  ],
  [
    "a model that another has replaced",
    () => ({
      break: sql`update devora.embedding_models set state = 'retired' where id = ${modelId}::integer`,
    }),
    { model: "warning" },
  ],
  [
    "a model that was never made active",
    () => ({
      break: sql`update devora.embedding_models set state = 'building' where id = ${modelId}::integer`,
    }),
    { model: "warning" },
  ],
  [
    "vectors of a retired model",
    () => ({
      break: async (tx) => {
        const retired = await register(tx, sql`'old', ${dimensions}::integer, 'retired'`);
        await asServiceRows(tx, vectorsFor(retired));
      },
    }),
    { "retired-models": "warning" },
  ],
  ["the other kind of index", () => ({ break: dropIndex }), { index: "warning" }],
  ["no index at all", () => ({ break: dropIndexes }), { index: "warning" }],
  [
    "an index of another distance",
    () => ({
      break: anew(
        sql`((embedding::public.halfvec(${dimensions})) public.halfvec_l2_ops) where model_id = ${modelId}`,
      ),
    }),
    { "index-definition": "error", plan: "warning" },
  ],
  [
    "an index of another model's rows",
    () => ({
      break: anew(
        sql`((embedding::public.halfvec(${dimensions})) public.halfvec_cosine_ops) where model_id = ${modelId} + 1`,
      ),
    }),
    { "index-definition": "error", plan: "warning" },
  ],
  [
    "a planner that turns the index away",
    () => ({ break: (tx) => tx.execute(sql`set local enable_indexscan = off`) }),
    { plan: "warning" },
  ],
  ["too few candidates", () => ({ index: "bit", oversampling: 1 }), { recall: "warning" }],
  [
    "a job due for a quarter of an hour",
    () => ({ break: job(sql`${minutesAgo(15)}, null, null, null`) }),
    { queue: "warning" },
  ],
  [
    "a job due for two days",
    () => ({ break: job(sql`${minutesAgo(2_880)}, null, null, null`) }),
    { queue: "error" },
  ],
  ["a job put aside", () => ({ break: job(sql`now(), null, null, now()`) }), { "parked-jobs": "warning" }],
  [
    "a worker that was killed",
    () => ({ break: job(sql`now(), gen_random_uuid(), ${minutesAgo(70)}, null`) }),
    { leases: "warning" },
  ],
  ["a passage without a vector", () => ({ break: deleteVector }), { coverage: "warning" }],
  [
    "a row deleted where nobody saw it",
    () => ({ break: (tx) => tx.execute(sql`delete from boxes where id = 1`) }),
    { orphans: "warning" },
  ],
  [
    "a row given to somebody else",
    () => ({ break: (tx) => tx.execute(sql`update boxes set owner_id = 'bob' where id = 1`) }),
    { orphans: "warning" },
  ],
  [
    "triggers of an older version",
    () => ({ break: (tx) => installEmbeddingTriggers(tx, [boxSource], { notify: false }) }),
    { triggers: "warning" },
  ],
  [
    "triggers of some sources only",
    () => ({
      sources: [boxSource, lidSource],
      break: (tx) => installEmbeddingTriggers(tx, [boxSource]),
    }),
    { triggers: "warning" },
  ],
  [
    "a trigger that is disabled",
    () => ({
      break: async (tx) => {
        await installEmbeddingTriggers(tx, [boxSource]);
        await tx.execute(sql`alter table boxes disable trigger embeddings_boxes_update`);
      },
    }),
    { triggers: "warning" },
  ],
];

const dropIndex = (tx: Database) => tx.execute(sql`drop index ${hnsw}`);
const dropIndexes = async (tx: Database) => {
  await dropIndex(tx);
  await tx.execute(sql`drop index devora.${sql.identifier(`embeddings_model_${modelId}_bit_idx`)}`);
};

test.each(twins)("%s changes just that check", async (_, twin, expected) => {
  const report = await reportOn(twin());
  expect(unwell(report)).toEqual(expected);
  for (const check of report.checks) expect(check.advice === undefined).toBe(check.status === "ok");
});

const wells: [string, () => Twin][] = [
  ["a job that is due", () => ({ break: job(sql`${minutesAgo(5)}, null, null, null`) })],
  [
    "a lease that has just run out",
    () => ({ break: job(sql`now(), gen_random_uuid(), ${minutesAgo(5)}, null`) }),
  ],
  [
    "a passage without a vector that is queued",
    () => ({
      break: async (tx) => {
        await asServiceRows(tx, deleteVector);
        await asServiceRows(tx, job(sql`now(), null, null, null`));
      },
    }),
  ],
  [
    "triggers as this version makes them",
    () => ({ break: (tx) => installEmbeddingTriggers(tx, [boxSource]) }),
  ],
  [
    "triggers with the options named",
    () => ({
      break: (tx) => installEmbeddingTriggers(tx, [boxSource], { notify: false }),
      doctor: { triggers: { notify: false } },
    }),
  ],
  [
    "a candidate whose vectors are being made",
    () => ({
      candidate: { ...embedder, version: "2" },
      break: (tx) => register(tx, sql`'healthy 2', ${dimensions}::integer, 'building'`),
    }),
  ],
];

test.each(wells)("%s is no disease", async (_, twin) => {
  expect(unwell(await reportOn(twin()))).toEqual({});
});

test("after the change of models, the candidate is examined, and the old model kept on purpose", async () => {
  const candidate = { ...embedder, model: "next" };
  const report = await reportOn({
    candidate,
    break: async (tx) => {
      await asServiceRows(
        tx,
        sql`update devora.embedding_models set state = 'retired' where id = ${modelId}::integer`,
      );
      const next = await register(tx, sql`'next', ${dimensions}::integer, 'active'`);
      await asServiceRows(tx, vectorsFor(next));
      await asServiceRows(tx, deleteVector);
    },
  });
  expect(unwell(report)).toEqual({ index: "warning", coverage: "warning" });
  expect(found(report, "model")?.message).toContain('Searches use the candidate "next"');
});

test("an index that no search uses is told, once there were enough searches", async () => {
  const { db } = database;
  await withService(db, async (tx) => {
    await tx.execute(sql`set local enable_seqscan = off`);
    await tx.execute(sql`set local enable_bitmapscan = off`);
    // As many look-ups as passages.
    await tx.execute(sql`select count(*) from (select id from devora.chunks limit 200) as chunk
      cross join lateral (
        select from devora.embeddings as stored
        where stored.chunk_id = chunk.id and stored.model_id = ${modelId}::integer offset 0) as found`);
  });
  await rowsOf(db, sql`select pg_stat_force_next_flush()`);
  await rowsOf(db, sql`select 1`);
  const rebuilt = anew(
    sql`((embedding::public.halfvec(${dimensions})) public.halfvec_cosine_ops) where model_id = ${modelId}`,
  );
  const report = await reportOn({ break: rebuilt, doctor: { sampleQueries: 0 } });
  expect(unwell(report)).toEqual({ "index-usage": "warning" });
  expect(unwell(await reportOn({}))).toEqual({});
});

test.runIf(hasServer())("a graph that outgrows the memory of its build is told", async () => {
  const little = (tx: Database) => tx.execute(sql`set local maintenance_work_mem = '1MB'`);
  const report = await reportOn({ break: little });
  expect(unwell(report)).toEqual({ "build-memory": "warning" });
  expect(found(report, "build-memory")?.figures).toMatchObject({ allowedBytes: 2 ** 20 });
});

test("what a check throws is its own error, with the code alone, and spoils no other", async () => {
  const report = await reportOn({ break: (tx) => tx.execute(sql`revoke all on boxes from devora_service`) });
  expect(unwell(report)).toMatchObject({ orphans: "error" });
  expect(found(report, "orphans")).toEqual({
    name: "orphans",
    status: "error",
    message: "The check could not be made (42501).",
    advice: expect.any(String),
    figures: { code: "42501" },
  });
  expect(found(report, "coverage")?.status).toBe("ok");
  expect(report.status).toBe("error");
});

test("the settings of a transaction that is given stay", async () => {
  await database.db.transaction(async (db) => {
    await db.execute(sql`set local hnsw.ef_search = 77`);
    await embeddingsOf().doctor({ db, sampleQueries: 1 });
    const setting = sql`select current_setting('hnsw.ef_search') as ef, current_setting('role') as role`;
    expect(await rowsOf(db, setting)).toEqual([{ ef: "77", role: "none" }]);
  });
});

test("it writes nothing, and may be cut off", async () => {
  const embeddings = embeddingsOf({ embedder: { ...embedder, model: "new" } });
  await embeddings.doctor();
  const models = sql`select 1 from devora.embedding_models where name = 'new'`;
  expect(await asServiceRows(database.db, models)).toEqual([]);
  await expect(embeddings.doctor({ signal: AbortSignal.abort() })).rejects.toThrow("aborted");
  await expect(embeddings.doctor({ sampleQueries: -1 })).rejects.toMatchObject({ code: "INVALID_INPUT" });
});

describe("what no test can break", () => {
  test("pgvector", () => {
    expect(diagnosePgvector(undefined).status).toBe("error");
    expect(diagnosePgvector({ version: "0.7.4" }).status).toBe("error");
    expect(diagnosePgvector({ version: "0.8.0" }).status).toBe("ok");
    expect(diagnosePgvector({ version: "0.10.1" }).status).toBe("ok");
    expect(diagnosePgvector({ version: "1.0" }).status).toBe("ok");
  });

  const state = {
    present: true,
    valid: false,
    owned: true,
    building: false,
    vectors: 10,
    m: 16,
    efConstruction: 64,
  };
  test("an index whose build was cut off, and one under way", () => {
    const key = { modelId: 7, kind: "halfvec" } as const;
    expect(diagnoseIndex(key, state, false)).toMatchObject({
      status: "warning",
      message: expect.stringContaining("embeddings_model_7_hnsw_idx is invalid"),
    });
    expect(diagnoseIndex(key, { ...state, building: true }, false).status).toBe("ok");
    expect(diagnoseIndex(key, { ...state, present: false }, false).status).toBe("ok");
    const missing = { ...state, present: false, vectors: 10_000 };
    expect(diagnoseIndex(key, missing, false).message).toContain("every search compares all");
    expect(diagnoseIndex(key, missing, true).message).toContain("searches use the one of kind bit");
  });

  test("young statistics, and an index that is used", () => {
    expect(diagnoseUsage("i", undefined).status).toBe("ok");
    expect(diagnoseUsage("i", { scans: 0, other_scans: 99 }).status).toBe("ok");
    expect(diagnoseUsage("i", { scans: 0, other_scans: 100 }).status).toBe("warning");
    expect(diagnoseUsage("i", { scans: 1, other_scans: 100 }).status).toBe("ok");
  });

  test("memory", () => {
    expect(diagnoseMemory(100 * 2 ** 20, 100 * 2 ** 20).status).toBe("ok");
    expect(diagnoseMemory(100 * 2 ** 20 + 1, 100 * 2 ** 20)).toMatchObject({
      status: "warning",
      advice: expect.stringContaining("'122MB'"),
    });
  });

  const bound = { superuser: false, bypasses: false, owns: false, forced: true, embedded: false };
  const app = { ...bound, name: "devora_app", is_login: false, searches: true };
  const service = { ...bound, name: "web", is_login: true, searches: false };
  const alone = { ...bound, name: "web", is_login: true, searches: true };
  test.each([
    ["both bound", [app, service], "ok"],
    ["a login that is a superuser", [app, { ...service, superuser: true, owns: true }], "warning"],
    ["a login with BYPASSRLS", [app, { ...service, bypasses: true }], "warning"],
    ["a login that owns the tables", [app, { ...service, owns: true }], "warning"],
    ["an embedded database's login", [app, { ...service, owns: true, embedded: true }], "ok"],
    ["a role with BYPASSRLS", [{ ...app, bypasses: true }, service], "error"],
    ["a role that is a superuser", [{ ...app, superuser: true }, service], "error"],
    ["a role that owns tables without force", [{ ...app, owns: true, forced: false }, service], "error"],
    ["the login itself, which is bound", [alone], "ok"],
    ["the login itself, which is a superuser", [{ ...alone, superuser: true }], "error"],
    ["the login itself, which owns the tables", [{ ...alone, owns: true }], "warning"],
    ["a role that is missing", [service], "error"],
  ])("the login: %s", (_, logins, status) => {
    expect(diagnoseLogin(logins).status).toBe(status);
  });

  test("recall leaves the passage itself out, and takes one of equal distance for another", () => {
    const ranked = (...distances: [string, number][]) =>
      distances.map(([id, distance]) => ({ id, distance }));
    const exact = ranked(["self", 0], ["a", 0.1], ["b", 0.2], ["c", 0.2]);
    expect(recallOf(exact, exact, "self")).toBe(1);
    expect(recallOf(exact, ranked(["self", 0], ["a", 0.1], ["d", 0.2], ["c", 0.2]), "self")).toBe(1);
    expect(recallOf(exact, ranked(["self", 0], ["a", 0.1], ["b", 0.2], ["e", 0.3]), "self")).toBe(2 / 3);
    expect(recallOf(exact, ranked(["self", 0]), "self")).toBe(0);
    expect(recallOf(ranked(["self", 0]), [], "self")).toBe(1);
  });
});

test("the login of the tests owns the tables, which is as it should be where it is the only one", async () => {
  const [login] = (await embeddingsOf().doctor({ sampleQueries: 0 })).checks.slice(-1);
  expect(login).toMatchObject({ name: "login", status: hasServer() ? "warning" : "ok" });
  expect(login?.figures).toEqual({ login: expect.any(String), role: "devora_app" });
});
