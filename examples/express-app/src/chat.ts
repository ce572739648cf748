import { conversations, type Database, messages, newId, withUser } from "@devora/db-schema";
import type { AnswerPart, AugmentedQuery } from "@devora/rag";
import { textLanguageOf } from "./demo/languages.ts";
import type { Services } from "./services.ts";

export interface ChatCall {
  userId: string;
  message: string;
  /** Goes on with this conversation; without it a new one is begun. */
  conversationId: string | undefined;
  maxContextTokens: number;
  signal: AbortSignal;
}

type Sources = Omit<AugmentedQuery, "messages" | "prompt"> & { conversationId: string | undefined };
type PartOf<Type extends AnswerPart["type"]> = Omit<Extract<AnswerPart, { type: Type }>, "type">;

/** What a chat sends, in order: `sources`, then text with its citations or a notice, then `done`. */
export type ChatPart =
  | { event: "sources"; data: Sources }
  | { event: "text"; data: { text: string } }
  | { event: "citation"; data: PartOf<"citation"> }
  /** Instead of an answer: why there is none. */
  | { event: "notice"; data: { text: string } }
  | { event: "done"; data: Omit<PartOf<"done">, "totalUsage"> };

/**
 * Answers a message from the user's own data and keeps both turns. Without a model the passages stand alone, with a
 * notice that says why, and nothing is kept. No transaction is open while the model writes.
 */
export async function* chat(services: Services, call: ChatCall): AsyncGenerator<ChatPart, void> {
  const started = performance.now();
  let conversationId = call.conversationId;
  let passageCount = 0;
  let text = "";
  for await (const part of answerParts(services, call)) {
    if (part.type === "context") {
      // The conversation was checked by then; its history did not hold this message yet.
      if ("model" in services.chat) conversationId = await keepQuestion(services, call);
      passageCount = part.totalContexts;
      const { type: _, ...context } = part;
      yield { event: "sources", data: { conversationId, ...context } };
    } else if (part.type === "text") {
      text += part.text;
      yield { event: "text", data: { text: part.text } };
    } else if (part.type === "citation") {
      const { type: _, ...citation } = part;
      yield { event: "citation", data: citation };
    } else if (part.type === "not-found") {
      yield { event: "notice", data: { text: part.text } };
    } else if (part.type === "done") {
      await keepAnswer(services, {
        ...call,
        conversationId,
        text,
        part,
        passageCount,
        durationMs: performance.now() - started,
      });
      yield { event: "done", data: { finishReason: part.finishReason, usage: part.usage } };
    }
  }
}

/** The model's answer, or the passages alone where there is no model. */
async function* answerParts(
  { rag, chat }: Services,
  { userId, message, conversationId, maxContextTokens, signal }: ChatCall,
): AsyncGenerator<AnswerPart, void> {
  const locale = textLanguageOf(message) === "fr" ? "fr" : "en";
  const call = { query: message, userId, conversationId, maxContextTokens, locale, signal } as const;
  if ("model" in chat) return yield* rag.answer(call);
  const { messages: _messages, prompt: _prompt, ...context } = await rag.augmentQuery(call);
  yield { type: "context", ...context };
  yield { type: "not-found", text: chat.unavailable, reason: "nothing" };
  yield { type: "done", finishReason: "no_model", usage: undefined, totalUsage: undefined };
}

async function keepQuestion(
  { db, analytics, embeddings }: Services,
  { userId, message, conversationId }: ChatCall,
): Promise<string> {
  return withUser(db, userId, async (tx) => {
    const id = conversationId ?? newId();
    const language = textLanguageOf(message);
    if (conversationId === undefined) {
      await tx.insert(conversations).values({ id, userId, title: titleOf(message), language });
      await analytics.trackConversationStarted({ userId, conversationId: id }, { db: tx });
    }
    await keepMessage(tx, { userId, conversationId: id, role: "user", content: message, language });
    await analytics.trackMessageSent(
      { userId, conversationId: id, characterCount: message.length },
      { db: tx },
    );
    await embeddings.enqueue({ source: "conversations", ids: [id], ownerId: userId }, { db: tx });
    return id;
  });
}

interface Answered extends ChatCall {
  text: string;
  part: PartOf<"done">;
  passageCount: number;
  durationMs: number;
}

async function keepAnswer(
  { db, analytics, embeddings, chat }: Services,
  { userId, conversationId, text, part, passageCount, durationMs }: Answered,
): Promise<void> {
  const model = "model" in chat ? chat.model : null;
  const usage = {
    promptTokens: part.usage?.promptTokens ?? null,
    completionTokens: part.usage?.completionTokens ?? null,
  };
  await withUser(db, userId, async (tx) => {
    if (text !== "" && conversationId !== undefined) {
      await keepMessage(tx, {
        userId,
        conversationId,
        role: "assistant",
        content: text,
        language: textLanguageOf(text),
        model,
        ...usage,
      });
      await embeddings.enqueue(
        { source: "conversations", ids: [conversationId], ownerId: userId },
        { db: tx },
      );
    }
    await analytics.trackRagAnswer(
      { userId, conversationId, model, passageCount, ...usage, durationMs },
      { db: tx },
    );
  });
}

const keepMessage = (tx: Database, message: typeof messages.$inferInsert) =>
  tx.insert(messages).values(message);

/** The first line of a question, short enough for a list. */
function titleOf(message: string): string {
  const [line = ""] = message.trim().split("\n");
  return line.length <= 80
    ? line
    : `${line
        .slice(0, 79)
        .toWellFormed()
        .replace(/\uFFFD$/, "")}…`;
}
