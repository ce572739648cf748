import {
  conversations,
  DatabaseError,
  driverErrorOf,
  messages,
  newId,
  projects,
  rowsOf,
  type SchemaError,
  withDatabaseErrors,
  withService,
  withUser,
} from "@devora/db-schema";
import { installedModules, seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";

const database = useTestDatabase();

test("a user sees and writes the own rows alone", async () => {
  const { db } = database;
  const alice = await seedUser(db);
  const bob = await seedUser(db);
  const project = await seedProject(db, alice, { name: "Alice's" });

  const seenBy = (userId: string) =>
    withUser(db, userId, (tx) => tx.select({ id: projects.id }).from(projects));
  expect(await seenBy(alice)).toEqual([{ id: project }]);
  expect(await seenBy(bob)).toEqual([]);

  const stolen = withUser(db, bob, (tx) => tx.insert(projects).values({ userId: alice, name: "planted" }));
  await expect(withDatabaseErrors("test.insert", () => stolen)).rejects.toMatchObject({
    sqlState: "42501",
    retryable: false,
  });
});

test("outside a scope the app's role sees nothing, and the service sees all", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  await seedProject(db, owner);

  const unscoped = await db.transaction(async (tx) => {
    await tx.execute(sql`select set_config('role', 'devora_app', true)`);
    return tx.select().from(projects);
  });
  expect(unscoped).toEqual([]);
  const all = await withService(db, (tx) => tx.select().from(projects));
  expect(all.some((project) => project.userId === owner)).toBe(true);
});

test("the scope ends with its transaction", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  await withUser(db, owner, async (tx) => {
    const [row] = await rowsOf(
      tx,
      sql`select current_user::text as role, current_setting('app.user_id', true) as user_id`,
    );
    expect(row).toEqual({ role: "devora_app", user_id: owner });
  });
  const [after] = await rowsOf(
    db,
    sql`select current_user::text as role, coalesce(current_setting('app.user_id', true), '') as user_id`,
  );
  expect(after?.user_id).toBe("");
  expect(after?.role).not.toBe("devora_app");
});

test("a scope inside another restores the outer one, after success and after failure", async () => {
  const { db } = database;
  const alice = await seedUser(db);
  const bob = await seedUser(db);
  await seedProject(db, alice, { name: "Alice's" });
  await seedProject(db, bob, { name: "Bob's" });
  const names = async (tx: typeof db) =>
    (await tx.select({ name: projects.name }).from(projects)).map((row) => row.name);

  await withUser(db, alice, async (outer) => {
    expect(await withUser(outer, bob, names)).toEqual(["Bob's"]);
    expect(await names(outer)).toEqual(["Alice's"]);
    await withUser(outer, bob, () => Promise.reject(new Error("inner"))).catch(() => {});
    expect(await names(outer)).toEqual(["Alice's"]);
  });
});

test("a read-only scope refuses writes", async () => {
  const { db } = database;
  const owner = await seedUser(db);
  const write = withUser(db, owner, (tx) => tx.insert(projects).values({ userId: owner, name: "x" }), {
    readOnly: true,
  });
  await expect(withDatabaseErrors("test.insert", () => write)).rejects.toMatchObject({ sqlState: "25006" });
});

test.each(["", "a\u0000b", undefined])("a user id like %j is refused before any SQL", async (userId) => {
  await expect(withUser(database.db, userId as string, async () => {})).rejects.toMatchObject({
    code: "INVALID_USER_ID",
  } satisfies Partial<SchemaError>);
});

test("a row cannot hang under another user's parent", async () => {
  const { db } = database;
  const alice = await seedUser(db);
  const bob = await seedUser(db);
  const project = await seedProject(db, alice);
  const conversation = newId();
  await withUser(db, alice, (tx) =>
    tx.insert(conversations).values({ id: conversation, userId: alice, projectId: project, title: "t" }),
  );

  const graft = withUser(db, bob, (tx) =>
    tx.insert(messages).values({ userId: bob, conversationId: conversation, role: "user", content: "x" }),
  );
  await expect(withDatabaseErrors("test.insert", () => graft)).rejects.toMatchObject({
    sqlState: "23503",
    constraint: "messages_conversation_fkey",
  });
});

test("a database error names the state and holds no value of the statement", async () => {
  const secret = "s3cret@example.com";
  await seedUser(database.db, { email: secret });
  const error = await withDatabaseErrors("test.insert", () =>
    seedUser(database.db, { email: secret.toUpperCase() }),
  ).catch((thrown: unknown) => thrown);

  expect(error).toBeInstanceOf(DatabaseError);
  expect(error).toMatchObject({ sqlState: "23505", constraint: "users_email_normalized_live_idx" });
  expect(JSON.stringify(error) + String(error) + (error as Error).stack).not.toMatch(/s3cret/i);
  expect(driverErrorOf(error as DatabaseError)).toBeDefined();
});

test.skipIf(!installedModules().includes("embeddings"))(
  "a user cannot take over another's job by its row's id (skipped without pgvector)",
  async () => {
    const { db } = database;
    const enqueue = (owner: string) =>
      withUser(db, owner, (tx) =>
        rowsOf(tx, sql`select devora.enqueue_embeddings('files', '{f1}'::text[], ${owner}::text) as queued`),
      );
    expect(await enqueue("alice")).toEqual([{ queued: 1 }]);
    expect(await enqueue("mallory")).toEqual([{ queued: 0 }]);
    expect(await enqueue("alice")).toEqual([{ queued: 1 }]);
    const jobs = await withService(db, (tx) =>
      rowsOf(tx, sql`select owner_id, version from devora.embedding_jobs`),
    );
    expect(jobs).toEqual([{ owner_id: "alice", version: 2 }]);
  },
);
