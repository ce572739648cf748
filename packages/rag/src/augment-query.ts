import type { DroppedContext, RetrievedContext } from "./contexts.ts";
import type { FittedContext } from "./fit-passages.ts";
import { fitPrompt, type PromptBudget } from "./fit-prompt.ts";
import type { PromptMessage } from "./ports.ts";
import { recentHistory } from "./recent-history.ts";
import type { ResolvedOptions } from "./resolve-options.ts";
import { assertQuery, type RetrieveContextCall, type RetrievedContexts } from "./retrieve-context.ts";
import type { Locale } from "./templates.ts";
import { tracedRetrieveContext } from "./tracing.ts";
import { assertLocale, assertUserId, wholeNumber } from "./validate.ts";

/** A call of `augmentQuery`. */
export interface AugmentQueryCall extends RetrieveContextCall {
  /** The conversation whose newest turns belong into the prompt. Default none. */
  readonly conversationId?: string | undefined;
  /** Tokens of the whole prompt: instructions, history, passages and question. Default 2,000. */
  readonly maxContextTokens?: number | undefined;
  /** Language of the instructions. Default that of `createRag`. */
  readonly locale?: Locale | undefined;
}

/** A passage as the prompt holds it. */
export interface PromptedContext extends RetrievedContext {
  /** Its number in the prompt, from 1: what `[n]` in an answer refers to. */
  readonly n: number;
  /** As sent: cleaned, and cut where `truncated`. `start` and `end` say which part of the source it is. */
  readonly text: string;
  readonly truncated: boolean;
  /** With its heading. */
  readonly tokens: number;
}

/** What `augmentQuery` answers. */
export interface AugmentedQuery extends Omit<RetrievedContexts, "contexts"> {
  /** For a chat model: system, the conversation's newest turns, and the passages with the question. */
  readonly messages: readonly PromptMessage[];
  /** The same as one text, for a model or a host that takes one. */
  readonly prompt: string;
  readonly contexts: readonly PromptedContext[];
  readonly totalContexts: number;
  /** Turns of the conversation in the prompt, and turns that were read and had no room. */
  readonly history: { readonly turns: number; readonly droppedTurns: number };
  readonly budget: PromptBudget;
}

/** What `answer` asks and learns beyond what `augmentQuery` answers. */
export interface AnswerNeeds {
  /** How citations must be written, for the prompt. */
  readonly quoting?: string | undefined;
  /** Told the passages of the prompt, with the texts that their sources hold. */
  readonly onFitted?: (kept: readonly FittedContext[]) => void;
}

/** Retrieves, and builds the prompt. See `Rag.augmentQuery`. */
export async function augmentQuery(
  options: ResolvedOptions,
  call: AugmentQueryCall,
  { quoting, onFitted }: AnswerNeeds = {},
): Promise<AugmentedQuery> {
  const userId = assertUserId("augmentQuery", call.userId);
  const question = assertQuery("augmentQuery", call.query);
  const maxTokens = wholeNumber(
    "augmentQuery.maxContextTokens",
    call.maxContextTokens ?? 2000,
    1,
    10_000_000,
  );
  const locale = assertLocale("augmentQuery.locale", call.locale ?? options.locale);
  const { conversationId, db, signal } = call;
  // Before retrieval: the check that the conversation is the user's costs one indexed read, retrieval more.
  const turns =
    conversationId === undefined
      ? []
      : await recentHistory(options, { conversationId, userId, query: question, db, signal });
  const retrieved = await tracedRetrieveContext(options, call);
  const fitted = fitPrompt(
    { system: options.system, locale, question, quoting, turns, contexts: retrieved.contexts },
    { maxTokens, historyShare: options.limits.historyShare, tokenCounter: options.tokenCounter },
  );
  onFitted?.(fitted.kept);
  return {
    messages: fitted.messages,
    prompt: fitted.prompt,
    contexts: fitted.kept.map(promptedContext),
    totalContexts: fitted.kept.length,
    dropped: [...fitted.dropped, ...retrieved.dropped] satisfies DroppedContext[],
    complete: retrieved.complete,
    retrievers: retrieved.retrievers,
    retrievalTimeMs: retrieved.retrievalTimeMs,
    history: { turns: fitted.historyTurns, droppedTurns: turns.length - fitted.historyTurns },
    budget: fitted.budget,
  };
}

function promptedContext(
  { context, text, end, truncated, tokens }: FittedContext,
  index: number,
): PromptedContext {
  return { ...context, n: index + 1, text, end, truncated, tokens };
}
