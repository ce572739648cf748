import {
  conversations,
  type Database,
  newId,
  projectFiles,
  projects,
  rowsOf,
  withUser,
} from "@devora/db-schema";
import { seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { eq, sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";

const database = useTestDatabase();
const longAgo = new Date("2020-02-02T00:00:00Z");
let db: Database;
let owner: string;
let project: string;

beforeEach(async () => {
  db = database.db;
  owner = await seedUser(db);
  project = await seedProject(db, owner, { updatedAt: longAgo });
});

/** Runs the update as the owner; answers the row's time, and whether it is that of the transaction. */
const after = (update: (tx: Database) => Promise<unknown>) =>
  withUser(db, owner, async (tx) => {
    await update(tx);
    const [row] = await rowsOf(
      tx,
      sql`select updated_at = now() as now, updated_at = ${longAgo.toISOString()}::timestamptz as old from projects where id = ${project}::uuid`,
    );
    return row;
  });

test("an update by Drizzle, by plain SQL, and by an upsert sets the time of its transaction", async () => {
  const now = { now: true, old: false };
  const name = { name: "Renamed" };
  expect(await after((tx) => tx.update(projects).set(name).where(eq(projects.id, project)))).toEqual(now);
  expect(
    await after((tx) => tx.execute(sql`update projects set name = 'Again' where id = ${project}::uuid`)),
  ).toEqual(now);
  expect(
    await after((tx) =>
      tx
        .insert(projects)
        .values({ id: project, userId: owner, name: "x" })
        .onConflictDoUpdate({ target: projects.id, set: name }),
    ),
  ).toEqual(now);
  expect(
    await after(async (tx) => {
      await tx.execute(sql`update projects set name = 'One' where id = ${project}::uuid`);
      await tx.execute(sql`update projects set name = 'Two' where id = ${project}::uuid`);
    }),
  ).toEqual(now);
});

test("a time that the writer gives stays, and a soft delete is no update", async () => {
  const old = { now: false, old: true };
  expect(
    await after((tx) =>
      tx.update(projects).set({ name: "x", updatedAt: longAgo }).where(eq(projects.id, project)),
    ),
  ).toMatchObject({ old: false });
  const other = await seedProject(db, owner, { updatedAt: longAgo });
  project = other;
  expect(
    await after((tx) => tx.execute(sql`update projects set deleted_at = now() where id = ${project}::uuid`)),
  ).toEqual(old);
});

test("no table with a generated search vector has a BEFORE UPDATE row trigger", async () => {
  const slow = await rowsOf(
    db,
    sql`
      select distinct t.tgrelid::regclass::text as name
      from pg_trigger t
      join pg_attribute a on a.attrelid = t.tgrelid and a.attgenerated = 's' and a.atttypid = 'tsvector'::regtype
      -- tgtype: 1 for each row, 2 before, 16 update
      where not t.tgisinternal and t.tgtype & 19 = 19`,
  );
  expect(slow).toEqual([]);
});

test("the vectors follow their text, and nothing else computes them anew", async () => {
  const conversation = newId();
  await withUser(db, owner, (tx) =>
    tx.insert(conversations).values({ id: conversation, userId: owner, title: "Alpha" }),
  );
  const vectorOf = async () => {
    const [row] = await withUser(db, owner, (tx) =>
      tx
        .select({ vector: conversations.searchVector })
        .from(conversations)
        .where(eq(conversations.id, conversation)),
    );
    return row?.vector;
  };
  expect(await vectorOf()).toContain("alpha");
  await withUser(db, owner, (tx) =>
    tx.update(conversations).set({ title: "Beta" }).where(eq(conversations.id, conversation)),
  );
  expect(await vectorOf()).toContain("beta");
  const path = "src/a.ts";
  const facts = {
    id: newId(),
    userId: owner,
    projectId: project,
    content: "const needle = 1;",
    contentHash: "",
    sizeBytes: 1,
  };
  await withUser(db, owner, (tx) => tx.insert(projectFiles).values({ ...facts, path }));
  await withUser(db, owner, (tx) =>
    tx.update(projectFiles).set({ content: "other" }).where(eq(projectFiles.id, facts.id)),
  );
  const [file] = await withUser(db, owner, (tx) =>
    tx.select().from(projectFiles).where(eq(projectFiles.id, facts.id)),
  );
  expect(file?.identifierVector).not.toContain("needle");
});
