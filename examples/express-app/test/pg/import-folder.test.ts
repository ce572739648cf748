import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectFiles, withUser } from "@devora/db-schema";
import { seedUser, useTestDatabase } from "@devora/testing";
import { isNull } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import { importFolder } from "../../src/demo/import-folder.ts";

const database = useTestDatabase();

test("a second import stores what changed under the same ids, and removes what is gone", async () => {
  const { db } = database;
  const folder = await mkdtemp(join(tmpdir(), "devora-import-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const userId = await seedUser(db);
  const enqueued: string[][] = [];
  const run = () =>
    importFolder(db, { folder, userId, onChanged: async (ids) => void enqueued.push([...ids]) });
  const stored = () =>
    withUser(db, userId, (tx) =>
      tx
        .select({ id: projectFiles.id, path: projectFiles.path, content: projectFiles.content })
        .from(projectFiles)
        .where(isNull(projectFiles.deletedAt))
        .orderBy(projectFiles.path),
    );

  for (const name of ["a", "b", "c"]) await writeFile(join(folder, `${name}.ts`), name);
  expect(await run()).toMatchObject({ files: 3, changed: 3, removed: 0 });
  const before = await stored();
  await writeFile(join(folder, "b.ts"), "changed");
  await rm(join(folder, "c.ts"));
  expect(await run()).toMatchObject({ files: 2, changed: 1, removed: 1 });
  const [a, b, c] = before;
  expect(await stored()).toEqual([a, { ...b, content: "changed" }]);
  expect(enqueued).toEqual([before.map(({ id }) => id), [b?.id], [c?.id]]);
  expect(await run()).toMatchObject({ changed: 0, removed: 0 });
});
