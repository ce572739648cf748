import { conversations, type Database, messages, withReadScope } from "@devora/db-schema";
import type { HistoryStore } from "@devora/rag";
import { and, desc, eq, isNull } from "drizzle-orm";

/** The conversation so far, from the messages table; somebody else's conversation is an unknown one. */
export const messageHistory = (db: Database): HistoryStore => ({
  recent: ({ conversationId, ownerId, limit, db: given }) =>
    withReadScope({ db }, { db: given, ownerId }, async (tx) => {
      const [conversation] = await tx
        .select({ id: conversations.id })
        .from(conversations)
        .where(
          and(
            eq(conversations.id, conversationId),
            eq(conversations.userId, ownerId),
            isNull(conversations.deletedAt),
          ),
        );
      if (!conversation) return undefined;
      const newest = await tx
        .select({ role: messages.role, content: messages.content })
        .from(messages)
        .where(
          and(
            eq(messages.userId, ownerId),
            eq(messages.conversationId, conversationId),
            isNull(messages.deletedAt),
          ),
        )
        .orderBy(desc(messages.createdAt), desc(messages.id))
        .limit(limit);
      return newest.reverse().filter((turn) => turn.role !== "system") as {
        role: "user" | "assistant";
        content: string;
      }[];
    }),
});
