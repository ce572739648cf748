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

/**
 * The conversation's newest turns as messages, oldest first: without system turns, which stored text must not
 * become, without empty ones, and without the question itself where the host stored it before asking.
 */
export async function recentHistory(
  { history, limits }: ResolvedOptions,
  { conversationId, userId, query, db, signal }: RecentHistoryCall,
): Promise<PromptMessage[]> {
  if (history === undefined)
    throw new RagError(
      "HISTORY_REQUIRED",
      "augmentQuery: a conversationId was given, and createRag has no `history`. Pass a HistoryStore to createRag, or leave conversationId out.",
    );
  signal?.throwIfAborted();
  const turns = await history.recent({
    conversationId,
    ownerId: userId,
    limit: limits.historyTurns + 1,
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
  return limits.historyTurns === 0 ? [] : messages.slice(-limits.historyTurns);
}
