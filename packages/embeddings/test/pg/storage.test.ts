import { rowsOf } from "@devora/db-schema";
import { seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { createEmbeddings, hashingEmbedder } from "../../src/index.ts";

const database = useTestDatabase();

test.each([1_536, 4_000])("vectors of %i dimensions stay in their rows", async (dimensions) => {
  const { db } = database;
  const project = await seedProject(db, await seedUser(db));
  await createEmbeddings({
    db,
    embedder: { ...hashingEmbedder({ dimensions }), model: `hashing-${dimensions}` },
  }).embedProject(project);
  const [size] = await rowsOf(
    db,
    sql`
    select pg_relation_size(oid)::integer as rows, pg_relation_size(reltoastrelid)::integer as elsewhere
    from pg_class where oid = 'devora.embeddings'::regclass`,
  );
  expect(size).toEqual({ rows: expect.any(Number), elsewhere: 0 });
  expect(size?.rows).toBeGreaterThan(0);
});
