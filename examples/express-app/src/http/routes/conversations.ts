import { conversations, messages, newId, projects, withUser } from "@devora/db-schema";
import { and, asc, desc, eq, isNull } from "drizzle-orm";
import { Router } from "express";
import { z } from "zod";
import { textLanguageOf } from "../../demo/languages.ts";
import type { Services } from "../../services.ts";
import { id, input, pageSize, pathId, text } from "../input.ts";
import { notFound } from "../problem.ts";
import { currentUser } from "../user.ts";

const conversationBody = z.strictObject({ title: text(300), projectId: id.optional() });
const messageBody = z.strictObject({ content: text(100_000) });

const columns = {
  id: conversations.id,
  title: conversations.title,
  projectId: conversations.projectId,
  language: conversations.language,
  createdAt: conversations.createdAt,
};
const messageColumns = {
  id: messages.id,
  role: messages.role,
  content: messages.content,
  model: messages.model,
  createdAt: messages.createdAt,
};
const live = isNull(conversations.deletedAt);

/** A user's conversations and their messages. */
export function conversationRoutes({ db, analytics, embeddings }: Services): Router {
  const router = Router();

  router.get("/conversations", async (request, response) => {
    const { limit } = input(request, "query", z.object({ limit: pageSize(20) }));
    const userId = currentUser(request).id;
    const rows = await withUser(
      db,
      userId,
      (tx) =>
        tx
          .select(columns)
          .from(conversations)
          .where(and(eq(conversations.userId, userId), live))
          .orderBy(desc(conversations.createdAt), desc(conversations.id))
          .limit(limit),
      { readOnly: true },
    );
    response.json({ conversations: rows });
  });

  router.post("/conversations", async (request, response) => {
    const { title, projectId } = input(request, "body", conversationBody);
    const userId = currentUser(request).id;
    const conversation = await withUser(db, userId, async (tx) => {
      if (projectId !== undefined) {
        const [project] = await tx
          .select({ id: projects.id })
          .from(projects)
          .where(and(eq(projects.id, projectId), isNull(projects.deletedAt)));
        if (!project) throw notFound("project");
      }
      const [row] = await tx
        .insert(conversations)
        .values({ id: newId(), userId, title, projectId: projectId ?? null, language: textLanguageOf(title) })
        .returning(columns);
      if (!row) throw new Error("insert … returning answered no row");
      await analytics.trackConversationStarted({ userId, conversationId: row.id }, { db: tx });
      await embeddings.enqueue({ source: "conversations", ids: [row.id], ownerId: userId }, { db: tx });
      return row;
    });
    response.status(201).location(`/api/conversations/${conversation.id}`).json(conversation);
  });

  router.get("/conversations/:id", async (request, response) => {
    const conversationId = pathId(request, "conversation");
    const [conversation] = await withUser(
      db,
      currentUser(request).id,
      (tx) =>
        tx
          .select(columns)
          .from(conversations)
          .where(and(eq(conversations.id, conversationId), live)),
      { readOnly: true },
    );
    if (!conversation) throw notFound("conversation");
    response.json(conversation);
  });

  router.get("/conversations/:id/messages", async (request, response) => {
    const conversationId = pathId(request, "conversation");
    const { limit } = input(request, "query", z.object({ limit: pageSize(100, 1000) }));
    const userId = currentUser(request).id;
    const rows = await withUser(
      db,
      userId,
      async (tx) => {
        const [conversation] = await tx
          .select({ id: conversations.id })
          .from(conversations)
          .where(and(eq(conversations.id, conversationId), live));
        if (!conversation) throw notFound("conversation");
        return tx
          .select(messageColumns)
          .from(messages)
          .where(
            and(
              eq(messages.userId, userId),
              eq(messages.conversationId, conversationId),
              isNull(messages.deletedAt),
            ),
          )
          .orderBy(asc(messages.createdAt), asc(messages.id))
          .limit(limit);
      },
      { readOnly: true },
    );
    response.json({ messages: rows });
  });

  router.post("/conversations/:id/messages", async (request, response) => {
    const conversationId = pathId(request, "conversation");
    const { content } = input(request, "body", messageBody);
    const userId = currentUser(request).id;
    const message = await withUser(db, userId, async (tx) => {
      const [conversation] = await tx
        .select({ id: conversations.id })
        .from(conversations)
        .where(and(eq(conversations.id, conversationId), live));
      if (!conversation) throw notFound("conversation");
      const [row] = await tx
        .insert(messages)
        .values({
          id: newId(),
          userId,
          conversationId,
          role: "user",
          content,
          language: textLanguageOf(content),
        })
        .returning(messageColumns);
      if (!row) throw new Error("insert … returning answered no row");
      await analytics.trackMessageSent({ userId, conversationId, messageId: row.id }, { db: tx });
      await embeddings.enqueue(
        { source: "conversations", ids: [conversationId], ownerId: userId },
        { db: tx },
      );
      return row;
    });
    response.status(201).json(message);
  });

  return router;
}
