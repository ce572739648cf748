import type { HelperReport } from "./ask-helper.ts";
import type { DroppedContext, RetrievedContext } from "./contexts.ts";
import { planHistory } from "./fit-history.ts";
import type { FittedContext } from "./fit-passages.ts";
import { fitPrompt, type PromptBudget } from "./fit-prompt.ts";
import { gatherParts } from "./gather-parts.ts";
import type { PromptMessage, TokenUsage } from "./ports.ts";
import { recentHistory } from "./recent-history.ts";
import type { ResolvedOptions } from "./resolve-options.ts";
import { assertQuery, type RetrieveContextCall, type RetrievedContexts } from "./retrieve-context.ts";
import { type Locale, templateOf } from "./templates.ts";
import { addUsage } from "./usage.ts";
import { assertLocale, assertUserId, wholeNumber } from "./validate.ts";

/** A call of `augmentQuery`. */
export interface AugmentQueryCall extends RetrieveContextCall {
  /** The conversation whose newest turns belong into the prompt. Default none. */
  readonly conversationId?: string | undefined;
  /** Tokens of instructions, history, passages and question, and of the answer where those are given. Default 2,000. */
  readonly maxContextTokens?: number | undefined;
  /**
   * Most tokens of the answer, which are kept free of `maxContextTokens`. Default: none are kept free, and `answer`
   * leaves the model its own limit.
   */
  readonly maxAnswerTokens?: number | undefined;
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

/** Where the time of `augmentQuery` went, in milliseconds. A summary is written beside rewriting and retrieval. */
export interface AugmentTimings {
  readonly historyMs: number;
  readonly rewriteMs: number;
  readonly retrieversMs: number;
  /** 0 without a reranker. */
  readonly rerankMs: number;
  readonly promptMs: number;
}

/** What `augmentQuery` answers. */
export interface AugmentedQuery extends Omit<RetrievedContexts, "contexts" | "timings" | "usage"> {
  /** For a chat model: system, the conversation's newest turns, and the passages with the question. */
  readonly messages: readonly PromptMessage[];
  /** The same as one text, for a model or a host that takes one. */
  readonly prompt: string;
  readonly contexts: readonly PromptedContext[];
  readonly totalContexts: number;
  /** What the retrievers were asked: the question, or its rewriting. User text, as the question is. */
  readonly retrievalQuery: string;
  /** What became of the rewriting; absent where none was tried. Unless it is `ok` the question itself was asked. */
  readonly rewriting?: HelperReport;
  /** What became of the summary; absent where none was tried. Unless it is `ok` the prompt has none. */
  readonly summarizing?: HelperReport;
  /** Turns of the conversation in the prompt, turns that its summary tells of, and turns read that are in neither. */
  readonly history: {
    readonly turns: number;
    readonly summarizedTurns: number;
    readonly droppedTurns: number;
  };
  readonly budget: PromptBudget;
  readonly timings: AugmentTimings;
  /** What rewriting, summary and reranking took together; undefined when one of them did not say. */
  readonly usage: TokenUsage | undefined;
}

/** What `answer` asks and learns beyond what `augmentQuery` answers. */
export interface AnswerNeeds {
  /** How citations must be written, for the prompt. */
  readonly quoting?: string | undefined;
  /** Told the passages of the prompt, with the texts that their sources hold. */
  readonly onFitted?: (kept: readonly FittedContext[]) => void;
}

/** Reads the conversation, retrieves, and builds the prompt. See `Rag.augmentQuery`. */
export async function augmentQuery(
  options: ResolvedOptions,
  call: AugmentQueryCall,
  { quoting, onFitted }: AnswerNeeds = {},
): Promise<AugmentedQuery> {
  const { now, system, tokenCounter } = options;
  const userId = assertUserId("augmentQuery", call.userId);
  const question = assertQuery("augmentQuery", call.query);
  const locale = assertLocale("augmentQuery.locale", call.locale ?? options.locale);
  const bounds = { ...tokenBounds(call), historyShare: options.limits.historyShare, tokenCounter };
  const texts = { system, template: templateOf(options, locale), question, quoting };
  const { conversationId, db } = call;

  const startedAt = now();
  // Before retrieval: the check that the conversation is the user's costs one indexed read, retrieval more.
  const read =
    conversationId === undefined
      ? { turns: [], earlier: [] }
      : await recentHistory(options, { conversationId, userId, query: question, db, signal: call.signal });
  const said = [...read.earlier, ...read.turns];
  const plan = planHistory(texts, read, bounds);
  const historyMs = now() - startedAt;

  const { rewriting, retrieved, summary } = await gatherParts(options, {
    ...call,
    locale,
    question,
    said,
    plan,
  });

  const promptAt = now();
  const turns = summary?.text === undefined ? read.turns : plan.turns;
  const fitted = fitPrompt({ ...texts, turns, summary: summary?.text, contexts: retrieved.contexts }, bounds);
  onFitted?.(fitted.kept);
  const summarizedTurns = fitted.hasSummary ? plan.omitted.length : 0;
  const { messages, prompt, kept, historyTurns, budget } = fitted;
  const { contexts: _, dropped, timings, usage, ...retrieval } = retrieved;
  return {
    ...retrieval,
    messages,
    prompt,
    contexts: kept.map(promptedContext),
    totalContexts: kept.length,
    dropped: [...fitted.dropped, ...dropped] satisfies DroppedContext[],
    retrievalQuery: rewriting?.text ?? question,
    ...(rewriting === undefined ? {} : { rewriting: rewriting.report }),
    ...(summary === undefined ? {} : { summarizing: summary.report }),
    history: {
      turns: historyTurns,
      summarizedTurns,
      droppedTurns: said.length - historyTurns - summarizedTurns,
    },
    budget,
    timings: {
      historyMs,
      rewriteMs: rewriting?.report.tookMs ?? 0,
      retrieversMs: timings.retrieversMs,
      rerankMs: timings.rerankMs,
      promptMs: now() - promptAt,
    },
    usage: [rewriting, summary].reduce<TokenUsage | undefined>(
      (sum, outcome) => (outcome === undefined ? sum : addUsage(sum, outcome.usage)),
      usage,
    ),
  };
}

function tokenBounds({ maxContextTokens = 2000, maxAnswerTokens }: AugmentQueryCall): {
  maxTokens: number;
  answerTokens: number;
} {
  const tokens = (name: string, value: number) => wholeNumber(`augmentQuery.${name}`, value, 1, 10_000_000);
  return {
    maxTokens: tokens("maxContextTokens", maxContextTokens),
    answerTokens: maxAnswerTokens === undefined ? 0 : tokens("maxAnswerTokens", maxAnswerTokens),
  };
}

function promptedContext(
  { context, text, end, truncated, tokens }: FittedContext,
  index: number,
): PromptedContext {
  return { ...context, n: index + 1, text, end, truncated, tokens };
}
