import type { Database } from "@devora/db-schema";
import { cleanText } from "./clean-text.ts";
import { RagError } from "./errors.ts";
import type { PromptMessage } from "./ports.ts";
import type { ResolvedOptions } from "./resolve-options.ts";

interface RecentHistoryCall {
  readonly conversationId: string;
  readonly userId: string;
  readonly query: string;
  readonly db?: Database | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Turns of a conversation, oldest first. */
export interface RecentHistory {
  /** The newest, which belong into the prompt as they are. */
  readonly turns: readonly PromptMessage[];
  /** Those before them, read for a summary alone. */
  readonly earlier: readonly PromptMessage[];
}

/**
 * The conversation's newest turns as messages: without system turns, which stored text must not become, without
 * empty ones, and without the question itself where the host stored it before asking.
 *
 * @throws {RagError} HISTORY_REQUIRED, CONVERSATION_NOT_FOUND
 */
export async function recentHistory(
  { history, helper, summarize, limits }: ResolvedOptions,
  { conversationId, userId, query, db, signal }: RecentHistoryCall,
): Promise<RecentHistory> {
  if (history === undefined)
    throw new RagError(
      "HISTORY_REQUIRED",
      "augmentQuery: a conversationId was given, and createRag has no `history`. Pass a HistoryStore to createRag, or leave conversationId out.",
    );
  signal?.throwIfAborted();
  const summarized = summarize && helper !== undefined ? limits.summarizedTurns : 0;
  const turns = await history.recent({
    conversationId,
    ownerId: userId,
    limit: limits.historyTurns + summarized + 1,
    ...(db === undefined ? {} : { db }),
    ...(signal === undefined ? {} : { signal }),
  });
  signal?.throwIfAborted();
  if (turns === undefined)
    throw new RagError(
      "CONVERSATION_NOT_FOUND",
      "augmentQuery: this user has no conversation with the conversationId that was given. Check the id, and that the signed-in user owns it.",
    );
  const messages = turns
    .map(({ role, content }) => ({ role, content: cleanText(content) }))
    .filter((turn): turn is PromptMessage => turn.role !== "system" && turn.content.trim() !== "");
  const last = messages.at(-1);
  if (last?.role === "user" && last.content.trim() === query) messages.pop();
  const newest = Math.max(0, messages.length - limits.historyTurns);
  return {
    turns: messages.slice(newest),
    earlier: messages.slice(Math.max(0, newest - summarized), newest),
  };
}
