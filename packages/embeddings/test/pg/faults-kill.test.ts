import { type Database, projects, withService, withUser } from "@devora/db-schema";
import { hasServer, killStanding, seedProject, useTestDatabase } from "@devora/testing";
import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { createEmbeddings, hashingEmbedder } from "../../src/index.ts";
import { type Step, steps } from "../processes/steps.ts";
import { jobsOf, smallEmbedder, startAfresh } from "./rows.ts";
import { storedOf } from "./vectors.ts";

const script = new URL("../processes/embedding-worker.ts", import.meta.url);

/** As if the time had passed that a lease takes. */
const leasesEnd = (db: Database) =>
  withService(db, (tx) =>
    tx.execute(
      sql`update devora.embedding_jobs set leased_until = now() - interval '1 second' where leased_until is not null`,
    ),
  );

describe.skipIf(!hasServer())(
  "kill -9 of a worker (skipped on PGlite: two processes cannot share it)",
  () => {
    const database = useTestDatabase();
    let owner: string;

    beforeEach(async () => {
      owner = await startAfresh(database.db);
    });

    describe.each(Object.keys(steps) as Step[])("%s", (step) => {
      test.each([
        ["while nobody writes", false],
        ["and an edit of a row after it", true],
      ])("%s loses no job, and leaves no wrong and no second vector", async (_, edited) => {
        const { db, url } = database;
        const embedder = smallEmbedder();
        const embeddings = createEmbeddings({ db, embedder });
        const ids: string[] = [];
        for (const name of ["one", "two", "three"]) ids.push(await seedProject(db, owner, { name }));
        await embeddings.enqueue({ source: "projects", ids, ownerId: owner });

        await killStanding(db, script, [String(url), step]);
        const committed = step === "after the commit";
        const reference = hashingEmbedder({ dimensions: 128 });
        const left = await storedOf(db, "projects", reference);
        expect([left.texts.length, left.wrong]).toEqual([committed ? 3 : 0, 0]);
        expect(await jobsOf(db)).toHaveLength(committed ? 0 : 3);

        const names = new Map(ids.map((id, at) => [id, ["one", "two", "three"][at]]));
        if (edited) {
          const [id] = ids as [string];
          names.set(id, "edited");
          await withUser(db, owner, async (tx) => {
            await tx.update(projects).set({ name: "edited" }).where(eq(projects.id, id));
            await embeddings.enqueue({ source: "projects", ids: [id] }, { db: tx });
          });
        }
        await leasesEnd(db);
        const worker = embeddings.createWorker();
        while ((await worker.runOnce()).claimed > 0);

        const { texts, wrong } = await storedOf(db, "projects", reference);
        expect(texts).toEqual([...names].sort());
        expect(wrong).toBe(0);
        expect(await jobsOf(db)).toEqual([]);
        expect(embedder.calls.flat()).toHaveLength(committed ? Number(edited) : 3);
      });
    });
  },
);
