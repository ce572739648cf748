import {
  conversations,
  type Database,
  messages,
  newId,
  projects,
  rowsOf,
  withReadScope,
  withUser,
} from "@devora/db-schema";
import { seedProject, seedUser, useTestDatabase } from "@devora/testing";
import { and, desc, eq, isNull, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { createRag, type HistoryStore, type Passage, type Retriever } from "../../src/index.ts";
import { checkHistoryStore, checkRetriever } from "../../src/testing.ts";
import { collect, generatorOf } from "../support/fakes.ts";

const database = useTestDatabase();

/** The host's history store: what the README shows. */
const historyStore = (db: Database): HistoryStore => ({
  async recent({ conversationId, ownerId, limit, signal, db: callersDb }) {
    signal?.throwIfAborted();
    return withReadScope({ db }, { db: callersDb, ownerId }, async (tx) => {
      const [known] = await tx
        .select({ id: conversations.id })
        .from(conversations)
        .where(
          and(
            sql`${conversations.id}::text = ${conversationId}::text`,
            eq(conversations.userId, ownerId),
            isNull(conversations.deletedAt),
          ),
        );
      if (!known) return undefined;
      const turns = await tx
        .select({ role: messages.role, content: messages.content })
        .from(messages)
        .where(
          and(
            eq(messages.conversationId, known.id),
            eq(messages.userId, ownerId),
            isNull(messages.deletedAt),
          ),
        )
        .orderBy(desc(messages.createdAt), desc(messages.id))
        .limit(limit);
      return turns.reverse();
    });
  },
});

/** A small full-text retriever over projects, on the real columns. */
const projectRetriever = (db: Database): Retriever => ({
  async retrieve({ query, ownerId, limit, signal, db: callersDb }) {
    signal.throwIfAborted();
    const rows = await withReadScope({ db }, { db: callersDb, ownerId }, (tx) =>
      rowsOf(
        tx,
        sql`select id::text as id, name, description,
                   ts_rank(search_vector, websearch_to_tsquery('simple', ${query}::text))::float8 as score
            from ${projects}
            where user_id = ${ownerId}::uuid and deleted_at is null
              and search_vector @@ websearch_to_tsquery('simple', ${query}::text)
            order by score desc, id
            limit ${limit}::int`,
      ),
    );
    const passages = rows.map((row): Passage => {
      const [id, text] = [String(row.id), String(row.description)];
      const score = Number(row.score);
      return {
        id,
        source: "projects",
        entityId: id,
        title: String(row.name),
        text,
        start: 0,
        end: text.length,
        score,
      };
    });
    return { passages, complete: passages.length < limit };
  },
});

const ragOn = (db: Database, generator = generatorOf(["It is on Vercel [1]."])) =>
  createRag({
    retrievers: { keyword: projectRetriever(db) },
    history: historyStore(db),
    generator,
    helper: generatorOf(["vercel"]),
  });

async function seedConversation(db: Database, userId: string, contents: readonly string[]): Promise<string> {
  const id = newId();
  await withUser(db, userId, async (tx) => {
    await tx.insert(conversations).values({ id, userId, title: "Chat" });
    for (const [index, content] of contents.entries())
      await tx.insert(messages).values({
        userId,
        conversationId: id,
        role: index % 2 ? "assistant" : "user",
        content,
        createdAt: new Date(Date.UTC(2026, 0, 1, 0, index)),
      });
  });
  return id;
}

test("retrievers and stores over the real schema keep their contracts", async () => {
  const { db } = database;
  const [alice, bob] = [await seedUser(db), await seedUser(db)];
  for (const userId of [alice, alice, alice, bob])
    await seedProject(db, userId, { name: "Shop", description: "A shop that deploys to Vercel" });
  expect(
    await checkRetriever(projectRetriever(db), { query: "vercel", ownerId: alice, otherOwnerId: bob }),
  ).toEqual([]);
  const conversationId = await seedConversation(db, alice, ["one", "two", "three"]);
  expect(
    await checkHistoryStore(historyStore(db), {
      conversationId,
      ownerId: alice,
      otherOwnerId: bob,
      unknownConversationId: newId(),
    }),
  ).toEqual([]);
});

test("an answer rests on the user's own rows, conversation and question", async () => {
  const { db } = database;
  const [alice, bob] = [await seedUser(db), await seedUser(db)];
  const project = await seedProject(db, alice, { name: "Shop", description: "Runs on vercel since May" });
  await seedProject(db, bob, { name: "Bob's", description: "The vercel password of Bob" });
  const conversationId = await seedConversation(db, alice, ["Where is my shop?", "Which one?"]);
  const generator = generatorOf(["On Vercel [1]."]);

  const parts = await collect(
    ragOn(db, generator).answer({ query: "vercel", userId: alice, conversationId }),
  );
  expect(parts.find((part) => part.type === "citation")).toMatchObject({
    sourceType: "projects",
    sourceId: project,
  });
  const sent = generator.calls[0]?.messages.map((message) => message.content) ?? [];
  expect(sent.slice(1, 3)).toEqual(["Where is my shop?", "Which one?"]);
  expect(sent.at(-1)).toContain("Runs on vercel since May");
  expect(JSON.stringify([parts, sent])).not.toContain("Bob");
});

test("another user's conversation is as unknown as one that does not exist, or an id of no form at all", async () => {
  const { db } = database;
  const [alice, bob] = [await seedUser(db), await seedUser(db)];
  const conversationId = await seedConversation(db, alice, ["secret"]);
  for (const id of [conversationId, newId(), "no-uuid'; drop table messages; --"])
    await expect(
      ragOn(db).augmentQuery({ query: "vercel", userId: bob, conversationId: id }),
    ).rejects.toMatchObject({ code: "CONVERSATION_NOT_FOUND" });
});

test("within the caller's transaction, what it wrote is found before it commits", async () => {
  const { db } = database;
  const alice = await seedUser(db);
  const rag = ragOn(db);
  await withUser(db, alice, async (tx) => {
    await tx.insert(projects).values({ userId: alice, name: "New", description: "Fresh vercel project" });
    const inside = await rag.retrieveContext({ query: "vercel", userId: alice, db: tx });
    expect(inside.contexts.map((context) => context.title)).toEqual(["New"]);
    await tx.delete(projects).where(eq(projects.userId, alice));
  });
  expect((await rag.retrieveContext({ query: "vercel", userId: alice })).contexts).toEqual([]);
});

test.each([
  "nul \u0000 vercel",
  "lone \ud800 vercel",
  "'; drop table projects; --",
  "\\",
  "%_",
  ":*&|!()<->",
])("a hostile question like %j reaches the database as text alone", async (query) => {
  const { db } = database;
  const alice = await seedUser(db);
  await seedProject(db, alice, { name: "Shop", description: "drop table projects nul lone vercel" });
  const found = await ragOn(db).augmentQuery({ query, userId: alice });
  expect(found.complete).toBe(true);
  expect(await withUser(db, alice, (tx) => tx.$count(projects))).toBe(1);
});
