import {
  conversations,
  type Database,
  messages,
  newId,
  projectFiles,
  projects,
  rowsOf,
  users,
  userUsage,
  withService,
  withUser,
} from "@devora/db-schema";
import { seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { eq, isNull, sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";

const database = useTestDatabase();
let db: Database;
let owner: string;
let project: string;
let conversation: string;

const addFile = async (path: string): Promise<string> => {
  const id = newId();
  const facts = { content: path, contentHash: "", sizeBytes: 10 };
  await withUser(db, owner, (tx) =>
    tx.insert(projectFiles).values({ id, userId: owner, projectId: project, path, ...facts }),
  );
  return id;
};

const addMessage = (content: string) =>
  withUser(db, owner, (tx) =>
    tx.insert(messages).values({
      userId: owner,
      conversationId: conversation,
      role: "user",
      content,
      promptTokens: 3,
      completionTokens: 4,
    }),
  );

const setDeleted = (
  table: typeof projects | typeof conversations | typeof users,
  id: string,
  at: Date | null,
) => withUser(db, owner, (tx) => tx.update(table).set({ deletedAt: at }).where(eq(table.id, id)));

/** Live rows of the owner, per table. */
const live = () =>
  withUser(db, owner, async (tx) => ({
    projects: await tx.$count(projects, isNull(projects.deletedAt)),
    files: await tx.$count(projectFiles, isNull(projectFiles.deletedAt)),
    conversations: await tx.$count(conversations, isNull(conversations.deletedAt)),
    messages: await tx.$count(messages, isNull(messages.deletedAt)),
  }));

beforeEach(async () => {
  db = database.db;
  owner = await seedUser(db);
  project = await seedProject(db, owner);
  conversation = newId();
  await withUser(db, owner, (tx) =>
    tx.insert(conversations).values({ id: conversation, userId: owner, projectId: project, title: "A chat" }),
  );
  await addFile("a.ts");
  await addFile("b.ts");
  await addMessage("hello");
});

test("a deleted project takes its files along and leaves its conversations; restored, both files are back", async () => {
  const other = await seedProject(db, owner);
  await setDeleted(projects, project, new Date());
  expect(await live()).toEqual({ projects: 1, files: 0, conversations: 1, messages: 1 });
  await setDeleted(projects, project, null);
  expect(await live()).toEqual({ projects: 2, files: 2, conversations: 1, messages: 1 });
  await setDeleted(projects, other, new Date());
  expect(await live()).toMatchObject({ projects: 1, files: 2 });
});

test("a file that was deleted before its project stays deleted when the project is restored", async () => {
  const gone = await addFile("c.ts");
  await withUser(db, owner, (tx) =>
    tx
      .update(projectFiles)
      .set({ deletedAt: new Date(Date.now() - 60_000) })
      .where(eq(projectFiles.id, gone)),
  );
  await setDeleted(projects, project, new Date());
  // The time of deletion may be corrected in between; the files follow.
  await setDeleted(projects, project, new Date(Date.now() - 1000));
  await setDeleted(projects, project, null);
  expect((await live()).files).toBe(2);
});

test("a deleted user takes projects, files, conversations and messages along, and nothing of others", async () => {
  const neighbour = await seedUser(db);
  await seedProject(db, neighbour);
  await setDeleted(users, owner, new Date());
  expect(await live()).toEqual({ projects: 0, files: 0, conversations: 0, messages: 0 });
  expect(await withUser(db, neighbour, (tx) => tx.$count(projects, isNull(projects.deletedAt)))).toBe(1);
  await setDeleted(users, owner, null);
  expect(await live()).toEqual({ projects: 1, files: 2, conversations: 1, messages: 1 });
});

test("a conversation takes its messages along", async () => {
  await setDeleted(conversations, conversation, new Date());
  expect(await live()).toEqual({ projects: 1, files: 2, conversations: 0, messages: 0 });
  await setDeleted(conversations, conversation, null);
  expect((await live()).messages).toBe(1);
});

test("the cascade serves a host's own tables", async () => {
  await db.execute(sql`create table shelves (id bigint primary key, deleted_at timestamptz)`);
  await db.execute(
    sql`create table books (id bigint, shelf bigint references shelves, deleted_at timestamptz)`,
  );
  await db.execute(sql`
    create trigger shelves_delete_books after update of deleted_at on shelves
    for each row execute function devora.cascade_soft_delete('public.books', 'shelf', 'id')`);
  await db.execute(sql`insert into shelves values (1, null), (2, null)`);
  await db.execute(sql`insert into books values (1, 1, null), (2, 2, null)`);
  await db.execute(sql`update shelves set deleted_at = now() where id = 1`);
  expect(await rowsOf(db, sql`select id::int from books where deleted_at is null`)).toEqual([{ id: 2 }]);
});

test("the usage of a user counts live rows, and each sees the own alone", async () => {
  const gone = await addFile("gone.ts");
  await withUser(db, owner, (tx) =>
    tx.update(projectFiles).set({ deletedAt: new Date() }).where(eq(projectFiles.id, gone)),
  );
  await addMessage("again");
  const neighbour = await seedUser(db);
  const usage = {
    userId: owner,
    projects: 1,
    files: 2,
    fileBytes: 20,
    conversations: 1,
    messages: 2,
    promptTokens: 6,
    completionTokens: 8,
    deployments: 0,
  };
  expect(await withUser(db, owner, (tx) => tx.select().from(userUsage))).toEqual([usage]);
  const all = await withService(db, (tx) => tx.select().from(userUsage));
  expect(all).toContainEqual(usage);
  expect(all).toContainEqual(expect.objectContaining({ userId: neighbour, projects: 0, fileBytes: 0 }));
});
