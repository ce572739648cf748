import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { documents } from "@devora/db-schema";
import { createEmbeddings, defineSource, hashingEmbedder } from "@devora/embeddings";
import { createRag } from "@devora/rag";
import { folderDocuments, ingestDocuments } from "@devora/rag/documents";
import { seedUser, useTestDatabase } from "@devora/testing";
import { isNull } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import { useTestHost } from "./test-host.ts";

const database = useTestDatabase();
const host = useTestHost(database);

async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "devora-documents-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

test("documents of a folder are found by their owner alone, and no longer once their files are gone", async () => {
  const { db, embeddings, rag } = host.services;
  const [alice, bob] = [await seedUser(db), await seedUser(db)];
  const folder = await folderOf({
    "leave.md": "# Parental leave\n\nAsk the office for form A38 eight weeks before the birth.",
    "travel.html":
      "<title>Travel</title><main><h1>Trains</h1><p>Journeys below six hours go by train.</p></main>",
    "broken.pdf": "no PDF",
  });
  const ingest = () =>
    ingestDocuments({
      db,
      ownerId: alice,
      documents: folderDocuments(folder, { prefix: "handbook/" }),
      prune: { prefix: "handbook/" },
      indexer: embeddings,
    });
  const work = () => embeddings.createWorker().runOnce();
  const found = async (query: string, userId: string) =>
    (await rag.retrieveContext({ query, userId })).contexts
      .filter(({ sourceType }) => sourceType === "documents")
      .map(({ title, text }) => ({ title, text }));

  expect(await ingest()).toMatchObject({
    added: 2,
    failed: [{ uri: "handbook/broken.pdf", code: "UNREADABLE" }],
  });
  await work();
  const [best] = await found("which form for parental leave", alice);
  expect(best).toEqual({ title: "Parental leave", text: expect.stringContaining("A38") });
  expect(await found("journeys by train", alice)).toContainEqual({
    title: "Travel › Trains",
    text: expect.stringContaining("by train"),
  });
  expect(await found("which form for parental leave", bob)).toEqual([]);

  await rm(join(folder, "leave.md"));
  expect(await ingest()).toMatchObject({ unchanged: 1, deleted: 1 });
  await work();
  const left = await found("which form for parental leave", alice);
  expect(left.filter(({ text }) => text.includes("A38"))).toEqual([]);
  expect(await found("journeys by train", alice)).toHaveLength(1);
});

test("documents that nobody owns are found by nobody, unless a source without an owner offers them to all", async () => {
  const { db, embeddings, rag } = host.services;
  const user = await seedUser(db);
  const source = () => [
    { uri: "shared/opening-hours.md", content: "# Opening hours\n\nThe zoo opens at nine." },
  ];
  await ingestDocuments({ db, ownerId: null, documents: source(), indexer: embeddings });
  await embeddings.createWorker().runOnce();
  const query = "when does the zoo open";
  expect((await rag.retrieveContext({ query, userId: user })).contexts).toEqual([]);

  const shared = defineSource({
    name: "shared",
    table: documents,
    id: documents.id,
    title: documents.title,
    text: documents.content,
    language: documents.language,
    kind: "markdown",
    deletedAt: documents.deletedAt,
    where: isNull(documents.ownerId),
  });
  const forAll = createEmbeddings({ db, embedder: hashingEmbedder(), sources: [shared] });
  await forAll.embedAll();
  const ragForAll = createRag({ retrievers: { semantic: forAll } });
  expect((await ragForAll.retrieveContext({ query, userId: user })).contexts).toMatchObject([
    { title: "Opening hours" },
  ]);
});
