import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Database, projects, rowsOf, withService, withUser } from "@devora/db-schema";
import { hasServer, seedProject, useTestDatabase } from "@devora/testing";
import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { createEmbeddings, hashingEmbedder } from "../../src/index.ts";
import { type Step, steps } from "../processes/steps.ts";
import { jobsOf, smallEmbedder, startAfresh } from "./rows.ts";
import { storedOf } from "./vectors.ts";

const script = fileURLToPath(new URL("../processes/embedding-worker.ts", import.meta.url));

/** Runs a worker until it stands at the step, kills it, and waits until the server has noticed. */
async function killAt(db: Database, url: string, step: Step): Promise<void> {
  const child = spawn(process.execPath, ["--conditions=@devora/source", script, url, step], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (data) => {
    errors += String(data);
  });
  const closed = once(child, "close");
  const line = await Promise.race([
    once(createInterface(child.stdout), "line"),
    closed.then(() => [`it ended: ${errors}`]),
  ]);
  expect(line).toEqual(["standing"]);
  child.kill("SIGKILL");
  await closed;
  const connections = sql`select pid from pg_stat_activity where application_name = 'doomed' and datname = current_database()`;
  while ((await rowsOf(db, connections)).length > 0);
}

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

        await killAt(db, String(url), step);
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
