import {
  conversations,
  messages,
  newId,
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

test.skipIf(!installedModules().includes("embeddings"))(
  "a user can neither take over nor keep away another's job by its row's id (skipped without pgvector)",
  async () => {
    const { db } = database;
    const enqueue = (owner: string) =>
      withUser(db, owner, (tx) =>
        rowsOf(tx, sql`select devora.enqueue_embeddings('files', '{f1}'::text[], ${owner}::text) as queued`),
      );
    for (const owner of ["mallory", "alice", "mallory", "mallory", "alice"]) {
      expect(await enqueue(owner)).toEqual([{ queued: 1 }]);
    }
    const jobs = await withService(db, (tx) =>
      rowsOf(tx, sql`select owner_id, version from devora.embedding_jobs order by owner_id`),
    );
    expect(jobs).toEqual([
      { owner_id: "alice", version: 2 },
      { owner_id: "mallory", version: 3 },
    ]);
  },
);
