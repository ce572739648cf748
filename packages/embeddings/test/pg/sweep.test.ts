import { projects, rowsOf, withService, withUser } from "@devora/db-schema";
import { seedProject, useTestDatabase } from "@devora/testing";
import { eq, sql } from "drizzle-orm";
import { integer, pgTable, text } from "drizzle-orm/pg-core";
import { beforeEach, expect, test } from "vitest";
import { createEmbeddings, defineSource, type EmbedAllProgress } from "../../src/index.ts";
import { sourceIdsQuery } from "../../src/queries/source-rows.ts";
import { asServiceRows, jobsOf, passagesOf, smallEmbedder, startAfresh } from "./rows.ts";

const database = useTestDatabase();
let owner: string;

beforeEach(async () => {
  owner = await startAfresh(database.db);
});

function setUp() {
  const embedder = smallEmbedder();
  return { embedder, embeddings: createEmbeddings({ db: database.db, embedder }) };
}

async function seedProjects(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < count; at++)
    ids.push(await seedProject(database.db, owner, { name: `Project ${at}` }));
  return ids.sort();
}

test("a sweep queues what changed around the queue, and calls nobody", async () => {
  const { db } = database;
  const { embedder, embeddings } = setUp();
  const [first, second, third] = (await seedProjects(3)) as [string, string, string];
  expect(await embeddings.sweep()).toEqual({ checked: 3, queued: 3, removedChunks: 0, next: undefined });
  expect(await embeddings.sweep()).toMatchObject({ checked: 3, queued: 0 });
  await embeddings.createWorker().runOnce();
  expect(embedder.calls).toHaveLength(1);
  expect(await embeddings.sweep()).toMatchObject({ checked: 3, queued: 0 });

  await withUser(db, owner, async (tx) => {
    await tx.update(projects).set({ name: "Renamed" }).where(eq(projects.id, second));
    await tx.update(projects).set({ deletedAt: new Date() }).where(eq(projects.id, third));
  });
  await withService(db, (tx) => tx.delete(projects).where(eq(projects.id, first)));
  expect(await embeddings.sweep()).toEqual({ checked: 1, queued: 1, removedChunks: 2, next: undefined });
  expect(await jobsOf(db)).toMatchObject([{ entity_id: second }]);
  for (const gone of [first, third]) expect(await passagesOf(db, "projects", gone)).toEqual([]);
  expect(embedder.calls).toHaveLength(1);
});

test("a sweep leaves a job that was put aside where it is", async () => {
  const { db } = database;
  const { embeddings } = setUp();
  await seedProjects(1);
  await embeddings.sweep();
  await withService(db, (tx) => tx.execute(sql`update devora.embedding_jobs set parked_at = now()`));
  expect(await embeddings.sweep()).toMatchObject({ checked: 1, queued: 0 });
  expect(await jobsOf(db)).toMatchObject([{ parked: true }]);
});

test("a sweep in slices sees each row once", async () => {
  const { embeddings } = setUp();
  const ids = await seedProjects(7);
  const seen: number[] = [];
  let after: Parameters<typeof embeddings.sweep>[0] = {};
  for (;;) {
    const { checked, next } = await embeddings.sweep({ ...after, batchSize: 2, maxEntities: 4 });
    seen.push(checked);
    if (next === undefined) break;
    after = { after: next };
  }
  expect(seen).toEqual([4, 3]);
  expect((await jobsOf(database.db)).map((job) => job.entity_id)).toEqual(ids);
});

test("passages of gone rows are found page by page", async () => {
  const { db } = database;
  const { embeddings } = setUp();
  const [kept] = (await seedProjects(1)) as [string];
  await embeddings.embedAll();
  // More than two pages, before and after what stays.
  await withService(db, (tx) =>
    tx.execute(sql`insert into devora.chunks (id, owner_id, source, entity_id, ordinal, start_offset, end_offset, text, text_hash, tokens)
      select gen_random_uuid(), ${owner}, 'projects', md5(n::text)::uuid::text, 0, 0, 1, 'x', 'x', 1 from generate_series(1, 10500) n`),
  );
  expect(await embeddings.sweep({ sources: ["projects"] })).toMatchObject({
    checked: 1,
    removedChunks: 10_500,
  });
  expect(await passagesOf(db, "projects", kept)).toHaveLength(1);
});

test("embedAll tells how far it is, and goes on where it was cut off", async () => {
  const { embeddings } = setUp();
  await seedProjects(5);
  const progress: EmbedAllProgress[] = [];
  const controller = new AbortController();
  const cutOff = embeddings.embedAll({
    batchSize: 2,
    signal: controller.signal,
    onProgress: (step) => {
      progress.push(step);
      if (progress.length === 2) controller.abort(new Error("cut off"));
    },
  });
  await expect(cutOff).rejects.toThrow("cut off");
  expect(progress.map(({ entities, totalEntities }) => [entities, totalEntities])).toEqual([
    [2, 5],
    [4, 5],
  ]);
  const last = progress.at(-1) as EmbedAllProgress;
  expect(await embeddings.embedAll({ after: last })).toMatchObject({ entities: 1, chunks: 1 });
  expect(await embeddings.embedAll({ sources: ["projects"] })).toMatchObject({
    entities: 5,
    embeddedChunks: 0,
  });
  await expect(embeddings.embedAll({ after: last, sources: ["files"] })).rejects.toMatchObject({
    code: "INVALID_INPUT",
  });
});

test("rows of one owner are found by the index of the owner's column", async () => {
  const { db } = database;
  const members = pgTable("members", {
    id: integer("id").primaryKey(),
    teamId: integer("team_id").notNull(),
    bio: text("bio").notNull(),
  });
  const source = defineSource({
    name: "members",
    table: members,
    id: members.id,
    owner: members.teamId,
    text: members.bio,
  });
  await db.execute(
    sql`create table members (id integer primary key, team_id integer not null, bio text not null)`,
  );
  await db.execute(sql`create index members_team_id_idx on members (team_id, id)`);
  await db.execute(sql`insert into members select n, n % 1000, 'bio' from generate_series(1, 20000) n`);
  await db.execute(sql`grant select on members to devora_service`);
  await db.execute(sql`analyze members`);
  const page = { afterId: "10", limit: 5 };
  const plan = await rowsOf(db, sql`explain ${sourceIdsQuery(source, { ...page, ownerId: "7" })}`);
  expect(JSON.stringify(plan)).toContain("members_team_id_idx");
  expect(await asServiceRows(db, sourceIdsQuery(source, { ...page, ownerId: "7" }))).toMatchObject([
    { entity_id: "1007" },
    {},
    {},
    {},
    {},
  ]);
  // No row can have such an owner.
  expect(await asServiceRows(db, sourceIdsQuery(source, { ...page, ownerId: "seven" }))).toEqual([]);
});
