import { createEmbeddings, hashingEmbedder } from "@devora/embeddings";
import { createRag, type RetrievedContexts } from "@devora/rag";
import { chunkPassages, createSearch, installSearch } from "@devora/search";
import { installedModules, seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { searchSources } from "../../src/search-sources.ts";

const database = useTestDatabase();
const things = ["lamp", "harbour", "whale", "anchor", "rope", "sail", "storm", "island", "gull", "net"];
let ada = "";
let bob = "";

beforeEach(({ skip }) => {
  if (!installedModules().includes("embeddings")) skip("this server has no pgvector");
});

beforeAll(async () => {
  if (!installedModules().includes("embeddings")) return;
  const { db } = database;
  [ada, bob] = [await seedUser(db), await seedUser(db)];
  for (const userId of [ada, bob])
    for (const [at, thing] of things.entries())
      await seedProject(db, userId, {
        name: `The ${thing} of ${userId === ada ? "Ada" : "Bob"}`,
        description:
          `A ${thing} by the ${things[(at + 3) % 10]}, with a ${things[(at * 7) % 10]} and oil. `.repeat(
            at + 1,
          ),
      });
  await createEmbeddings({ db, embedder: hashingEmbedder() }).embedAll();
});

const questions = [
  "Which lamp burns oil by the harbour?",
  "whale",
  "storm and sails, an anchor, and gulls on the island",
  "nothing of this kind",
  "the",
  "'; drop table projects; --",
];

const comparable = (found: RetrievedContexts) => ({
  ...found,
  retrievers: undefined,
  retrievalTimeMs: 0,
  timings: undefined,
});

describe.each(["without kernels", "with kernels"])("search and embeddings in one statement, %s", (how) => {
  beforeAll(async () => {
    if (how === "with kernels" && installedModules().includes("embeddings"))
      await installSearch(database.db, [...searchSources, chunkPassages.rows]);
  });

  test.each(questions)("find what they find side by side: %s", async (query) => {
    const { db } = database;
    const retrievers = {
      keyword: createSearch({ db, passages: chunkPassages }),
      semantic: createEmbeddings({ db, embedder: hashingEmbedder() }),
    };
    for (const method of ["rrf", "relative-score"] as const) {
      const call = { query, userId: ada };
      const together = await createRag({ retrievers, db, fusion: { method } }).retrieveContext(call);
      const apart = await createRag({ retrievers, fusion: { method } }).retrieveContext(call);
      expect(together.retrievers).toMatchObject({
        keyword: { together: true },
        semantic: { together: true },
      });
      expect(comparable(together)).toEqual(comparable(apart));
      expect(together.contexts.length).toBeGreaterThan(0);
      expect(JSON.stringify(together.contexts)).not.toContain("Bob");
    }
  });
});
