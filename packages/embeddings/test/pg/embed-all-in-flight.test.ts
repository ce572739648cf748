import { seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { expect, test } from "vitest";
import { createEmbeddings, devoraSources } from "../../src/index.ts";
import { smallEmbedder } from "./rows.ts";

const database = useTestDatabase();
const [projects] = devoraSources;

async function seedProjects(count: number): Promise<void> {
  const owner = await seedUser(database.db);
  for (let at = 0; at < count; at++) await seedProject(database.db, owner, { name: `Project ${at}` });
}

test("a batch goes to the embedder while others are there, and progress counts batches in their order", async () => {
  const { db } = database;
  await seedProjects(4);
  const embedder = smallEmbedder();
  const [first, second] = [embedder.holdNext(), embedder.holdNext()];
  const progress: number[] = [];
  const all = createEmbeddings({ db, embedder, sources: [projects] }).embedAll({
    batchSize: 1,
    onProgress: ({ entities }) => void progress.push(entities),
  });
  await Promise.all([first.called, second.called]);
  second.release();
  expect(progress).toEqual([]);
  first.release();
  expect(await all).toMatchObject({ entities: 4, chunks: 4, embeddedChunks: 4, failed: [] });
  expect(progress).toEqual([1, 2, 3, 4]);
});

test("a batch that fails is told when no other is under way any more", async () => {
  const { db } = database;
  await seedProjects(2);
  const embedder = smallEmbedder();
  embedder.failNext(new Error("the provider is gone"));
  const held = embedder.holdNext();
  let told = false;
  const all = createEmbeddings({ db, embedder, sources: [projects] })
    .embedAll({ batchSize: 1 })
    .finally(() => {
      told = true;
    });
  const refused = expect(all).rejects.toMatchObject({ code: "EMBEDDER_FAILED" });
  await held.called;
  expect(told).toBe(false);
  held.release();
  await refused;
});
